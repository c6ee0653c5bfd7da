import { normalisedEmail } from '#shared/audience/person/address.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import {
  isSupportedEventType,
  type SupportedEventType,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload, purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import {
  type EventMessage,
  erasureMessage,
  replayMessage,
  type WorkerMessage,
} from '#shared/queue/events-queue.ts';
import { renewalPayload } from '#test/bench/sample-events.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';

/** One message for the worker, and what was there when it came. */
export type Scenario = Readonly<{
  name: string;
  settings: Settings;
  before: readonly Webhook[];
  message: (contactId: string) => EventMessage | WorkerMessage;
  /** What comes in one batch with it. */
  alongside?: readonly Webhook[];
  /** Absent where the message is none that Polar sends. */
  webhook?: Webhook;
}>;
export type Webhook = Readonly<{ webhookId: string; type: SupportedEventType; body: string }>;

const ann: Person = {
  customerId: 'customer-1',
  email: 'ann@example.com',
  name: 'Ann Lee',
  externalId: 'user-1',
  isNew: true,
};
const bob: Person = { ...ann, customerId: 'customer-2', name: 'Bob Other', externalId: 'user-2' };

/** Long enough ago that no time of an event is taken for one of the proof, and not too long for workflows. */
const happened = new Date(Date.now() - 3_600_000);
const earlier = (minutes: number) => new Date(happened.getTime() - minutes * 60_000);

let webhooks = 0;
type Data = Record<string, unknown>;

function webhook(
  type: SupportedEventType,
  { person = ann, at = happened, data = {} }: { person?: Person; at?: Date; data?: Data } = {},
): Webhook {
  webhooks += 1;
  const payload = polarPayload(type, person, at);
  const body = JSON.stringify({ ...payload, data: { ...Object(payload['data']), ...data } });
  return { webhookId: `evt-${webhooks}`, type, body };
}

export function queued({ webhookId, type, body }: Webhook): EventMessage {
  const message = encodeEventMessage({
    webhookId,
    type,
    receivedAt: happened.toISOString(),
    body,
  });
  if (message === 'too-large') throw new Error('A sample is too large for the queue.');
  return message;
}

const known = [
  webhook('customer.created', { at: earlier(10) }),
  webhook('order.paid', { at: earlier(9) }),
];
const anonymised = {
  email: `${'b5d4'.repeat(16)}@anonymized.polar.sh`,
  name: 'b5d4b5d4',
  metadata: { __anonymized_at: happened.toISOString() },
};

function settingsOf(
  type: SupportedEventType,
  change: Partial<Settings['events'][SupportedEventType]>,
  patch: Partial<Settings> = {},
): Settings {
  const settings = structuredClone({ ...defaultSettings, postalAddress: 'Shop, Main Street 1' });
  Object.assign(settings.events[type], change);
  return { ...settings, ...patch };
}

const modes = {
  'by default': {},
  'with a group always': { userGroup: 'buyers', userGroupMode: 'always' },
  'switched off': { enabled: false },
} as const;

function ofEvent(
  name: string,
  one: Webhook,
  settings: Settings,
  before: readonly Webhook[],
): Scenario {
  return { name, settings, before, message: () => queued(one), webhook: one };
}

/** Each event, for a new and for a known customer, under each setting that changes what it does. */
export function scenarios(): Scenario[] {
  const all = supportedEventTypes.flatMap((type) =>
    Object.entries(modes).flatMap(([mode, change]) => {
      const settings = settingsOf(type, change);
      const update = webhook(type, { person: { ...ann, name: 'Ann Newname', isNew: false } });
      return [
        ofEvent(`${type} of a new customer, ${mode}`, webhook(type), settings, []),
        ofEvent(`${type} of a known customer, ${mode}`, update, settings, known),
      ];
    }),
  );
  return [...all, renewal(), purchase(), ...deletions(), ...moves(), ...byHand()];
}

/** Nothing is new but the state of the subscription, which is written before the record. */
function renewal(): Scenario {
  const begun = earlier(10);
  const before = [
    webhook('customer.created', { at: begun }),
    webhook('subscription.active', { at: begun }),
  ];
  const body = JSON.stringify(renewalPayload(ann, begun, happened));
  const renews: Webhook = { webhookId: 'evt-renewal', type: 'order.paid', body };
  const settings = settingsOf('order.paid', {});
  return ofEvent('order.paid that renews a subscription, by default', renews, settings, before);
}

/** Its four webhooks, of which the first takes the others along in its transaction. */
function purchase(): Scenario {
  const [first, ...alongside] = purchasePayloads(ann, happened).flatMap((payload): Webhook[] => {
    const { type } = payload;
    const webhookId = `evt-purchase-${type}`;
    return isSupportedEventType(type) ? [{ webhookId, type, body: JSON.stringify(payload) }] : [];
  });
  if (!first) throw new Error('A purchase has webhooks.');
  const { settings, before, message } = ofEvent('', first, settingsOf('order.paid', {}), []);
  return { name: 'a purchase in one batch', settings, before, message, alongside };
}

function deletions(): Scenario[] {
  const type = 'customer.deleted';
  return (['unsubscribe', 'delete', 'keep'] as const).flatMap((customerDeleted) => {
    const settings = settingsOf(type, {}, { customerDeleted });
    const plain = webhook(type);
    const erasing = webhook(type, { data: anonymised });
    const late = webhook('order.paid', { at: earlier(1) });
    return [
      ofEvent(`${type}, ${customerDeleted}`, plain, settings, known),
      ofEvent(`${type} with anonymisation, ${customerDeleted}`, erasing, settings, known),
      ofEvent(
        `${type} with anonymisation of a stranger, ${customerDeleted}`,
        erasing,
        settings,
        [],
      ),
      ofEvent(`order.paid after the deletion, ${customerDeleted}`, late, settings, [plain]),
      ofEvent(`order.paid after the erasure, ${customerDeleted}`, late, settings, [
        ...known,
        erasing,
      ]),
    ];
  });
}

function moves(): Scenario[] {
  const type = 'customer.updated';
  const moved = webhook(type, { data: { email: 'lee@example.com' } });
  const taken = webhook('customer.created', { person: bob });
  const deletion = webhook('customer.deleted', { at: earlier(5) });
  const settings = settingsOf(type, {});
  return [
    ofEvent('a change of address', moved, settings, known),
    ofEvent('a claim of the address of another', taken, settings, known),
    ofEvent('a claim of the address of a deleted one', taken, settings, [...known, deletion]),
    ofEvent('a second delivery', known[1] ?? moved, settings, known),
  ];
}

function byHand(): Scenario[] {
  const settings = settingsOf('order.paid', { userGroup: 'buyers', userGroupMode: 'always' });
  const at = happened.toISOString();
  const replay = (again: boolean) =>
    replayMessage({
      replayId: 'replay-1',
      webhookId: known[1]?.webhookId ?? '',
      triggers: true,
      again,
      by: 'an engineer',
      at,
    });
  const erase = (contactId: string) =>
    erasureMessage(`erasure of contact ${contactId}`, {
      contactId,
      email: normalisedEmail(ann.email),
      by: 'an engineer',
      at,
    });
  return [
    { name: 'a replay', settings, before: known, message: () => replay(false) },
    { name: 'a replay that mails again', settings, before: known, message: () => replay(true) },
    { name: 'an erasure by hand', settings, before: known, message: erase },
  ];
}

/** A workflow for each event, with each of the frequencies among them. */
export function workflows(): Workflow[] {
  const { workflow } = approvedMail();
  if (!workflow) throw new Error('approvedMail has no workflow');
  return supportedEventTypes.map((event) => ({
    ...mailing(workflow, { kind: event === 'customer.created' ? 'marketing' : 'transactional' }),
    workflowId: `on ${event}`,
    trigger: { event, conditions: [] },
    frequency: frequencyOf(event),
  }));
}

function frequencyOf(event: SupportedEventType): Workflow['frequency'] {
  if (event === 'order.paid') return 'once-per-order';
  if (event === 'subscription.created') return 'once-per-subscription';
  return event.startsWith('customer.') ? 'once-per-contact' : 'every-time';
}
