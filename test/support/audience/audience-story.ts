import { applyEvent } from '#shared/audience/apply-event.ts';
import {
  addContact,
  liftBounce,
  type NewContact,
  subscribeContact,
  unsubscribeContact,
} from '#shared/audience/by-hand/acts-by-hand.ts';
import type { Edit } from '#shared/audience/by-hand/by-hand.ts';
import { editContact } from '#shared/audience/by-hand/edit-contact.ts';
import { applyRefusal } from '#shared/audience/consent/refusals.ts';
import type { SuppressionReason } from '#shared/audience/consent/suppression.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { applyReplay, type Replay } from '#shared/audience/replay/replay.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { PolarCustomer } from '#shared/polar/event.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { webhookBody } from '../polar/polar-history.ts';

/** `minute` orders everything: it is the time of the event and, but where given, the version of the customer. */
type Told = Partial<Omit<PolarCustomer, 'id'>> & { minute: number; webhookId?: string };

export const minuteOf = (minute: number) =>
  new Date(Date.UTC(2026, 10, 1, 0, minute)).toISOString().replace('.000Z', '.000000Z');

const verbs = {
  subscribe: subscribeContact,
  unsubscribe: unsubscribeContact,
  liftBounce,
};

/** An audience in memory to which Polar tells things, in words of one line. */
export function audienceStory(
  settings: Settings = defaultSettings,
  workflows: readonly Workflow[] = [],
) {
  const memory = memoryAudienceStore();
  let ids = 0;
  const surroundings = {
    settings,
    now: new Date('2026-11-23T12:00:00.000Z'),
    newId: () => {
      ids += 1;
      return `contact-${ids}`;
    },
  };
  const means = {
    store: memory.store,
    surroundings,
    workflows,
    pause: () => Promise.resolve(),
  };

  return {
    ...memory,
    surroundings,
    async tell(type: ReceivedEvent['type'], id: string, { minute, webhookId, ...told }: Told) {
      const event: ReceivedEvent = {
        type,
        webhookId: webhookId ?? `evt-${type}-${id}-${minute}`,
        occurredAt: minuteOf(minute),
        receivedAt: '2026-11-23T11:59:59.000Z',
        object: { id, version: minuteOf(minute) },
        properties: { customerId: id },
        customer: { id, version: minuteOf(minute), anonymised: false, ...told },
      };
      return (await applyEvent(event, webhookBody(event), means)).record;
    },
    refuse: (email: string, reason: SuppressionReason, minute = 500) =>
      applyRefusal(
        { email: normalisedEmail(email), reason, at: minuteOf(minute), by: 'a test' },
        means,
      ),
    /** A person acts on the contact that is at this address now. */
    act(verb: keyof typeof verbs, address: string, minute: number) {
      const email = normalisedEmail(address);
      const contactId = memory.rows.contacts.get(email)?.row.contactId ?? 'nobody';
      return verbs[verb]({ email, contactId, at: minuteOf(minute), by: 'an engineer' }, means);
    },
    /** A person edits the contact that is at this address now. */
    edit(address: string, minute: number, ...edits: readonly Edit[]) {
      const email = normalisedEmail(address);
      const contactId = memory.rows.contacts.get(email)?.row.contactId ?? 'nobody';
      const act = { email, contactId, at: minuteOf(minute), by: 'an engineer' };
      return editContact(edits, act, means);
    },
    add: (fields: NewContact, minute: number) =>
      addContact(fields, { at: minuteOf(minute), by: 'an engineer' }, means),
    replay(webhookId: string, patch: Partial<Replay> = {}, changed: Partial<typeof means> = {}) {
      const asked = { by: 'an engineer', at: minuteOf(600), triggers: false, again: false };
      return applyReplay(
        { replayId: 'r1', webhookId, ...asked, ...patch },
        { ...means, ...changed },
      );
    },
    contact: (email: string): Contact | undefined => memory.rows.contacts.get(email)?.row,
    customer: (id: string) => memory.rows.customers.get(id)?.row,
    async addByHand({
      email: address,
      ...contact
    }: Pick<Contact, 'contactId'> & Omit<Partial<Contact>, 'email'> & { email: string }) {
      const email = normalisedEmail(address);
      const row: Contact = {
        email,
        address,
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: '2026-01-01T00:00:00.000Z',
        source: 'Added by hand',
        consent: {},
        subscribed: true,
        ...contact,
      };
      await memory.store.commit({
        steps: {
          customers: [],
          addresses: [],
          contacts: [{ act: 'put', key: email, revision: null, row }],
          suppressions: [],
        },
      });
    },
  };
}

/** The default settings with some of the events set otherwise. */
export function settingsWith(
  patch: Partial<Omit<Settings, 'events'>>,
  events: { [type in ReceivedEvent['type']]?: Partial<Settings['events'][type]> } = {},
): Settings {
  const all = structuredClone(defaultSettings);
  for (const [type, change] of Object.entries(events)) {
    Object.assign(all.events[type as ReceivedEvent['type']], change);
  }
  return { ...all, ...patch };
}
