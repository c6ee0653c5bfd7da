import * as z from 'zod';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import type { SesMood } from '#test/fakes/ses.ts';
import type { StackInProcess } from './stack-in-process.ts';

/** Longer than the functions keep settings and workflows in memory. */
const betweenEventsSeconds = 61;

const dataSchema = z.record(z.string(), z.unknown());

export type Life = ReturnType<typeof lifeIn>;

/** What happens to made-up customers in a stack, one thing after the other. `name` is all that is known of a customer. */
export function lifeIn(stack: StackInProcess, pass: (seconds: number) => void) {
  const people = new Map<string, Person>();
  let events = 0;

  function person(name: string, known: Partial<Person> = {}): Person {
    const before = people.get(name) ?? {
      customerId: uuidOf(`upgrade ${name}`),
      email: `${name}@example.com`,
      name: `${name.charAt(0).toUpperCase()}${name.slice(1)} Example`,
      externalId: null,
      isNew: false,
    };
    const now = { ...before, ...known };
    people.set(name, now);
    return now;
  }

  /** Polar sends an event about this customer. It lies on the queue. `changed`: what its data say otherwise. */
  async function sends(
    type: SupportedEventType,
    name: string,
    { changed = {}, ...known }: Partial<Person> & { changed?: Record<string, unknown> } = {},
  ) {
    pass(betweenEventsSeconds);
    const payload = polarPayload(type, person(name, known), new Date());
    const data = { ...dataSchema.parse(payload['data']), ...changed };
    events += 1;
    const webhook = {
      webhookId: uuidOf(`webhook ${events} of ${name}`),
      body: JSON.stringify({ ...payload, data }),
    };
    await posts(webhook);
    return webhook;
  }

  async function posts({ webhookId, body }: { webhookId: string; body: string }): Promise<void> {
    const status = await stack.post(webhookId, body);
    if (status >= 300) throw new Error(`Ingest answered ${status}.`);
  }

  return {
    stack,
    pass,
    person,
    sends,
    posts,
    people: () =>
      Object.fromEntries(
        [...people].map(([name, { customerId, email }]) => [name, { customerId, email }]),
      ),

    /** The same, and the worker and the mailer do what follows. */
    async happens(...event: Parameters<typeof sends>) {
      const webhook = await sends(...event);
      await stack.work('EventsQueue');
      await stack.work('MailQueue');
      return webhook;
    },

    /** The same, while SES is in this mood; what the mailer puts back stays on the queue. */
    async mailedWhile(mood: SesMood, ...event: Parameters<typeof sends>) {
      const webhook = await sends(...event);
      await stack.work('EventsQueue');
      const mails = await stack.take('MailQueue');
      stack.ses.behave([mood].values());
      await stack.handle('MailQueue', mails);
      stack.ses.behave(undefined);
      return webhook;
    },

    /** The email that an event asked for, which must be just one. */
    async mailOf(name: string, { webhookId }: { webhookId: string }) {
      const recorded = await stack.parts.store.recorded(webhookId);
      const [considered, ...more] = (recorded?.record.workflows ?? []).filter(
        ({ verdict }) => verdict === 'send',
      );
      const { ledgerKey, workflowId = '', version = 0 } = considered ?? {};
      if (ledgerKey === undefined || more.length > 0) throw new Error(`${name} has no one email.`);
      const { customerId, email } = person(name);
      return { webhookId, ledgerKey, customerId, email, workflowId, workflowVersion: version };
    },

    async contactIdOf(name: string): Promise<string> {
      const email = normalisedEmail(person(name).email);
      const known = await stack.parts.store.load([{ kind: 'contacts', key: email }]);
      const contact = known.contacts.get(email)?.row;
      if (!contact) throw new Error(`${name} has no contact.`);
      return contact.contactId;
    },

    /** Posts a form of the console, which must be taken. Gives where it leads to. */
    async posted(path: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
      pass(betweenEventsSeconds);
      const { status, location, text } = await stack.visitor.post(path, fields);
      if (status !== 303 || location === null) {
        throw new Error(`The console answered ${status} to ${path}: ${text.slice(0, 500)}`);
      }
      const shown = await stack.visitor.get(location);
      if (/role="alert"/.test(shown.html)) throw new Error(`${path}: ${shown.text.slice(0, 900)}`);
      return location;
    },
  };
}
