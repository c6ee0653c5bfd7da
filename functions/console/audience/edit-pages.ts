import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { type Edit, type HandField, handFields } from '#shared/audience/by-hand/by-hand.ts';
import { editContact } from '#shared/audience/by-hand/edit-contact.ts';
import { problemsInFields, type TypedFields } from '#shared/audience/by-hand/typed-fields.ts';
import type { KnownContact } from '#shared/store/audience/contact-lookup.ts';
import { postForm, textField, textOf } from '../kit/fields.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { contactPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { nameOf, shortened } from '../kit/words.ts';
import type { AudienceStores } from './audience-stores.ts';
import { fieldLabels } from './hand-view.ts';
import { groupsOf } from './list-view.ts';

type ContactContext = Context<ConsoleEnv, '/:contactId'>;

type EditForm = Readonly<{
  known: KnownContact;
  /** What the fields showed when the person began. */
  was: TypedFields;
  typed: TypedFields;
  groups: readonly string[];
  problems?: TypedFields;
}>;

function editForm(c: ContactContext, { known, was, typed, groups, problems = {} }: EditForm): Html {
  const { contact } = known;
  const polar =
    contact.customerId === undefined
      ? 'Your changes override what Polar says, if it has a customer with this address.'
      : 'Your changes override what Polar says until someone clears them.';
  const hints: TypedFields = {
    externalId: 'This person’s id in your own system.',
    userGroup: `Stays until Polar sends a newer event with a group that’s always set.${groups.length > 0 ? ` Groups in the settings: ${groups.join(', ')}.` : ''}`,
  };
  const fields = handFields.map((name) => {
    const [hint, value, problem] = [hints[name], typed[name], problems[name]];
    return html`${textField({ name, label: fieldLabels[name], value, problem, ...(hint && { hint }) })}
<input type="hidden" name="was-${name}" value="${was[name] ?? ''}">`;
  });
  return postForm(c, {
    body: html`<p>${polar} Leave a field empty for “none”.</p>
${fields}
<div class="row"><button type="submit" class="primary">Save</button><a class="button" href="${contactPath(contact.contactId)}">Cancel</a></div>`,
  });
}

/** Editing name, external id and group of a contact, and clearing what was edited. */
export function editPages({ contacts, settings, means }: AudienceStores) {
  const app = new Hono<ConsoleEnv>();

  async function formPage(c: ContactContext, form: Omit<EditForm, 'groups'>) {
    const { contact } = form.known;
    return page(c, {
      title: 'Edit this contact',
      section: 'audience',
      above: {
        href: contactPath(contact.contactId),
        title: shortened(nameOf(contact) || contact.address),
      },
      ...(form.problems && { status: 422 as const }),
      body: editForm(c, { ...form, groups: groupsOf(await settings()) }),
    });
  }

  /** Goes back to the contact, which says what was done. */
  async function save(c: ContactContext, known: KnownContact, edits: Edit[], done: string) {
    const ready = await means();
    const { contactId, email, address: typed } = known.contact;
    const at = ready.surroundings.now.toISOString();
    const result = await editContact(
      edits,
      { contactId, email, typed, at, by: c.get('by') },
      ready,
    );
    c.set('acted', { fields: edits.map(({ field }) => field).join(',') });
    const flash =
      result.kind === 'done'
        ? ({ kind: 'done', text: done } as const)
        : ({ kind: 'problem', text: result.reason } as const);
    return goOn(c, contactPath(contactId), flash);
  }

  app.get('/:contactId/edit', async (c) => {
    const known = await contacts.found(c.req.param('contactId'));
    if (known.kind === 'not shown') return c.redirect(contactPath(c.req.param('contactId')));
    const was = Object.fromEntries(handFields.map((field) => [field, known.contact[field]]));
    return formPage(c, { known, was, typed: was });
  });

  app.post('/:contactId/edit', async (c) => {
    const known = await contacts.found(c.req.param('contactId'));
    if (known.kind === 'not shown') return c.redirect(contactPath(c.req.param('contactId')), 303);
    const form = c.get('form');
    const typed = textsOf(form, '');
    const was = textsOf(form, 'was-');
    // What nobody touched stays Polar's, also where Polar changed it meanwhile.
    const touched = handFields.filter((field) => typed[field] !== was[field]);
    const problems = problemsInFields(
      Object.fromEntries(touched.map((field) => [field, typed[field]])),
    );
    if (Object.keys(problems).length > 0) return formPage(c, { known, was, typed, problems });
    if (touched.length === 0) {
      const text = 'No field was changed, so nothing was saved.';
      return goOn(c, contactPath(known.contact.contactId), { kind: 'problem', text });
    }
    const edits = touched.map((field) => ({ field, value: typed[field] ?? null }));
    return save(c, known, edits, 'The contact was edited.');
  });

  app.post('/:contactId/clear', async (c) => {
    const known = await contacts.found(c.req.param('contactId'));
    if (known.kind === 'not shown') return c.redirect(contactPath(c.req.param('contactId')), 303);
    const field = handField(textOf(c.get('form'), 'field'));
    if (!field) {
      const text = 'This form is out of date, so nothing was cleared. Try again.';
      return goOn(c, contactPath(known.contact.contactId), { kind: 'problem', text });
    }
    const whose = known.contact.customerId === undefined ? '' : ' Polar’s value applies again.';
    return save(c, known, [{ field }], `${fieldLabels[field]} was cleared.${whose}`);
  });
  return app;
}

/** Without line breaks: a browser takes them out of what it shows, and leaves them in what it keeps hidden. */
function textsOf(form: FormData, prefix: string): Record<HandField, string> {
  const text = (field: HandField) =>
    textOf(form, `${prefix}${field}`)
      .replaceAll(/[\r\n]/g, '')
      .trim();
  return {
    firstName: text('firstName'),
    lastName: text('lastName'),
    externalId: text('externalId'),
    userGroup: text('userGroup'),
  };
}

function handField(text: string): HandField | undefined {
  return handFields.find((field) => field === text);
}
