import {
  type Attribute,
  AttributeType,
  BillingMode,
  type GlobalSecondaryIndexProps,
  ProjectionType,
  Table,
} from 'aws-cdk-lib/aws-dynamodb';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { allow } from './lambda-function.ts';
import { type Keeping, pinLogicalId, removalPolicyOfTable } from './stateful.ts';

const tableNames = [
  'contacts',
  'customers',
  'addresses',
  'events',
  'failures',
  'settings',
  'suppressions',
  'workflows',
  'emails',
  'acts',
  'mailboxes',
  'runs',
  'words',
  'counts',
] as const;
type TableName = (typeof tableNames)[number];

type TableCall =
  | 'BatchGetItem'
  | 'ConditionCheckItem'
  | 'DeleteItem'
  | 'GetItem'
  | 'PutItem'
  | 'Query'
  | 'Scan'
  | 'UpdateItem';

type TableUse = Readonly<{
  calls?: readonly TableCall[];
  /** Indexes. */
  queries?: readonly string[];
  scans?: readonly string[];
}>;

/** What a function does with its tables. */
export type TableUses = Readonly<Partial<Record<TableName, TableUse>>>;

/** A row of a transaction. That needs the permission of each of its items' actions, and none of its own. */
export const transactedRow = ['BatchGetItem', 'ConditionCheckItem', 'PutItem'] as const;

/** What it takes to write contacts whose name or address changes. */
export const wordWrites = ['PutItem', 'DeleteItem'] as const;

/** What it takes to write down a person's or a mailbox's "no", and to find the contact that it is about. */
export const refusalUses = {
  contacts: { calls: [...transactedRow, 'DeleteItem'], queries: ['byContactId'] },
  customers: { calls: transactedRow },
  addresses: { calls: transactedRow },
  suppressions: { calls: transactedRow },
  settings: { calls: ['GetItem'] },
  // Nothing of them is read: the store that is shared with others asks for the names.
  events: {},
  runs: {},
  emails: {},
  workflows: {},
  // Where two spellings of one mailbox become one, a contact goes, and its words with it.
  words: { calls: wordWrites },
} as const satisfies TableUses;

type TableDefinition = {
  key: string;
  sortKey?: string;
  expires?: true;
  indexes?: readonly GlobalSecondaryIndexProps[];
};

const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });

/** Everything that holds data. All indexes exist from the first deployment: later only one can be added per update. */
export class AudienceTables extends Construct {
  readonly contacts: Table;
  readonly customers: Table;
  readonly addresses: Table;
  readonly events: Table;
  readonly failures: Table;
  readonly settings: Table;
  readonly suppressions: Table;
  readonly workflows: Table;
  readonly emails: Table;
  readonly acts: Table;
  readonly mailboxes: Table;
  readonly runs: Table;
  readonly words: Table;
  readonly counts: Table;

  constructor(scope: Construct, id: string, keeping: Keeping) {
    super(scope, id);
    const table = (name: string, definition: TableDefinition) =>
      pinnedTable(this, name, definition, keeping);
    this.contacts = table('Contacts', {
      key: 'email',
      indexes: [
        listIndex('byCreation', 'creationShard', 'createdAt'),
        lookupIndex('byContactId', 'contactId'),
        lookupIndex('byExternalId', 'externalIdKey'),
        listIndex('byGroup', 'groupShard', 'createdAt'),
      ],
    });
    this.customers = table('Customers', { key: 'customerId' });
    this.addresses = table('Addresses', { key: 'email' });
    this.events = table('Events', {
      key: 'webhookId',
      expires: true,
      indexes: [
        eventIndex('byContact', 'contactId', 'occurredAt'),
        eventIndex('byDay', 'dayShard', 'receivedAt'),
        { ...lookupIndex('byCustomer', 'customerId'), sortKey: text('receivedAt') },
      ],
    });
    this.failures = table('Failures', { key: 'webhookId', expires: true });
    this.settings = table('Settings', { key: 'name' });
    this.suppressions = table('Suppressions', { key: 'addressHash' });
    this.workflows = table('Workflows', { key: 'workflowId' });
    // Never expires: a key that is forgotten is an email that can be sent again.
    this.emails = table('Emails', {
      key: 'ledgerKey',
      indexes: [
        listIndex('byContact', 'contactId', 'createdAt'),
        listIndex('byWorkflow', 'workflowShard', 'createdAt'),
        // Only what something is left to do about is in it: an email that is reserved, waiting or unknown.
        { ...lookupIndex('byDue', 'dueShard'), sortKey: text('dueAt') },
      ],
    });
    // Who did what by hand. Proofs of erasure are in partitions of their own and never expire.
    this.acts = table('Acts', { key: 'day', sortKey: 'time', expires: true });
    // How much each mailbox had on a day.
    this.mailboxes = table('Mailboxes', { key: 'mailboxDay', expires: true });
    // Never expires: what a run has done is known as long as its emails are.
    this.runs = table('Runs', {
      key: 'runId',
      indexes: [
        wakeIndex,
        // A list reads its rows by their keys: a step, which changes no key, writes nothing to this index.
        { ...lookupIndex('byContact', 'contactId'), sortKey: text('beganAt') },
        runsIndex,
        // For erasures, which must find those of contacts that are gone, too.
        lookupIndex('byCustomer', 'customerId'),
      ],
    });
    // The words of names and addresses, for search by the beginning of any of them.
    this.words = table('Words', { key: 'initial', sortKey: 'wordAndEmail' });
    // Numbers by hour and by day, which name nobody. Those of hours expire.
    this.counts = table('Counts', { key: 'kind', sortKey: 'at', expires: true });
  }

  /** Gives a function its tables: their names in its environment (`CONTACTS_TABLE`), and exactly these calls. */
  give(lambda: NodejsFunction, uses: TableUses): void {
    for (const [name, { calls = [], queries = [], scans = [] }] of entriesOf(uses)) {
      const table = this[name];
      lambda.addEnvironment(`${name.toUpperCase()}_TABLE`, table.tableName);
      const actions = calls.map((call) => `dynamodb:${call}`);
      if (actions.length > 0) allow(lambda, actions, [table.tableArn]);
      for (const [action, indexes] of [
        ['dynamodb:Query', queries],
        ['dynamodb:Scan', scans],
      ] as const) {
        const arns = indexes.map((index) => `${table.tableArn}/index/${index}`);
        if (arns.length > 0) allow(lambda, [action], arns);
      }
    }
  }
}

function entriesOf(uses: TableUses): [TableName, TableUse][] {
  return tableNames.flatMap((name): [TableName, TableUse][] => {
    const use = uses[name];
    return use ? [[name, use]] : [];
  });
}

function pinnedTable(
  scope: Construct,
  name: string,
  { key, sortKey, expires, indexes = [] }: TableDefinition,
  keeping: Keeping,
): Table {
  const table = new Table(scope, name, {
    partitionKey: text(key),
    ...(sortKey && { sortKey: text(sortKey) }),
    billingMode: BillingMode.PAY_PER_REQUEST,
    // Encrypted with DynamoDB's own key, its default: a KMS key would add a fee to requests and
    // keep nobody out who could not read the table anyway.
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: keeping === 'retained',
    removalPolicy: removalPolicyOfTable(keeping),
    ...(expires && { timeToLiveAttribute: 'expiresAt' }),
  });
  for (const index of indexes) table.addGlobalSecondaryIndex(index);
  pinLogicalId(table, name);
  return table;
}

function listIndex(name: string, shard: string, sort: string): GlobalSecondaryIndexProps {
  return {
    indexName: name,
    partitionKey: text(shard),
    sortKey: text(sort),
    projectionType: ProjectionType.ALL,
  };
}

function lookupIndex(name: string, key: string): GlobalSecondaryIndexProps {
  return { indexName: name, partitionKey: text(key), projectionType: ProjectionType.KEYS_ONLY };
}

/** Only runs that wait are in it, with what the worker is asked. */
const wakeIndex: GlobalSecondaryIndexProps = {
  indexName: 'byWake',
  partitionKey: text('wakeShard'),
  sortKey: text('wakeAt'),
  projectionType: ProjectionType.INCLUDE,
  nonKeyAttributes: ['customerId', 'workflowId', 'stepId', 'dueAt', 'wakes'],
};

/** What is counted of the runs of a workflow, and what it takes to wake those that are parked. */
const runsIndex: GlobalSecondaryIndexProps = {
  indexName: 'byWorkflow',
  partitionKey: text('workflowShard'),
  sortKey: text('beganAt'),
  projectionType: ProjectionType.INCLUDE,
  nonKeyAttributes: ['customerId', 'state', 'stepId', 'dueAt', 'mailed'],
};

/** A list of events without their payloads, which would double what is stored and written. */
function eventIndex(name: string, key: string, sort: string): GlobalSecondaryIndexProps {
  const shown = [
    'type',
    'outcome',
    'reason',
    'occurredAt',
    'receivedAt',
    'contactId',
    'customerId',
    'email',
  ];
  return {
    indexName: name,
    partitionKey: text(key),
    sortKey: text(sort),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: shown.filter((attribute) => attribute !== key && attribute !== sort),
  };
}
