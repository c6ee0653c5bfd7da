import * as z from 'zod/mini';
import type { PolarEvent } from '#shared/polar/event.ts';
import { eventPropertiesSchema, withoutPersonal } from '#shared/polar/event-properties.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { normalisedEmailSchema } from './person/address.ts';
import { splitName } from './person/name.ts';
import { type Contact, type Customer, emailOf } from './person/person.ts';
import {
  isOfSubscription,
  toldVersion,
  toldVersionSchema,
} from './person/subscription-snapshot.ts';
import { runEmailSchema } from './runs/run.ts';
import type { Settings } from './settings/settings.ts';

const valueSchema = z.union([z.string(), z.boolean(), z.null()]);
const changeSchema = z.object({ field: z.string(), from: valueSchema, to: valueSchema });
export type Change = z.infer<typeof changeSchema>;

/**
 * A workflow that waited for an event: whether it sends, else why not. `ledgerKey` is the key of its email. One with
 * several steps has begun a run, which asks for these emails at once.
 */
const consideredWorkflowSchema = z.object({
  workflowId: z.string(),
  version: z.number(),
  name: z.string(),
  verdict: z.enum(['send', 'skip']),
  reason: z.optional(z.string()),
  /** The event was out of date: a newer state of its subscription was known. */
  isStale: z.optional(z.literal(true)),
  ledgerKey: z.optional(z.string()),
  /** Of the one email without a run: the step that it is of. Absent from records of earlier versions. */
  stepId: z.optional(z.string()),
  runId: z.optional(z.string()),
  emails: z.optional(z.array(runEmailSchema)),
});
export type ConsideredWorkflow = z.infer<typeof consideredWorkflowSchema>;

/** What every decision on an event says of itself. */
const decidedSchema = z.object({
  outcome: z.enum(['applied', 'unchanged', 'skipped']),
  reason: z.optional(z.string()),
  /** Why it gave the group of its setting, or did not; absent where its setting gives none. */
  groupReason: z.optional(z.string()),
  /** Fields of which the event brought another value, which shows nowhere because a person set them by hand. */
  keptByHand: z.optional(z.array(z.string())),
  changes: z.array(changeSchema),
  settingsVersion: z.number(),
  /** Absent when no active workflow waited for it. */
  workflows: z.optional(z.array(consideredWorkflowSchema)),
  contactId: z.optional(z.string()),
  /** It asked for the erasure of the records of its customer. */
  erases: z.optional(z.boolean()),
});

/** What became of an event when a person had it run again, with the settings of that moment. */
export const replayEntrySchema = z.extend(decidedSchema, {
  replayId: z.string(),
  at: z.string(),
  by: z.string(),
  triggers: z.boolean(),
  again: z.boolean(),
});
export type ReplayEntry = z.infer<typeof replayEntrySchema>;

/** What one event did, and why: one record for each webhook id. The payload is kept beside it. */
export const eventRecordSchema = z.extend(decidedSchema, {
  webhookId: z.string(),
  type: z.enum(supportedEventTypes),
  occurredAt: z.string(),
  receivedAt: z.string(),
  email: z.optional(normalisedEmailSchema),
  customerId: z.string(),
  properties: eventPropertiesSchema,
  /** Of an event of a subscription: with the properties, what it takes to see later whether it is still news. */
  subscription: z.optional(toldVersionSchema),
  /** The record of an erased customer: without payload, addresses and changes. */
  erased: z.optional(z.boolean()),
  /** The contact came to be by it: kept where an erasure took its changes out. */
  added: z.optional(z.boolean()),
  /** The newest replays, the oldest of them first, and how many there were in all. */
  replays: z.optional(z.array(replayEntrySchema)),
  replayCount: z.optional(z.number()),
});
export type EventRecord = z.infer<typeof eventRecordSchema>;

const shownFields = [
  'email',
  'firstName',
  'lastName',
  'externalId',
  'userGroup',
  'customerId',
  'subscribed',
] as const satisfies readonly (keyof Contact)[];

/** Whether a contact came to be by it, where there was none at this address. */
export function addsContact({ changes, added }: Pick<EventRecord, 'changes' | 'added'>): boolean {
  return added === true || changes.some(({ field, from }) => field === 'email' && from === null);
}

/** Field by field what became of a contact; `null` stands for a field, or a contact, that is not there. */
function contactChanges(before: Contact | undefined, after: Contact | undefined): Change[] {
  return shownFields
    .map((field) => ({ field, from: before?.[field] ?? null, to: after?.[field] ?? null }))
    .filter(({ from, to }) => from !== to);
}

/** The fields of which Polar says something else than before, and a person than Polar. */
export function keptByHand(
  before: Customer,
  after: Customer,
  { byHand }: Pick<Contact, 'byHand'>,
): string[] {
  const [was, is] = [before, after].map(({ name, externalId }) => ({
    ...splitName(name?.value ?? ''),
    externalId: externalId?.value,
  }));
  return (['firstName', 'lastName', 'externalId'] as const).filter((field) => {
    const set = byHand?.[field];
    return set !== undefined && was?.[field] !== is?.[field] && (set ?? undefined) !== is?.[field];
  });
}

/** The part of a record that says what an event did. */
export type Result = Pick<EventRecord, 'outcome' | 'changes'> & {
  reason?: string;
  groupReason?: string;
  keptByHand?: string[];
  erases?: boolean;
};

export function skipped(reason: string): Result {
  return { outcome: 'skipped', changes: [], reason };
}

/** What became of the customer's contact; both are known. */
export function outcomeOf(
  customer: Customer,
  before: Contact | undefined,
  after: Contact | undefined,
): Result {
  if (emailOf(customer) === undefined) return withoutAddress(customer);
  const changes = contactChanges(before, after);
  if (changes.length > 0) return { outcome: 'applied', changes };
  return { outcome: 'unchanged', changes, ...(!after && { reason: hiddenBecause(customer) }) };
}

/** The same without a look at the contact, which cannot have changed. */
export function nothingNew(customer: Customer): Result {
  if (emailOf(customer) === undefined) return withoutAddress(customer);
  const isHidden = customer.deletion?.mode === 'delete';
  return {
    outcome: 'unchanged',
    changes: [],
    ...(isHidden && { reason: hiddenBecause(customer) }),
  };
}

function withoutAddress(customer: Customer): Result {
  return skipped(
    customer.deletion
      ? 'The customer is deleted and has no known email address, so there is no contact to change.'
      : 'The customer has no known email address yet, so there is no contact. What else Polar said is kept.',
  );
}

function hiddenBecause(customer: Customer): string {
  return customer.deletion
    ? 'The customer is deleted, so no contact shows what Polar said of it.'
    : 'Another customer has this address now. What Polar said of this one is kept.';
}

export type ReceivedEvent = PolarEvent & Readonly<{ webhookId: string; receivedAt: string }>;

/**
 * The record of a decision, but for the workflows that it considered. `before` and `after`: the customer as it was
 * known before the decision, and after it, when there may be none.
 */
export function recordOf(
  event: ReceivedEvent,
  before: Customer,
  after: Customer | undefined,
  { outcome, changes, reason, groupReason, keptByHand = [], erases }: Result,
  settings: Settings,
): EventRecord {
  const { type, properties, subscription } = event;
  const email = emailOf(after);
  const contactId = after?.contact?.contactId ?? before.contact?.contactId;
  const base = {
    webhookId: event.webhookId,
    type,
    occurredAt: event.occurredAt,
    receivedAt: event.receivedAt,
    outcome,
    ...(reason && { reason }),
    settingsVersion: settings.version,
    customerId: event.customer.id,
    ...(contactId !== undefined && { contactId }),
  };
  if (after?.erased) {
    const kept = withoutPersonal(properties);
    return { ...base, changes: [], properties: kept, erased: true, ...(erases && { erases }) };
  }
  return {
    ...{ ...base, changes, properties },
    ...(groupReason && { groupReason }),
    ...(keptByHand.length > 0 && { keptByHand }),
    ...(subscription && isOfSubscription(type) && { subscription: toldVersion(subscription) }),
    ...(email && { email }),
  };
}
