import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import { createTables, startDynamo as startEmulator } from '#infra/local/emulators/dynamo.ts';
import {
  fillSecrets,
  readSecrets,
  secretStore,
  startSecretsManager,
  webhookSecret,
} from '#infra/local/emulators/secrets-manager.ts';
import { createQueues, startSqs } from '#infra/local/emulators/sqs.ts';
import { requireFreePort } from '#infra/local/http/loopback-server.ts';
import { localClientConfig } from '#infra/local/local-account.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { temporaryFolder } from '#test/support/process/function-in-a-folder.ts';

function identitiesOf(Resources: Record<string, object>, sqs = 'http://127.0.0.1:9') {
  return localIdentities(templateOf('Stack', { Resources }), { sqs, http: 'http://127.0.0.1:9' });
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => void server.close());
  const { port } = Object(server.address());
  return port;
}

describe('tables', () => {
  const contacts = (indexes: string[]) => ({
    Contacts: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        KeySchema: [{ AttributeName: 'email', KeyType: 'HASH' }],
        AttributeDefinitions: ['email', ...indexes].map((name) => ({
          AttributeName: name,
          AttributeType: 'S',
        })),
        GlobalSecondaryIndexes: indexes.map((name) => ({
          IndexName: `by-${name}`,
          KeySchema: [{ AttributeName: name, KeyType: 'HASH' }],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['subscribed', 'name'] },
        })),
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      },
    },
  });

  async function emptyDynamo() {
    const { endpoint, stop } = await startEmulator();
    const client = new DynamoDBClient(localClientConfig(endpoint));
    onTestFinished(async () => {
      client.destroy();
      await stop();
    });
    return client;
  }

  test('are those of the template, made once', async () => {
    const client = await emptyDynamo();
    const identities = identitiesOf(contacts(['group', 'contactId']));
    const TableName = 'Stack-Contacts';
    expect(await createTables(client, identities)).toEqual({ Contacts: TableName });
    expect(await createTables(client, identities)).toEqual({ Contacts: TableName });
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table?.KeySchema).toEqual([{ AttributeName: 'email', KeyType: 'HASH' }]);
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort()).toEqual([
      'by-contactId',
      'by-group',
    ]);
    const expiry = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(expiry.TimeToLiveDescription?.AttributeName).toBe('expiresAt');
  });

  test('get an index that is new, and find in it what they hold already', async () => {
    const client = await emptyDynamo();
    const TableName = 'Stack-Contacts';
    await createTables(client, identitiesOf(contacts(['group'])));
    const Item = { email: { S: 'ann@example.com' }, contactId: { S: 'c1' } };
    await client.send(new PutItemCommand({ TableName, Item }));
    await createTables(client, identitiesOf(contacts(['group', 'contactId'])));
    const { Items } = await client.send(
      new QueryCommand({
        TableName,
        IndexName: 'by-contactId',
        KeyConditionExpression: 'contactId = :id',
        ExpressionAttributeValues: { ':id': { S: 'c1' } },
      }),
    );
    expect(Items).toEqual([Item]);
  });

  test.each([
    ['two more indexes', ['group', 'contactId', 'name']],
    ['one fewer', []],
  ])('of which the template has %s than before ask for a fresh start', async (_, indexes) => {
    const client = await emptyDynamo();
    await createTables(client, identitiesOf(contacts(['group'])));
    const changed = createTables(client, identitiesOf(contacts(indexes)));
    await expect(changed).rejects.toThrow(Advice);
    await expect(changed).rejects.toThrow(/table Contacts have changed.*--fresh/);
  });
});

describe('the local DynamoDB', () => {
  test('may be another one on this machine, but no other machine’s', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('DYNAMODB_ENDPOINT', 'http://localhost:8000');
    expect((await startEmulator()).endpoint).toBe('http://localhost:8000');
    vi.stubEnv('DYNAMODB_ENDPOINT', 'https://dynamodb.eu-north-1.amazonaws.com');
    await expect(startEmulator()).rejects.toThrow(/must be an address on this machine/);
  });

  const thingsByName = {
    KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'name', AttributeType: 'S' }],
  };

  test('keeps what it was given in a file', async () => {
    const file = join(await temporaryFolder(), 'dynamodb.db');
    const contents = { Things: { Type: 'AWS::DynamoDB::Table', Properties: thingsByName } };
    const first = await startEmulator({ file });
    const client = new DynamoDBClient(localClientConfig(first.endpoint));
    await createTables(client, identitiesOf(contents));
    await first.stop();
    const second = await startEmulator({ file });
    onTestFinished(second.stop);
    const again = new DynamoDBClient(localClientConfig(second.endpoint));
    expect((await again.send(new ListTablesCommand({}))).TableNames).toEqual(['Stack-Things']);
  });
});

describe('the local SQS', () => {
  const Resources = {
    Events: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        MaximumMessageSize: 1_048_576,
        VisibilityTimeout: 360,
        RedrivePolicy: {
          deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] },
          maxReceiveCount: 12,
        },
      },
    },
    Dead: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1_209_600 } },
  };

  async function started(directory: string, now?: () => Date) {
    const server = await startSqs({ directory, ...(now && { now }) });
    const client = new SQSClient(localClientConfig(server.endpoint));
    const queues = await createQueues(client, identitiesOf(Resources, server.endpoint));
    return { ...server, client, queues };
  }

  test('has the queues of the template and keeps their messages over a restart', async () => {
    const directory = await temporaryFolder();
    const first = await started(directory);
    const body = 'a'.repeat(1_048_576);
    await first.client.send(
      new SendMessageCommand({ QueueUrl: first.queues['Events'], MessageBody: body }),
    );
    await first.stop();
    const second = await started(directory);
    onTestFinished(second.stop);
    const QueueUrl = second.queues['Events'];
    const { Attributes } = await second.client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      VisibilityTimeout: '360',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:Stack-Dead',
        maxReceiveCount: 12,
      }),
    });
    const { Messages } = await second.client.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages?.map(({ Body }) => Body === body)).toEqual([true]);
  });

  test('stamps messages with the time of the stack, once', async () => {
    let now = new Date('2026-12-14T10:00:00Z');
    const { client, queues, stop } = await started(await temporaryFolder(), () => now);
    onTestFinished(stop);
    const QueueUrl = queues['Events'];
    const receive = async (from: string | undefined) => {
      const [message] =
        (
          await client.send(
            new ReceiveMessageCommand({
              ...{ QueueUrl: from, VisibilityTimeout: 0 },
              MessageSystemAttributeNames: ['SentTimestamp'],
            }),
          )
        ).Messages ?? [];
      return new Date(Number(message?.Attributes?.SentTimestamp));
    };
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
    const sentAt = now;
    now = new Date('2026-12-15T10:00:00Z');
    for (let receives = 0; receives < 12; receives += 1) {
      expect(await receive(QueueUrl)).toEqual(sentAt);
    }
    await receive(QueueUrl);
    expect(await receive(queues['Dead'])).toEqual(sentAt);
  });

  test('says which port is taken', async () => {
    const port = await takenPort();
    await expect(startSqs({ port })).rejects.toThrow(`Port ${port}, which the local SQS needs`);
    await expect(requireFreePort(port, 'the HTTP API')).rejects.toThrow(Advice);
  });
});

describe('the local Secrets Manager', () => {
  const identities = identitiesOf({
    WebhookSecret: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: { SecretString: '{"current":"","previous":""}' },
    },
    SuppressionKey: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
    },
  });

  async function started(file: string) {
    const store = await secretStore(file);
    const server = await startSecretsManager(store, 0);
    const client = new SecretsManagerClient(localClientConfig(server.address));
    onTestFinished(server.stop);
    return { store, client, address: server.address };
  }

  test('gives and takes values by name and by ARN, and keeps them for their owner alone', async () => {
    const file = join(await temporaryFolder(), 'secrets.json');
    const { store, client } = await started(file);
    await fillSecrets(store, identities);
    const SecretId = String(identities.resolve({ Ref: 'SuppressionKey' }));
    const { SecretString: generated } = await client.send(new GetSecretValueCommand({ SecretId }));
    expect(generated).toMatch(/^[A-Za-z0-9]{64}$/);
    await client.send(
      new PutSecretValueCommand({ SecretId: 'SuppressionKey-local', SecretString: 'new' }),
    );
    expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe('new');
    expect(await readSecrets(file)).toMatchObject({ 'SuppressionKey-local': 'new' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await fillSecrets(await secretStore(file), identities);
    expect(await readFile(file, 'utf8')).toContain('"new"');
  });

  test('makes up a webhook secret of Polar’s form once', async () => {
    const store = await secretStore();
    await fillSecrets(store, identities);
    const made = await webhookSecret(store, 'WebhookSecret-local');
    expect(made).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await webhookSecret(store, 'WebhookSecret-local')).toBe(made);
  });

  test('refuses unknown secrets and other calls', async () => {
    const { client, address } = await started(join(await temporaryFolder(), 'secrets.json'));
    await expect(
      client.send(new GetSecretValueCommand({ SecretId: 'nobody' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const other = new DynamoDBClient(localClientConfig(address));
    await expect(other.send(new ListTablesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});
