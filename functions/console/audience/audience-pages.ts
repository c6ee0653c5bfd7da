import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { addContact } from '#shared/audience/by-hand/acts-by-hand.ts';
import { problemsInFields } from '#shared/audience/by-hand/typed-fields.ts';
import { contactCsvHead, contactCsvLines } from '#shared/audience/person/contact-csv.ts';
import {
  type ContactFilter,
  type ContactPosition,
  contactPositionSchema,
} from '#shared/store/audience/contact-search.ts';
import { daysBefore } from '#shared/store/counts/counts.ts';
import { sealWith } from '#shared/store/seal.ts';
import { postForm, textField, textOf } from '../kit/fields.ts';
import { cursorOf, cursorText } from '../kit/in-url.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { audiencePath, contactPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { link } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import { type AudienceStores, audienceStores } from './audience-stores.ts';
import { contactPages } from './contact-pages.ts';
import { customerPages, searchPages } from './customer-pages.ts';
import { editPages } from './edit-pages.ts';
import { groupsOf, type ListFilter, listView } from './list-view.ts';

/** The form for a contact that a person adds. */
export function addForm(
  c: Context<ConsoleEnv>,
  typed: Readonly<Record<string, string>>,
  groups: readonly string[],
  problems: Readonly<Record<string, string | undefined>> = {},
): Html {
  const field = (name: string, label: string, hint?: string) => ({
    name,
    label,
    value: typed[name],
    ...(hint && { hint }),
    problem: problems[name],
  });
  const known = groups.length > 0 ? ` Groups in the settings: ${groups.join(', ')}.` : '';
  return postForm(c, {
    body: html`${textField(field('email', 'Email address'), { type: 'email', required: true })}
${textField(field('firstName', 'First name'))}
${textField(field('lastName', 'Last name'))}
${textField(field('externalId', 'External id', 'This person’s id in your own system.'))}
${textField(field('userGroup', 'Group', `Stays until Polar sends a newer event with a group that’s always set.${known}`))}
<p class="hint">Polar fills empty fields once it has a customer with this address. The contact is subscribed, unless the address is suppressed.</p>
<div class="row"><button type="submit" class="primary">Add the contact</button><a class="button" href="${audiencePath}">Cancel</a></div>`,
  });
}

const fieldNames = ['email', 'firstName', 'lastName', 'externalId', 'userGroup'] as const;

/** Adding a contact by hand. */
export function addPages({ settings, means }: AudienceStores) {
  const app = new Hono<ConsoleEnv>();
  const shell = {
    title: 'Add a contact',
    section: 'audience',
    above: { href: audiencePath, title: 'Audience' },
  } as const;

  app.get('/', async (c) =>
    page(c, { ...shell, body: addForm(c, {}, groupsOf(await settings())) }),
  );

  app.post('/', async (c) => {
    const typed = Object.fromEntries(
      fieldNames.map((name) => [name, textOf(c.get('form'), name).trim()] as const),
    );
    const refuse = async (problems: Readonly<Record<string, string>>) => {
      const body = addForm(c, typed, groupsOf(await settings()), problems);
      return page(c, { ...shell, status: 422, body });
    };
    const problems = problemsInFields(typed);
    if (Object.keys(problems).length > 0) return refuse(problems);

    const ready = await means();
    const act = { at: ready.surroundings.now.toISOString(), by: c.get('by') };
    const result = await addContact({ ...typed, email: typed['email'] ?? '' }, act, ready);
    if (result.kind === 'refused') return refuse({ email: result.reason });
    const { contact, note } = result;
    c.set('acted', { contactId: contact.contactId });
    const text = ['The contact was added.', note].filter(Boolean).join(' ');
    return goOn(c, contactPath(contact.contactId), { kind: 'done', text });
  });
  return app;
}

const pageSize = 50;

/** API Gateway waits for half a minute, and Lambda answers with 6 MB at most, in base64. */
const exportedAtOnce = 2_000;
const largestAnswerBytes = 4_000_000;

const productSchema = z.string().check(z.minLength(1), z.maxLength(100));
const consentSchema = z.enum(['subscribed', 'unsubscribed']);

/** Where whoever stands before this function finds the next page of an answer that is too long for one. */
const nextHeader = 'x-console-next';

export function audiencePages(parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  const stores = audienceStores(parts);
  const seal = async () => sealWith(await parts.suppressionKey());

  /** A position serves only what it was made for: the list, or the file of one filter. */
  async function positions(use: string) {
    const { seal: sealed, open } = await seal();
    return {
      textOf: (position: ContactPosition) => sealed(`${use}\n${cursorText(position)}`),
      read(text: string) {
        const opened = open(text);
        const isOfUse = opened?.startsWith(`${use}\n`);
        return isOfUse ? cursorOf(contactPositionSchema, opened?.slice(use.length + 1)) : undefined;
      },
    };
  }

  app.get('/', async (c) => {
    const filter = filterOf(c);
    const { textOf, read } = await positions('list');
    const after = read(c.req.query('after') ?? '');
    const today = parts.now();
    const [found, settings, totals, signs] = await Promise.all([
      stores.byProduct({ ...wantedOf(filter), product: filter.product }, pageSize, after),
      stores.settings(),
      parts.counts.totals(daysBefore(today, 13), daysBefore(today, 0)),
      c.get('deployment')?.signs(),
    ]);
    const marketing = await stores.marketing(found.contacts);
    const next = found.next && textOf(found.next);
    const isFirstPage = after === undefined;
    const groups = groupsOf(settings);
    const body = listView(c, {
      ...{ filter, groups, shown: found, marketing, next, isFirstPage },
      totals: totals.at(-1),
      isConnected: signs?.polar !== undefined && signs.polar !== 'none',
    });
    return page(c, { title: 'Audience', section: 'audience', body });
  });

  app.get('/export.csv', async (c) => {
    const filter = filterOf(c);
    const { textOf, read } = await positions(
      `file ${JSON.stringify([filter.group, filter.consent])}`,
    );
    const given = c.req.query('after');
    const after = given ? read(given) : undefined;
    // The operator log has its first page alone, so a later one is to be had by way of that.
    if (given && !after) {
      return c.text('This export link isn’t valid. Start the export again.', 400);
    }
    for (let limit = exportedAtOnce; ; limit = Math.ceil(limit / 4)) {
      const found = await stores.list.page(wantedOf(filter), limit, after);
      const text = `${after ? '' : contactCsvHead}${contactCsvLines(found.items)}`;
      if (Buffer.byteLength(text) > largestAnswerBytes && limit > 1) continue;
      c.header('content-type', 'text/csv; charset=utf-8');
      c.header('content-disposition', 'attachment; filename="audience.csv"');
      const next = found.next && textOf(found.next);
      if (next)
        c.header(nextHeader, link(`${audiencePath}/export.csv`, { ...filter, after: next }));
      return c.body(text);
    }
  });

  app.route('/search', searchPages(stores));
  app.route('/customers', customerPages(stores));
  app.route('/add', addPages(stores));
  app.route('/', editPages(stores));
  app.route('/', contactPages(stores));
  return app;
}

/** What cannot be understood narrows nothing. */
function filterOf(c: Context<ConsoleEnv>): ListFilter {
  return {
    group: c.req.query('group')?.trim() || undefined,
    consent: consentSchema.safeParse(c.req.query('consent')).data,
    product: productSchema.safeParse(c.req.query('product')).data,
  };
}

function wantedOf({ group, consent }: ListFilter): ContactFilter {
  return { group, isSubscribed: consent === undefined ? undefined : consent === 'subscribed' };
}
