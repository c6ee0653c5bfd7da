import { createHmac, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '#infra/local/local-stack.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { readableRow } from '#test/support/readable-row.ts';

const folder = new URL('../fixtures/polar/', import.meta.url);
const names = readdirSync(folder);
const fixture = (name: string) => readFileSync(new URL(name, folder), 'utf8');

const decodedSecret = `whsec_${randomBytes(32).toString('base64')}`;
const wholeSecret = `polar_whs_${randomBytes(32).toString('hex')}`;

/** Polar's two ways to make a key out of a secret, written here from its description and not from our code. */
const schemes = [
  ['decoded', Buffer.from(decodedSecret.slice('whsec_'.length), 'base64')],
  ['whole', Buffer.from(wholeSecret)],
] as const;

const lines: string[] = [];
let stack: LocalStack;
let db: ReturnType<typeof documentClient>;
let sqs: SQSClient;

beforeAll(async () => {
  stack = await startLocalStack({
    assembly: await localAssembly(),
    onOutput: (_, line) => lines.push(line),
  });
  db = documentClient(new DynamoDBClient(stack.clientConfigs.dynamodb));
  sqs = new SQSClient(stack.clientConfigs.sqs);
  await stack.secrets.put(
    'WebhookSecret-local',
    JSON.stringify({ current: decodedSecret, previous: wholeSecret }),
  );
});
afterAll(async () => {
  db.destroy();
  sqs.destroy();
  await stack.stop();
});

function post(webhookId: string, body: string, key: Buffer): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', key)
    .update(`${webhookId}.${timestamp}.${body}`)
    .digest('base64');
  return fetch(stack.webhookUrl, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'polar.sh webhooks',
      'webhook-id': webhookId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
  });
}

async function recordOf(webhookId: string) {
  const get = new GetCommand({ TableName: stack.tables['Events'], Key: { webhookId } });
  for (;;) {
    const { Item } = await db.send(get);
    if (Item) return readableRow(Item);
    await setTimeout(50);
  }
}

async function all(table: string) {
  return (await db.send(new ScanCommand({ TableName: stack.tables[table] }))).Items ?? [];
}

async function deadLetters(): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: stack.queues['EventsDeadLetters'],
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}

describe.each(schemes)('over HTTP, signed with the %s secret', (scheme, key) => {
  it.each(names.filter((name) => !name.includes('unsupported')))(
    '%s is accepted and ends as an event record',
    async (name) => {
      const webhookId = `${scheme}-${name}`;
      const response = await post(webhookId, fixture(name), key);
      expect(response.status).toBe(202);
      expect(await response.json()).toMatchObject({ status: 'accepted' });
      const record = await recordOf(webhookId);
      expect(record).toMatchObject({
        type: JSON.parse(fixture(name)).type,
        outcome: expect.stringMatching(/^(applied|unchanged|skipped)$/),
      });
      if (!record['erased']) expect(record['payload']).toBe(fixture(name));
    },
  );

  it.each(names.filter((name) => name.includes('unsupported')))(
    '%s is acknowledged and ignored',
    async (name) => {
      const response = await post(`${scheme}-${name}`, fixture(name), key);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ status: 'ignored' });
    },
  );
});

describe('after all of them', () => {
  it('there is one record for each supported webhook and no dead letter', async () => {
    const supported = names.filter((name) => !name.includes('unsupported'));
    expect(await all('Events')).toHaveLength(supported.length * schemes.length);
    expect(await all('Failures')).toEqual([]);
    expect(await deadLetters()).toBe(0);
  });

  it('the contacts are those of the customers who have an address', async () => {
    const contacts = new Map((await all('Contacts')).map((item) => [item['email'], item]));
    expect([...contacts.keys()].sort()).toEqual([
      'anna@northlight.example',
      'eve@example.com',
      'marguerite.oleary+polar.trial@example.com',
      'xiaolong.li@example.com',
      'zoë.müller@example.com',
    ]);
    expect(contacts.get('anna@northlight.example')).toMatchObject({
      firstName: 'Anna',
      lastName: 'Lindqvist',
      externalId: 'usr_20418',
      subscribed: false,
    });
    expect(contacts.get('eve@example.com')).toMatchObject({
      firstName: 'Eve',
      lastName: 'Bcc: all@example.org {{contact.email}} <img src=x onerror=alert(1)>',
      subscribed: true,
    });
  });

  it('a second delivery changes nothing', async () => {
    const before = { contacts: await all('Contacts'), events: await all('Events') };
    const name = 'customer.created.plain.json';
    const response = await post(`decoded-${name}`, fixture(name), schemes[0][1]);
    expect(response.status).toBe(202);
    while (!lines.some((line) => line.includes('duplicate'))) await setTimeout(50);
    expect(await all('Contacts')).toEqual(before.contacts);
    expect(await all('Events')).toHaveLength(before.events.length);
  });

  it('no log line holds an address or a name', () => {
    const logged = lines.join('\n');
    expect(logged).toContain('event decided');
    for (const personal of ['@example', '@northlight', 'Anna', 'Lindqvist', 'Zoë', decodedSecret]) {
      expect(logged).not.toContain(personal);
    }
  });
});

describe('what is not from Polar', () => {
  it('is refused and leaves nothing', async () => {
    const before = (await all('Events')).length;
    const body = fixture('order.paid.plain.json');
    expect((await post('forged', body, randomBytes(32))).status).toBe(401);
    expect((await fetch(stack.webhookUrl, { method: 'POST', body })).status).toBe(400);
    expect((await fetch(stack.webhookUrl)).status).toBe(404);
    expect((await fetch(`${stack.url}/other`, { method: 'POST', body })).status).toBe(404);
    expect(await all('Events')).toHaveLength(before);
  });
});
