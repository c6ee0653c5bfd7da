import type { Contact } from '#shared/audience/person/person.ts';
import { dynamoContactLookup } from '#shared/store/audience/contact-lookup.ts';
import { dynamoContactSearch } from '#shared/store/audience/contact-search.ts';
import { dynamoWordSearch } from '#shared/store/audience/word-index.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { contactPath, customerPath, emailPath, eventPath, workflowPath } from '../kit/paths.ts';
import { runPath } from '../kit/run-view.ts';
import { nameOf } from '../kit/words.ts';
import type { ConsoleParts } from '../parts.ts';
import { type Purchase, purchasesOf } from './purchases.ts';

export type Found = Readonly<{
  kind: 'Contact' | 'Customer' | 'Event' | 'Email' | 'Run' | 'Workflow' | Purchase['kind'];
  name: string;
  /** Of somebody with a name. */
  address?: string;
  href: string;
  /** Whether the text is its id, its address or its external id, and not a part of its name. */
  isExact: boolean;
}>;

/** Everything that a text is the address, the name or the id of. Reads a bounded number of rows, and may ask Polar. */
export type Find = (text: string) => Promise<Everything>;

/** `hasMore`: more contacts have such a name or address than are shown here. */
type Everything = Readonly<{ found: readonly Found[]; hasMore: boolean }>;

/** Keys are no longer, and nobody types more. */
const longestText = 300;

export function finding(parts: ConsoleParts): Find {
  const { db, env, store, emails, workflows } = parts;
  // A search through all customers is offered, and not made unasked.
  const search = dynamoContactSearch(
    db,
    env.CONTACTS_TABLE,
    store,
    async () => ({ customerIds: [], next: undefined }),
    dynamoWordSearch(db, env.WORDS_TABLE, store),
  );
  const purchases = purchasesOf(parts);
  const contactOf = dynamoContactLookup(db, env.CONTACTS_TABLE, store);
  const events = dynamoEventLog(db, env.EVENTS_TABLE);

  async function people(text: string): Promise<Everything> {
    const [found, { contact }] = await Promise.all([search(text), contactOf({ contactId: text })]);
    const shown = (one: Contact, isExact: boolean) => ({
      ...{ kind: 'Contact' as const, isExact, href: contactPath(one.contactId) },
      ...(nameOf(one) ? { name: nameOf(one), address: one.address } : { name: one.address }),
    });
    const contacts = [
      ...found.contacts.map((one) => shown(one, found.isExact)),
      ...(contact ? [shown(contact, true)] : []),
    ];
    const customers = found.customers.map(({ customer, contact: there }) => ({
      ...{ kind: 'Customer' as const, isExact: true, name: customer.customerId },
      href: there ? contactPath(there.contactId) : customerPath(customer.customerId),
    }));
    return { found: [...contacts, ...customers], hasMore: found.nextWord !== undefined };
  }

  async function event(text: string): Promise<Found[]> {
    const found = await events.find(text);
    if (!found) return [];
    return [{ kind: 'Event', name: found.record.type, href: eventPath(text), isExact: true }];
  }

  async function email(text: string): Promise<Found[]> {
    const found = await emails.find(text);
    if (!found) return [];
    return [{ kind: 'Email', name: text, href: emailPath(found), isExact: true }];
  }

  async function run(text: string): Promise<Found[]> {
    const found = (await store.load([{ kind: 'runs', key: text }])).runs.get(text)?.row;
    return found ? [{ kind: 'Run', name: text, href: runPath(text), isExact: true }] : [];
  }

  async function workflow(text: string): Promise<Found[]> {
    const part = text.toLowerCase();
    return (await workflows.all())
      .filter((one) => one.workflowId === text || one.name.toLowerCase().includes(part))
      .map((one) => ({
        ...{ kind: 'Workflow', name: one.name, href: workflowPath(one) },
        isExact: one.workflowId === text,
      }));
  }

  /** The customers of whom we know; Polar may tell of others. */
  async function purchase(text: string): Promise<Found[]> {
    const asked = await purchases(text);
    const found = await Promise.all(
      asked.map(async ({ kind, customerId }) =>
        (await people(customerId)).found.map((one) => ({ ...one, kind, name: `of ${one.name}` })),
      ),
    );
    return found.flat();
  }

  return async (typed) => {
    const text = typed.trim();
    if (text === '' || text.length > longestText) return { found: [], hasMore: false };
    const kinds = [event, email, run, workflow];
    const [{ found, hasMore }, ...others] = await Promise.all([
      people(text),
      ...kinds.map((find) => find(text)),
    ]);
    const here = [...found, ...others.flat()];
    const all = here.length > 0 ? here : await purchase(text);
    const once = new Map(all.map((one) => [`${one.kind} ${one.href}`, one]));
    return { found: [...once.values()], hasMore };
  };
}
