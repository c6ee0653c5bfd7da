import { Hono } from 'hono';
import { addContact } from '#shared/audience/add-contact.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { textOf } from '../fields.ts';
import { goOn } from '../flash.ts';
import { page } from '../page.ts';
import { addForm } from './add-view.ts';
import type { AudienceStores } from './audience-stores.ts';
import { contactPath } from './contact-words.ts';
import { groupsOf, listPath } from './list-view.ts';

const fieldNames = ['email', 'firstName', 'lastName', 'externalId', 'userGroup'] as const;

const longest = { firstName: 256, lastName: 256, externalId: 4_096, userGroup: 100 };

/** Adding a contact by hand. */
export function addPages({ settings, means }: AudienceStores) {
  const app = new Hono<ConsoleEnv>();
  const shell = {
    title: 'Add a contact',
    section: 'audience',
    above: { href: listPath, title: 'Audience' },
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
    const tooLong = problemsIn(typed);
    if (Object.keys(tooLong).length > 0) return refuse(tooLong);

    const ready = await means();
    const act = { at: ready.surroundings.now.toISOString(), by: c.get('by') };
    const result = await addContact({ ...typed, email: typed['email'] ?? '' }, act, ready);
    if (result.kind === 'refused') return refuse({ email: result.reason });
    const { contact, note } = result;
    const text = ['The contact was added.', note].filter(Boolean).join(' ');
    return goOn(c, contactPath(contact.contactId), { kind: 'done', text });
  });
  return app;
}

function problemsIn(typed: Readonly<Record<string, string>>): Record<string, string> {
  const tooLong = Object.entries(longest).filter(
    ([name, most]) => (typed[name]?.length ?? 0) > most,
  );
  return Object.fromEntries(
    tooLong.map(([name, most]) => [name, `This is too long: ${most} characters are the most.`]),
  );
}
