import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  PurgeQueueCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deadLetterQueues } from '#infra/commands/dead-letters/dead-letters.ts';
import { deadLetterVerbs } from '#infra/commands/dead-letters/verbs.ts';
import { type LocalStack, startLocalStack } from '#infra/local/local-stack.ts';
import { deliver } from '#infra/local/running-stack.ts';
import { maskedAddress } from '#infra/terminal/lines.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { explainLetters } from '#shared/queue/dead-letters/letter-reasons.ts';
import { requestReplay } from '#shared/queue/events-queue.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';

let stack: LocalStack;
let db: ReturnType<typeof documentClient>;
let sqs: SQSClient;

beforeAll(async () => {
  stack = await startLocalStack({
    assembly: await localAssembly(),
    prepare: async ({ tables, queues, clientConfigs }) => {
      db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
      sqs = new SQSClient(clientConfigs.sqs);
      // Somebody has spoiled the settings by hand, so that every event fails until they are mended.
      const Item = { name: 'settings', ...defaultSettings, newContacts: 'perhaps' };
      await db.send(new PutCommand({ TableName: tables['Settings'], Item }));
      // As the stack has it, but with one try where there are twelve over an hour and a half.
      const deadLetterTargetArn =
        'arn:aws:sqs:us-east-1:000000000000:PolarAudience-local-EventsDeadLetters';
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
      const Attributes = { RedrivePolicy };
      await sqs.send(
        new SetQueueAttributesCommand({ QueueUrl: queues['EventsQueue'], Attributes }),
      );
    },
  });
});
afterAll(async () => {
  db?.destroy();
  sqs?.destroy();
  await stack?.stop();
});

/** What `npm run deadletters` does, and what it prints. */
async function deadLetters(
  act: (does: ReturnType<typeof deadLetterVerbs>) => Promise<void>,
): Promise<string> {
  const printed: string[] = [];
  const table = (id: string) => stack.tables[id] ?? '';
  const now = () => new Date();
  await act(
    deadLetterVerbs({
      sqs,
      queues: deadLetterQueues({ physicalId: (id) => stack.queues[id] ?? '' }, queueNames),
      explain: explainLetters(db, { failures: table('Failures'), customers: table('Customers') }),
      failures: dynamoFailures(db, table('Failures'), now),
      confirmed: async () => true,
      folder: tmpdir(),
      now,
      address: maskedAddress,
      print: (line) => printed.push(line),
      progress: () => undefined,
      isStopped: () => false,
      options: ' --local',
      waitSeconds: 0,
      shownAfterSeconds: 0,
    }),
  );
  return printed.join('\n');
}

/** Waits until the list has this line. */
async function listed(line: RegExp): Promise<string> {
  for (;;) {
    const list = await deadLetters((does) => does.list(50));
    if (line.test(list)) return list;
    await setTimeout(100);
  }
}

async function item(table: string, Key: Record<string, string>) {
  const get = new GetCommand({ TableName: stack.tables[table], Key, ConsistentRead: true });
  return (await db.send(get)).Item;
}

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    await setTimeout(50);
  }
}

async function webhook(webhookId: string, payload: unknown) {
  const body = Buffer.from(JSON.stringify(payload));
  const { webhookUrl: url, webhookSecret: secret } = stack;
  const answer = await deliver(
    { url, secret, secretReading: 'decoded', webhookId, body },
    new Date(),
  );
  expect(answer.status).toBe(202);
}

const send = (queue: string, MessageBody: string, attributes: Record<string, string> = {}) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: stack.queues[queue],
      MessageBody,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [
          name,
          { DataType: 'String', StringValue },
        ]),
      ),
    }),
  );

function created(email: string) {
  const customerId = randomUUID();
  const person = { customerId, email, name: 'Ada Lovelace', externalId: null, isNew: true };
  return polarPayload('customer.created', person, new Date());
}

describe('what fails until it is dead, because of its surroundings,', () => {
  it('is explained, and is applied once when it is sent again after they are mended', async () => {
    await webhook('hook-spoiled', created('ada@example.com'));
    const list = await listed(/hook-spoiled/);
    expect(list).toMatch(
      /^events +hook-spoiled +customer\.created .* 1 +a\*\*\*@example\.com +The document "settings" in table Settings is not valid\. Look at: newContacts\.$/m,
    );
    const shown = await deadLetters((does) => does.show('hook-spoiled'));
    expect(shown).toMatch(/^first reason +The document "settings" .* is not valid/m);
    expect(shown).toMatch(/^last reason +The document "settings" .* is not valid/m);
    expect(shown).toContain('Fix the cause, then send it again.');

    const Item = { name: 'settings', ...defaultSettings };
    await db.send(new PutCommand({ TableName: stack.tables['Settings'], Item }));
    const resent = await deadLetters((does) =>
      does.resend({ kind: 'filter', filter: { reason: 'not valid' } }),
    );
    expect(resent).toContain('1 resent.');
    const record = await until(() => item('Events', { webhookId: 'hook-spoiled' }));
    expect(record).toMatchObject({ outcome: 'applied' });
    expect(await item('Contacts', { email: 'ada@example.com' })).toMatchObject({
      firstName: 'Ada',
    });
    expect(await deadLetters((does) => does.list(50))).toBe('There are no dead letters.');
  });

  it('as a replay that came before its event, is applied once when the event is there', async () => {
    const at = new Date().toISOString();
    const replay = { replayId: 'r-1', webhookId: 'hook-late', triggers: false, again: false };
    await requestReplay({ ...replay, by: 'an engineer', at }, (message) =>
      sqs.send(new SendMessageCommand({ QueueUrl: stack.queues['EventsQueue'], ...message })),
    );
    const list = await listed(/hook-late/);
    expect(list).toMatch(
      /^events +hook-late +replay .* There is no record of the event to replay/m,
    );
    await webhook('hook-late', created('late@example.com'));
    await until(() => item('Events', { webhookId: 'hook-late' }));
    for (const _ of ['once', 'and once more']) {
      await deadLetters((does) => does.resend({ kind: 'all' }));
    }
    const replays = await until(
      async () => (await item('Events', { webhookId: 'hook-late' }))?.['replays'],
    );
    expect(replays).toEqual([expect.objectContaining({ replayId: 'r-1', outcome: 'unchanged' })]);
    expect(await deadLetters((does) => does.list(50))).toBe('There are no dead letters.');
    await until(async () =>
      (await item('Failures', { webhookId: 'hook-late' })) ? undefined : 'gone',
    );
  });
});

describe('what cannot be read', () => {
  beforeEach(async () => {
    for (const name of ['Events', 'Mail', 'Feedback']) {
      await sqs.send(new PurgeQueueCommand({ QueueUrl: stack.queues[`${name}DeadLetters`] }));
    }
  });

  const receivedAt = '2026-11-23T12:00:00.000Z';
  const attributes = { webhookId: 'hook-text', type: 'order.paid', receivedAt };
  const noCustomer = {
    type: 'order.paid',
    timestamp: receivedAt,
    data: { id: 'o-1', customer: { email: 'ann@example.com' } },
  };
  const noBounce = JSON.stringify({
    eventType: 'Bounce',
    mail: { destination: ['ann@example.com'], tags: { ledgerKey: ['key-2'] } },
  });

  it.each([
    [
      'an event that is no JSON',
      () => send('EventsQueue', 'no JSON: ann@example.com', attributes),
      /^events +hook-text +order\.paid .* The body is not JSON\.$/m,
    ],
    [
      'an event without its customer, signed over HTTP',
      () => webhook('hook-shape', noCustomer),
      /^events +hook-shape +order\.paid .* a\*\*\*@example\.com +final: The payload cannot be read: /m,
    ],
    [
      'a message without anything',
      () => send('EventsQueue', '{}'),
      /^events +[\da-f-]{36} +unknown .* The message attribute .* is missing or malformed$/m,
    ],
    [
      'a mail of no known form',
      () => send('MailQueue', '{"to":"ann@example.com"}'),
      /^mail +[\da-f-]{36} +mail .* The body is no message of the mail queue\.$/m,
    ],
    [
      'an event of SES without its particulars',
      () => send('FeedbackQueue', noBounce),
      /^feedback +[\da-f-]{36} +SES Bounce .* a\*\*\*@example\.com +.*Look at: /m,
    ],
  ])('%s, is dead at once with its reason; sent again it is not lost', async (_, arrive, line) => {
    await arrive();
    const [row = ''] = line.exec(await listed(line)) ?? [];
    const [, id = ''] = row.split(/ +/);
    const shown = await deadLetters((does) => does.show(id));
    expect(shown).toMatch(/^first reason +\S/m);
    expect(shown).toMatch(/^last reason +\S/m);
    expect(shown).toContain('No retry can fix it');
    expect(shown).not.toContain('ann@');

    expect(await deadLetters((does) => does.resend({ kind: 'id', id }))).toBe(
      '1 resent.\n1 fails again if you resend it, unless you deployed another version since.',
    );
    const list = await listed(/in all:/);
    expect(list).toContain('1 in all:');
    expect(list).not.toContain('No reason is kept');
  });
});
