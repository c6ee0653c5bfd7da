import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { LocalSes } from '#infra/local/emulators/ses.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { columns } from '#infra/terminal/lines.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { purchasePayloads, shuffled } from '#shared/polar/sample/sample-events.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { eventRecordOf } from '#shared/store/events/event-item.ts';
import type { LocalStack, Resources } from '../local-stack.ts';
import { deliver } from '../running-stack.ts';

const rowSchema = z.object({
  workflowId: z.string(),
  state: z.string(),
  reason: z.string().optional(),
  feedback: z.object({ deliveredAt: z.string().optional() }).default({}),
});

type DemoEmail = Readonly<{
  workflowId: string;
  /** As in table Emails; `queued` before it is there. */
  state: string;
  reason: string | undefined;
  delivered: boolean;
  subject: string | undefined;
  to: string | undefined;
}>;

/** What became of the emails with these ledger keys, until now. */
function demoEmails(
  ledgerKeys: readonly string[],
  items: LocalItems,
  ses: Pick<LocalSes, 'mailOf'> | undefined,
): Promise<DemoEmail[]> {
  return Promise.all(
    ledgerKeys.map(async (ledgerKey) => {
      const item = await items.get('Emails', { ledgerKey });
      const row = rowSchema.parse(item ?? { workflowId: ledgerKey, state: 'queued' });
      const mail = ses?.mailOf(ledgerKey);
      return {
        workflowId: row.workflowId,
        state: row.state,
        reason: row.reason,
        delivered: row.feedback.deliveredAt !== undefined,
        subject: mail?.subject,
        to: mail?.to.join(', '),
      };
    }),
  );
}

/** Nothing more is to come: it was delivered, or it was not sent and will not be. */
function isOver({ state, delivered }: DemoEmail): boolean {
  return delivered || state === 'blocked' || state === 'failed';
}

function emailLines(emails: readonly DemoEmail[]): string[] {
  const rows = columns(
    emails.map(({ workflowId, subject, to, state, reason, delivered }) => {
      const fate = [state, delivered && 'delivered', reason].filter(Boolean).join(', ');
      return [subject ?? workflowId, to ?? '', fate];
    }),
  ).map((row) => `  ${row}`);
  return [`and ${emails.length} emails (table Emails):`, '', ...rows, ''];
}

const patienceMs = 30_000;
const pollMs = 100;
const whereToLook =
  'The lines above, and .local/functions.log, say what went wrong in the functions.';

const contactFields = [
  'email',
  'contactId',
  'firstName',
  'lastName',
  'externalId',
  'customerId',
  'userGroup',
  'source',
  'subscribed',
  'createdAt',
  'updatedAt',
];

/**
 * Sends a purchase, the four webhooks of a new subscription in random order, and prints the contact,
 * the event records and the emails that they become. Throws Advice if that takes half a minute.
 */
export async function demo(
  stack: Pick<LocalStack, 'webhookUrl' | 'webhookSecret' | 'ses' | 'clock'>,
  items: LocalItems,
  print: (line: string) => void,
): Promise<void> {
  const tag = randomBytes(2).toString('hex');
  const email = `ada+${tag}@example.com`;
  print(
    'The workflows "Welcome" and "Receipt" are active ("npm run workflows -- list" shows them).',
  );
  print(`Sending a purchase of ${email} as Polar would: four signed webhooks, in random order.\n`);
  const webhookIds = await sendPurchase(email, tag, stack);
  const records = await allRecords(webhookIds, items);
  const emails = await allEmails(records, items, stack.ses);
  const contact = await items.get('Contacts', { email });
  if (!contact) throw new Advice('The demo made four event records, but no contact.');
  for (const line of [...contactLines(contact), ...recordLines(records)]) print(line);
  for (const line of emailLines(emails)) print(line);
}

async function sendPurchase(
  email: string,
  tag: string,
  {
    webhookUrl: url,
    webhookSecret: secret,
    clock: { now },
  }: Pick<LocalStack, 'webhookUrl' | 'webhookSecret' | 'clock'>,
): Promise<string[]> {
  const person = {
    customerId: uuidOf(email),
    email,
    name: 'Ada Lovelace',
    externalId: `usr_${tag}`,
    isNew: true,
  };
  const webhookIds: string[] = [];
  for (const payload of shuffled(purchasePayloads(person, now()))) {
    const webhookId = randomUUID();
    const body = Buffer.from(JSON.stringify(payload));
    const delivery = { url, secret, secretReading: 'decoded' as const, webhookId, body };
    const { status, text } = await deliver(delivery, now());
    if (status !== 202) throw new Advice(`The demo got the answer ${status}: ${text}`);
    webhookIds.push(webhookId);
  }
  return webhookIds;
}

async function allRecords(webhookIds: readonly string[], items: LocalItems) {
  const found = await seenWithin(patienceMs, async () => {
    const all = await Promise.all(
      webhookIds.map((webhookId) => items.get('Events', { webhookId })),
    );
    const records = all.filter((item) => item !== undefined);
    return { value: records, isComplete: records.length === webhookIds.length };
  });
  if (found.isComplete) return found.value.map(eventRecordOf);
  throw new Advice(
    `Of the four webhooks of the demo, ${found.value.length} became event records within ${patienceMs / 1_000} seconds. ${whereToLook}`,
  );
}

async function allEmails(
  records: readonly EventRecord[],
  items: LocalItems,
  ses: LocalStack['ses'],
) {
  const ledgerKeys = records
    .flatMap(({ workflows = [] }) => workflows.map(({ ledgerKey }) => ledgerKey))
    .filter((ledgerKey) => ledgerKey !== undefined);
  const found = await seenWithin(patienceMs, async () => {
    const emails = await demoEmails(ledgerKeys, items, ses);
    return { value: emails, isComplete: emails.every(isOver) };
  });
  if (found.isComplete) return found.value;
  const states = found.value.map(({ workflowId, state }) => `${workflowId} is ${state}`).join(', ');
  throw new Advice(
    `Not every email of the demo was delivered within ${patienceMs / 1_000} seconds: ${states}. ${whereToLook}`,
  );
}

/** Looks again and again until all is there, or the time is up; gives what it saw last. */
async function seenWithin<T>(
  ms: number,
  look: () => Promise<{ value: T; isComplete: boolean }>,
): Promise<{ value: T; isComplete: boolean }> {
  const deadline = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen.isComplete || Date.now() > deadline) return seen;
    await setTimeout(pollMs);
  }
}

function contactLines(contact: Readonly<Record<string, unknown>>): string[] {
  const rows = contactFields
    .filter((field) => contact[field] !== undefined)
    .map((field) => `  ${field.padEnd(14)} ${String(contact[field])}`);
  return ['', 'They became one contact (table Contacts):', '', ...rows];
}

function recordLines(records: readonly EventRecord[]): string[] {
  const inOrder = [...records].sort((one, other) => (one.occurredAt < other.occurredAt ? -1 : 1));
  const rows = inOrder.map(({ type, outcome, reason, occurredAt, changes }) => {
    const what = reason ?? changes.map(({ field }) => field).join(', ');
    return `  ${occurredAt.padEnd(28)} ${type.padEnd(22)} ${outcome.padEnd(10)} ${what}`.trimEnd();
  });
  return ['', `and ${records.length} event records (table Events):`, '', ...rows, ''];
}

type Item = Readonly<Record<string, unknown>>;

export type LocalItems = Readonly<{
  /** One item of a table of the stack, by the table's logical id. */
  get: (table: string, key: Record<string, string>) => Promise<Item | undefined>;
}>;

/** Reads what the local tables hold, to show it. */
export function localItems({
  tables,
  clientConfigs,
}: Pick<Resources, 'tables' | 'clientConfigs'>): LocalItems {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientConfigs.dynamodb));
  return {
    get: async (table, key) => {
      const { Item } = await client.send(new GetCommand({ TableName: tables[table], Key: key }));
      return Item;
    },
  };
}
