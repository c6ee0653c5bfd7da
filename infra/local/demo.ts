import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { Advice } from './advice.ts';
import type { LocalItems } from './local-items.ts';
import type { LocalStack } from './local-stack.ts';
import { uuidOf } from './polar-customer.ts';
import { deliver } from './polar-delivery.ts';
import { purchasePayloads, shuffled } from './polar-payload.ts';

const deadlineMs = 30_000;
const pollMs = 100;

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

const recordSchema = z.object({
  type: z.string(),
  outcome: z.string(),
  reason: z.string().optional(),
  occurredAt: z.string(),
  email: z.string().optional(),
  changes: z.array(z.object({ field: z.string() })).default([]),
});

/**
 * Sends a purchase, the four webhooks of a new subscription in random order, and prints the contact
 * and the event records that they become. Throws Advice if they do not become that in half a minute.
 */
export async function demo(
  stack: Pick<LocalStack, 'webhookUrl' | 'webhookSecret'>,
  items: LocalItems,
  print: (line: string) => void,
): Promise<void> {
  const { webhookUrl: url, webhookSecret: secret } = stack;
  const tag = randomBytes(2).toString('hex');
  const email = `ada+${tag}@example.com`;
  const person = {
    customerId: uuidOf(email),
    email,
    name: 'Ada Lovelace',
    externalId: `usr_${tag}`,
    isNew: true,
  };
  print(`Sending a purchase of ${email} as Polar would: four signed webhooks, in random order.\n`);
  const webhookIds: string[] = [];
  for (const payload of shuffled(purchasePayloads(person, new Date()))) {
    const webhookId = randomUUID();
    const body = Buffer.from(JSON.stringify(payload));
    const delivery = { url, secret, secretReading: 'decoded' as const, webhookId, body };
    const { status, text } = await deliver(delivery, new Date());
    if (status !== 202) throw new Advice(`The demo was answered ${status}: ${text}`);
    webhookIds.push(webhookId);
  }
  const records = await allRecords(webhookIds, items);
  const contact = await items.get('Contacts', { email });
  if (!contact) throw new Advice('The demo made four event records, but no contact.');
  for (const line of [...contactLines(contact), ...recordLines(records)]) print(line);
}

async function allRecords(webhookIds: readonly string[], items: LocalItems) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const found = await Promise.all(
      webhookIds.map((webhookId) => items.get('Events', { webhookId })),
    );
    const records = found.filter((item) => item !== undefined);
    if (records.length === webhookIds.length)
      return records.map((item) => recordSchema.parse(item));
    if (Date.now() > deadline) {
      throw new Advice(
        `Of the four webhooks of the demo, ${records.length} became event records within ${deadlineMs / 1_000} seconds. The lines above, and .local/functions.log, say what the functions complained of.`,
      );
    }
    await setTimeout(pollMs);
  }
}

function contactLines(contact: Readonly<Record<string, unknown>>): string[] {
  const rows = contactFields
    .filter((field) => contact[field] !== undefined)
    .map((field) => `  ${field.padEnd(14)} ${String(contact[field])}`);
  return ['', 'They became one contact (table Contacts):', '', ...rows];
}

function recordLines(records: readonly z.infer<typeof recordSchema>[]): string[] {
  const inOrder = [...records].sort((one, other) => (one.occurredAt < other.occurredAt ? -1 : 1));
  const rows = inOrder.map(({ type, outcome, reason, occurredAt, changes }) => {
    const what = reason ?? changes.map(({ field }) => field).join(', ');
    return `  ${occurredAt.padEnd(28)} ${type.padEnd(22)} ${outcome.padEnd(10)} ${what}`.trimEnd();
  });
  return ['', `and ${records.length} event records (table Events):`, '', ...rows, ''];
}
