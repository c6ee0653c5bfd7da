import { describe, expect, it } from 'vitest';
import { resourceOf, stageTemplate } from '#test/support/cloud/stage-stack.ts';

const prod = stageTemplate();
const local = stageTemplate({ stage: 'local' });

const pinned = [
  ['AWS::DynamoDB::Table', 'Contacts'],
  ['AWS::DynamoDB::Table', 'Customers'],
  ['AWS::DynamoDB::Table', 'Addresses'],
  ['AWS::DynamoDB::Table', 'Events'],
  ['AWS::DynamoDB::Table', 'Failures'],
  ['AWS::DynamoDB::Table', 'Settings'],
  ['AWS::DynamoDB::Table', 'Suppressions'],
  ['AWS::DynamoDB::Table', 'Workflows'],
  ['AWS::DynamoDB::Table', 'Emails'],
  ['AWS::DynamoDB::Table', 'Acts'],
  ['AWS::DynamoDB::Table', 'Mailboxes'],
  ['AWS::DynamoDB::Table', 'Runs'],
  ['AWS::DynamoDB::Table', 'Words'],
  ['AWS::DynamoDB::Table', 'Counts'],
  ['AWS::SQS::Queue', 'EventsQueue'],
  ['AWS::SQS::Queue', 'EventsDeadLetters'],
  ['AWS::SQS::Queue', 'MailQueue'],
  ['AWS::SQS::Queue', 'MailDeadLetters'],
  ['AWS::SQS::Queue', 'FeedbackQueue'],
  ['AWS::SQS::Queue', 'FeedbackDeadLetters'],
  ['AWS::SecretsManager::Secret', 'WebhookSecret'],
  ['AWS::SecretsManager::Secret', 'SuppressionKey'],
  ['AWS::SecretsManager::Secret', 'PolarAccess'],
] as const;

const tables = pinned.flatMap(([type, id]) => (type === 'AWS::DynamoDB::Table' ? [id] : []));

function idsOf(type: string): string[] {
  return Object.keys(prod.findResources(type)).sort();
}

function resource(id: string, template = prod) {
  return resourceOf(template, id);
}

describe('what cannot be made again', () => {
  it.each([...new Set(pinned.map(([type]) => type))])(
    'of type %s has a pinned logical id',
    (type) => {
      const ids = pinned.filter(([pinnedType]) => pinnedType === type).map(([, id]) => id);

      expect(idsOf(type)).toEqual(ids.sort());
    },
  );

  it.each(pinned)('%s %s stays when the stack is deleted or the resource replaced', (type, id) => {
    // A table cannot be deleted while it is protected, not even when the deployment that makes it fails.
    const isTable = type === 'AWS::DynamoDB::Table';
    expect(resource(id)).toMatchObject({
      DeletionPolicy: isTable ? 'Retain' : 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it.each(pinned)('%s %s goes with the stack in the local stage', (_type, id) => {
    expect(resource(id, local)).toMatchObject({ DeletionPolicy: 'Delete' });
  });
});

describe('the URL that Polar posts to', () => {
  it('stays when constructs move: its API has a pinned logical id', () => {
    expect(idsOf('AWS::ApiGatewayV2::Api')).toEqual(['WebhookApi']);
  });
});

describe('a table', () => {
  it.each(tables)(
    '%s is on demand, can be restored to any minute and cannot be deleted by mistake',
    (id) => {
      expect(resource(id).Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      });
    },
  );

  it.each(tables)(
    '%s has no name of its own, so that one left behind never blocks a deployment',
    (id) => {
      expect(resource(id).Properties.TableName).toBeUndefined();
    },
  );

  it('has no deletion protection in the local stage', () => {
    const unprotected = tables.map(
      (id) => resource(id, local).Properties.DeletionProtectionEnabled,
    );

    expect(unprotected).toEqual(tables.map(() => false));
  });

  it.each([
    ['Contacts', 'email'],
    ['Customers', 'customerId'],
    ['Addresses', 'email'],
    ['Events', 'webhookId'],
    ['Failures', 'webhookId'],
    ['Settings', 'name'],
    ['Suppressions', 'addressHash'],
    ['Workflows', 'workflowId'],
    ['Emails', 'ledgerKey'],
    ['Acts', 'day, time'],
    ['Mailboxes', 'mailboxDay'],
    ['Runs', 'runId'],
    ['Words', 'initial, wordAndEmail'],
    ['Counts', 'kind, at'],
  ])('%s has the key %s', (id, key) => {
    expect(keys(resource(id).Properties.KeySchema).join(', ')).toBe(key);
  });

  it('has string keys only', () => {
    const types = tables.flatMap((id) =>
      resource(id).Properties.AttributeDefinitions.map(
        (attribute: { AttributeType: string }) => attribute.AttributeType,
      ),
    );

    expect(new Set(types)).toEqual(new Set(['S']));
  });

  it('expires its items only if they are events, failures, acts or counts', () => {
    const expiring = tables.flatMap((id) => {
      const timeToLive = resource(id).Properties.TimeToLiveSpecification;
      return timeToLive ? [[id, timeToLive]] : [];
    });

    const expiresAt = { AttributeName: 'expiresAt', Enabled: true };
    expect(expiring).toEqual([
      ['Events', expiresAt],
      ['Failures', expiresAt],
      ['Acts', expiresAt],
      ['Mailboxes', expiresAt],
      ['Counts', expiresAt],
    ]);
  });

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
  const wakeAttributes = ['customerId', 'workflowId', 'stepId', 'dueAt', 'wakes'];
  const runAttributes = ['customerId', 'state', 'stepId', 'dueAt', 'mailed'];
  const shownBut = (...indexKeys: string[]) => shown.filter((name) => !indexKeys.includes(name));

  it.each([
    ['Contacts', 'byCreation', ['creationShard', 'createdAt'], 'ALL', undefined],
    ['Contacts', 'byContactId', ['contactId'], 'KEYS_ONLY', undefined],
    ['Contacts', 'byExternalId', ['externalIdKey'], 'KEYS_ONLY', undefined],
    ['Contacts', 'byGroup', ['groupShard', 'createdAt'], 'ALL', undefined],
    [
      'Events',
      'byContact',
      ['contactId', 'occurredAt'],
      'INCLUDE',
      shownBut('contactId', 'occurredAt'),
    ],
    ['Events', 'byDay', ['dayShard', 'receivedAt'], 'INCLUDE', shownBut('dayShard', 'receivedAt')],
    ['Events', 'byCustomer', ['customerId', 'receivedAt'], 'KEYS_ONLY', undefined],
    ['Emails', 'byContact', ['contactId', 'createdAt'], 'ALL', undefined],
    ['Emails', 'byWorkflow', ['workflowShard', 'createdAt'], 'ALL', undefined],
    ['Emails', 'byDue', ['dueShard', 'dueAt'], 'KEYS_ONLY', undefined],
    ['Runs', 'byWake', ['wakeShard', 'wakeAt'], 'INCLUDE', wakeAttributes],
    ['Runs', 'byContact', ['contactId', 'beganAt'], 'KEYS_ONLY', undefined],
    ['Runs', 'byWorkflow', ['workflowShard', 'beganAt'], 'INCLUDE', runAttributes],
    ['Runs', 'byCustomer', ['customerId'], 'KEYS_ONLY', undefined],
  ])('%s has the index %s over %j', (id, name, indexKeys, projection, attributes) => {
    const index = indexes(id).find(({ IndexName }) => IndexName === name);

    expect(keys(index?.KeySchema ?? [])).toEqual(indexKeys);
    expect(index?.Projection).toEqual({
      ProjectionType: projection,
      ...(attributes && { NonKeyAttributes: attributes }),
    });
  });

  it('has no other index', () => {
    const counts = tables.map((id) => [id, indexes(id).length]).filter(([, count]) => count !== 0);

    expect(counts).toEqual([
      ['Contacts', 4],
      ['Events', 3],
      ['Emails', 3],
      ['Runs', 4],
    ]);
  });
});

describe('a secret', () => {
  // CloudFormation writes a secret's value anew when one of these properties changes, and only then.
  it.each([
    ['WebhookSecret', '{"current":"","previous":""}'],
    ['PolarAccess', '{}'],
  ])('%s keeps the value that a person set', (id, initial) => {
    const { SecretString, GenerateSecretString } = resource(id).Properties;

    expect(SecretString).toBe(initial);
    expect(GenerateSecretString).toBeUndefined();
  });

  it('that keys the suppressions is generated once and never again', () => {
    const { SecretString, GenerateSecretString } = resource('SuppressionKey').Properties;

    expect(GenerateSecretString).toEqual({ PasswordLength: 64, ExcludePunctuation: true });
    expect(SecretString).toBeUndefined();
  });

  it.each(['WebhookSecret', 'SuppressionKey', 'PolarAccess'])('%s is not rotated by AWS', (id) => {
    const rotated = prod.findResources('AWS::SecretsManager::RotationSchedule', {
      Properties: { SecretId: { Ref: id } },
    });

    expect(rotated).toEqual({});
  });
});

type Index = { IndexName: string; KeySchema: Key[]; Projection: unknown };
type Key = { AttributeName: string };

function indexes(id: string): Index[] {
  return resource(id).Properties.GlobalSecondaryIndexes ?? [];
}

function keys(schema: Key[]): string[] {
  return schema.map(({ AttributeName }) => AttributeName);
}
