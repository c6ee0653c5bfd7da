import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { AtAddress } from '#shared/audience/consent/reasons.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import type { ErasureProof } from '#shared/audience/operator-act.ts';
import type { NormalisedEmail } from '#shared/audience/person/address.ts';
import type { Address, Customer } from '#shared/audience/person/person.ts';
import { type AudienceStore, look } from '#shared/audience/rows/unit-of-work.ts';
import { type RunNow, runsNow } from '#shared/audience/runs/outlook.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import { storedWorkflowSchema, type Workflow } from '#shared/audience/workflow.ts';
import { type FailureRow, failureRowOf } from '#shared/queue/failures.ts';
import { dynamoContactLookup } from '#shared/store/audience/contact-lookup.ts';
import { rowsOf } from '#shared/store/dynamo.ts';
import { readRecord } from '#shared/store/events/event-item.ts';
import { dynamoEmailAdmin, type ReportedEmail } from '#shared/store/mail/emails.ts';
import { keptVersionName } from '#shared/store/mail/workflow-versions.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import { erasureProofs } from '#shared/store/operator-log.ts';
import { dynamoConnection } from '#shared/store/polar/connection.ts';
import { dynamoRunLists } from '#shared/store/runs/run-lists.ts';

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
  /** Where the contact with this id is; `undefined`: it is not shown, or there is none. */
  addressOf(contactId: string): Promise<NormalisedEmail | undefined>;
  /** What suppressions, emails and proofs know an address by; `undefined`: these credentials may not read the key. */
  hash(email: NormalisedEmail): Promise<string | undefined>;
  /** Who was erased under these names: ids, and hashes of addresses. */
  erasures(names: readonly string[]): Promise<ErasureProof[]>;
  /** Marketing or transactional, as the workflow was in this version; `undefined`: that is not kept. */
  mailKind(workflowId: string, version: number): Promise<string | undefined>;
  /** The connected organization. */
  organization(): Promise<Readonly<{ id: string; name: string }> | undefined>;
  /** Everything at an address, of whoever owns it. */
  at(
    address: string,
    ownerOf: (address: Address | undefined) => string | undefined,
  ): Promise<AtAddress>;
  /** The newest of a contact, newest first, from indexes that lag by moments. */
  eventsOf(contactId: string, limit: number): Promise<ListedEvent[]>;
  emailsOf(contactId: string, limit: number): Promise<ReportedEmail[]>;
  runsOf(contactId: string, limit: number): Promise<Run[]>;
  run(runId: string): Promise<Run | undefined>;
  /** Where these runs are going, by the facts of now. */
  outlook(runs: readonly Run[]): Promise<RunNow[]>;
}>;

type WhyParts = Readonly<{
  db: DynamoDBDocumentClient;
  store: AudienceStore;
  /** What makes hashes of addresses; `undefined`: its key may not be read. */
  hasher: () => Promise<((email: string) => string) | undefined>;
  tables: Readonly<
    Record<
      'contacts' | 'events' | 'emails' | 'failures' | 'workflows' | 'settings' | 'runs',
      string
    > & {
      /** Absent: the stack is of a version that keeps no proofs. */
      acts: string | undefined;
    }
  >;
}>;

export function whyRows({ db, store, hasher, tables }: WhyParts): WhyRows {
  const emails = dynamoEmailAdmin(db, tables.emails, () => new Date());
  const workflows = dynamoWorkflows(db, tables.workflows);
  const contactOf = dynamoContactLookup(db, tables.contacts, store);
  const kinds = new Map<string, Promise<string | undefined>>();

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

  async function kindOf(workflowId: string, version: number): Promise<string | undefined> {
    const present = await workflows.find(workflowId);
    if (present?.version === version) return mailKindOf(present);
    const Key = { name: keptVersionName({ workflowId }, version) };
    const { Item } = await db.send(new GetCommand({ TableName: tables.settings, Key }));
    const kept = storedWorkflowSchema.safeParse(Item?.['workflow']).data;
    return kept && mailKindOf(kept);
  }

  return {
    customer,
    runsOf: dynamoRunLists(db, tables.runs).ofContact,

    async run(key) {
      const known = await store.load([{ kind: 'runs', key }]);
      return known.runs.get(key)?.row;
    },

    outlook: async (runs) =>
      runs.length === 0
        ? []
        : runsNow(runs, { store, workflows: await workflows.all(), now: new Date() }),
    email: emails.find,
    workflows: workflows.all,
    addressOf: async (contactId) => (await contactOf({ contactId })).contact?.email,
    hash: async (email) => (await hasher())?.(email),
    erasures: async (names) =>
      tables.acts === undefined ? [] : erasureProofs(db, tables.acts, names),

    mailKind(workflowId, version) {
      const name = `${workflowId} ${version}`;
      const kind = kinds.get(name) ?? kindOf(workflowId, version);
      kinds.set(name, kind);
      return kind;
    },

    async organization() {
      const connection = await dynamoConnection(db, tables.settings).read();
      return connection && { id: connection.organizationId, name: connection.organizationName };
    },
    event: (webhookId) => readRecord(db, tables.events, webhookId),

    async failures(ids) {
      const rows = await rowsOf(db, { table: tables.failures, key: 'webhookId' }, ids);
      const parsed = [...rows].map(([id, item]) => [id, failureRowOf(item)] as const);
      return new Map(parsed.flatMap(([id, row]) => (row ? [[id, row] as const] : [])));
    },

    async at(typed, ownerOf) {
      const isRead = (await hasher()) !== undefined;
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

/** Of a workflow with several emails of both kinds it cannot be said which one was sent. */
function mailKindOf({ steps }: Workflow): string {
  const kinds = steps.flatMap((step) => (step.kind === 'send' ? [step.email.kind] : []));
  return [...new Set(kinds)].join(' or ');
}
