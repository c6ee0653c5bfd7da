import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Address } from '#shared/audience/address.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import type { Customer } from '#shared/audience/person.ts';
import type { AtAddress } from '#shared/audience/subscription-reasons.ts';
import { type AudienceStore, look } from '#shared/audience/unit-of-work.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type FailureRow, failureRowOf } from '#shared/queue/dead-letters/letter-reasons.ts';
import { rowsOf } from '#shared/store/dynamo.ts';
import { readRecord } from '#shared/store/events/event-item.ts';
import { dynamoEmailAdmin, type ReportedEmail } from '#shared/store/mail/emails.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';

const listedEventSchema = z.object({
  webhookId: z.string(),
  type: z.string(),
  occurredAt: z.string(),
  outcome: z.string(),
  reason: z.string().optional(),
});
export type ListedEvent = z.infer<typeof listedEventSchema>;

/** What `npm run why` reads. It writes nothing. */
export type WhyRows = Readonly<{
  event(webhookId: string): Promise<EventRecord | undefined>;
  email(ledgerKey: string): Promise<ReportedEmail | undefined>;
  failures(ids: readonly string[]): Promise<Map<string, FailureRow>>;
  workflows(): Promise<Workflow[]>;
  customer(customerId: string): Promise<Customer | undefined>;
  /** Everything at an address, of whoever owns it. */
  at(
    address: string,
    ownerOf: (address: Address | undefined) => string | undefined,
  ): Promise<AtAddress>;
  /** The newest of a contact, newest first, from indexes that lag by moments. */
  eventsOf(contactId: string, limit: number): Promise<ListedEvent[]>;
  emailsOf(contactId: string, limit: number): Promise<ReportedEmail[]>;
}>;

type WhyParts = Readonly<{
  db: DynamoDBDocumentClient;
  store: AudienceStore;
  /** Whether the key of the suppressions may be read. */
  canHash: () => Promise<boolean>;
  tables: Readonly<Record<'events' | 'emails' | 'failures' | 'workflows', string>>;
}>;

export function whyRows({ db, store, canHash, tables }: WhyParts): WhyRows {
  const emails = dynamoEmailAdmin(db, tables.emails, () => new Date());

  async function customer(key: string): Promise<Customer | undefined> {
    const known = await store.load([{ kind: 'customers', key }]);
    return known.customers.get(key)?.row;
  }

  async function newest(TableName: string, contactId: string, Limit: number) {
    const query = new QueryCommand({
      TableName,
      IndexName: 'byContact',
      KeyConditionExpression: 'contactId = :contactId',
      ExpressionAttributeValues: { ':contactId': contactId },
      ScanIndexForward: false,
      Limit,
    });
    return (await db.send(query)).Items ?? [];
  }

  return {
    customer,
    email: emails.find,
    workflows: dynamoWorkflows(db, tables.workflows).all,
    event: (webhookId) => readRecord(db, tables.events, webhookId),

    async failures(ids) {
      const rows = await rowsOf(db, { table: tables.failures, key: 'webhookId' }, ids);
      const parsed = [...rows].map(([id, item]) => [id, failureRowOf(item)] as const);
      return new Map(parsed.flatMap(([id, row]) => (row ? [[id, row] as const] : [])));
    },

    async at(typed, ownerOf) {
      const isRead = await canHash();
      return look(store, (w) => {
        const email = w.spelled(typed);
        const contact = w.contacts.get(email);
        const address = w.addresses.get(email);
        const owner = contact?.customerId ?? ownerOf(address);
        return {
          contact,
          address,
          customer: owner === undefined ? undefined : w.customers.get(owner),
          suppression: isRead ? w.suppressions.get(email) : 'not read',
        };
      });
    },

    async eventsOf(contactId, limit) {
      const items = await newest(tables.events, contactId, limit);
      return items.map((item) => listedEventSchema.parse(item));
    },

    async emailsOf(contactId, limit) {
      const items = await newest(tables.emails, contactId, limit);
      const keys = z.array(z.object({ ledgerKey: z.string() })).parse(items);
      const found = await Promise.all(keys.map(({ ledgerKey }) => emails.find(ledgerKey)));
      return found.filter((one) => one !== undefined);
    },
  };
}
