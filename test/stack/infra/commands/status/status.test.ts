import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { BatchWriteCommand, DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { oldestMessages } from '#infra/commands/deployment/oldest-message.ts';
import { settingsNow, tellStatus } from '#infra/commands/status/status.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { failuresNow } from '#shared/queue/failures-now.ts';
import { queueCounts } from '#shared/queue/queue-counts.ts';
import { readStatus, type StatusParts } from '#shared/status/status.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { customerCreated, startDeadLetters } from '#test/support/audience/dead-letters-at-work.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dead: Awaited<ReturnType<typeof startDeadLetters>>;
let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let polar: PolarConnection;
let oldest: number | undefined;

beforeAll(async () => {
  [dead, dynamo] = await Promise.all([startDeadLetters(), startDynamo()]);
  polar = await startPolarConnection(dynamo.client);
});
afterAll(() => Promise.all([dead.stop(), polar.stop()]));
beforeEach(async () => {
  oldest = 0;
  await dead.empty();
  for (const { webhookId } of await dead.audience.items('Failures')) {
    const table = dead.audience.tableOf('Failures');
    await dead.audience.db.send(new DeleteCommand({ TableName: table, Key: { webhookId } }));
  }
});

const parts = (changed: Partial<StatusParts> = {}): StatusParts => ({
  db: dead.audience.db,
  queues: dead.parts.queues,
  queueCounts: queueCounts(dead.sqs),
  tables: {
    failures: dead.audience.tableOf('Failures'),
    emails: dead.audience.tableOf('Emails'),
  },
  workflows: dynamoWorkflowVersions(dead.audience.db, {
    workflows: dead.audience.tableOf('Workflows'),
    settings: dead.audience.tableOf('Settings'),
  }),
  hold: dynamoHold(dead.audience.db, dead.audience.tableOf('Settings')),
  settings: () => settingsNow(dead.audience.db, dead.audience.tableOf('Settings')),
  polar: {
    connections: polar.connections,
    webhookSecrets: polar.parts().webhookSecrets,
    partsFor: () => polar.parts(),
  },
  oldestSeconds: async () => oldest,
  polarMs: 20_000,
  now: () => new Date(),
  ...changed,
});

async function page(changed: Partial<StatusParts> = {}) {
  const status = await readStatus(parts(changed));
  const lines: string[] = [];
  const documents: unknown[] = [];
  const verdict = tellStatus(status, ' --stage staging', { print: (line) => lines.push(line) });
  tellStatus(status, '', { print: () => {}, document: (one) => documents.push(one) });
  return { verdict, text: lines.join('\n'), document: documents[0] };
}

async function connect(): Promise<void> {
  if (await polar.connections.read()) return;
  const access = polar.token();
  await connectPolar(polar.parts(access), { access, by: 'ann' });
}

describe('npm run status', () => {
  it('says that Polar is not connected yet, and how to connect it', async () => {
    const { verdict, text: shown } = await page();
    expect(verdict).toBe('not-well');
    expect(shown).toContain("! Polar isn't connected");
    expect(shown).toContain(
      'not connected; the webhook secret is not set, so no webhook is accepted',
    );
    expect(shown).toContain('npm run connect -- --token - --stage staging');
    const { webhookSecrets } = polar.parts();
    await webhookSecrets.write({ current: 'a secret of somebody by hand', previous: '' });
    const byHand = await page();
    expect(byHand.text).toContain('not connected; the webhook secret is set, so signed webhooks');
    expect(byHand).toMatchObject({ verdict: 'well', document: { connection: null } });
    await webhookSecrets.write({ current: '', previous: '' });
  });

  it('says that all is well, and of the settings and the connection how they are', async () => {
    await connect();
    const { verdict, text: shown, document } = await page();
    expect(shown).toContain('All is well.');
    expect(shown).toMatch(/^events +0 +0 +0 +0 s +0$/m);
    expect(shown).toMatch(/^connection +Northlight, endpoint enabled$/m);
    expect(shown).toMatch(/^settings +valid, version 0$/m);
    expect(verdict).toBe('well');
    expect(document).toMatchObject({ isWell: true, concerns: [], retried: [] });
  });

  it('misses the age of no empty queue, and says calmly where that of a full one isn’t known yet', async () => {
    const oldestSeconds = async () => undefined;
    const { text: empty } = await page({ oldestSeconds });
    expect(empty).toMatch(/^events +0 +0 +0 +– +0$/m);
    expect(empty).not.toContain('CloudWatch');
    const status = await readStatus(parts({ oldestSeconds }));
    const queues = status.queues.map((queue) => ({ ...queue, waiting: 2 }));
    const lines: string[] = [];
    tellStatus({ ...status, queues }, '', { print: (line) => lines.push(line) });
    expect(lines.join('\n')).toMatch(/^events +2 +0 +0 +not known yet +0$/m);
    expect(lines.join('\n')).toContain('CloudWatch reports it, a few minutes late');
  });

  it.each([
    [0, 0, 0, undefined, 'All is well.'],
    [3, 0, 0, undefined, 'All is well. 3 messages are being processed.'],
    [0, 1, 0, 4, 'All is well. 1 message is being processed.'],
    [2, 1, 0, 300, 'All is well. 3 messages still wait, the oldest for 5 min.'],
    [0, 0, 1, undefined, 'All is well. 1 message is scheduled to run within 15 minutes.'],
    [
      ...[0, 1, 2, 4],
      'All is well. 1 message is being processed. 2 messages are scheduled to run within 15 minutes.',
    ],
  ] as const)(
    'says of %s that wait, %s in work and %s scheduled, the oldest for %s s, what comes of them',
    async (...row) => {
      await connect();
      const [waiting, inWork, scheduled, oldestSeconds, expected] = row;
      const status = await readStatus(parts());
      const queues = status.queues.map((queue) =>
        queue.name === 'events' ? { ...queue, waiting, inWork, scheduled, oldestSeconds } : queue,
      );
      const lines: string[] = [];
      tellStatus({ ...status, queues }, '', { print: (line) => lines.push(line) });
      expect(lines).toContain(expected);
    },
  );

  it('counts a message that was sent to come later as scheduled, and not as waiting', async () => {
    const QueueUrl = dead.parts.queues.find(({ name }) => name === 'events')?.sourceUrl;
    await dead.sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'later', DelaySeconds: 900 }),
    );
    const { text: shown, document } = await page();
    expect(shown).toMatch(/^QUEUE +WAITING +IN WORK +SCHEDULED /m);
    expect(shown).toMatch(/^events +0 +0 +1 +0 s +0$/m);
    expect(document).toMatchObject({ queues: [{ waiting: 0, inWork: 0, scheduled: 1 }, {}] });
  });

  it('counts dead letters and their reasons, however many there are, and what is retried', async () => {
    await connect();
    const { db, tableOf } = dead.audience;
    const lastAt = new Date().toISOString();
    const failure = (webhookId: string, lastReason: string, attempts: number) => ({
      ...{ webhookId, type: 'customer.created', firstReason: lastReason, firstAt: lastAt },
      ...{ lastReason, lastAt, attempts, isFinal: attempts === 1 },
    });
    const rows = Array.from({ length: 120 }, (_, n) =>
      failure(`evt-${n}`, n < 100 ? 'The table is away.' : 'It cannot be read.', n < 100 ? 12 : 1),
    );
    for (let n = 0; n < rows.length; n += 10) {
      const some = rows.slice(n, n + 10);
      const Entries = some.map(({ webhookId }, at) => ({
        Id: String(at),
        MessageBody: customerCreated(webhookId),
      }));
      const puts = some.map((Item) => ({ PutRequest: { Item } }));
      await Promise.all([
        dead.sqs.send(new SendMessageBatchCommand({ QueueUrl: dead.events.url, Entries })),
        db.send(new BatchWriteCommand({ RequestItems: { [tableOf('Failures')]: puts } })),
      ]);
    }
    await dead.audience.put('Failures', failure('evt-again', 'It took too long.', 5));
    const { verdict, text: shown, document } = await page();
    expect(verdict).toBe('not-well');
    expect(shown).toMatch(/^events +0 +0 +0 +0 s +120$/m);
    expect(shown).toMatch(/^ +100 × +since \d+ s +The table is away\./m);
    expect(shown).toMatch(/^ +20 × +since \d+ s +It cannot be read\./m);
    expect(shown).toContain('! 120 dead letters need a decision.');
    expect(shown).toContain('npm run deadletters -- list --stage staging');
    expect(shown).toMatch(/Being retried: 1\n +1 × .*It took too long\. +\(evt-again\)/);
    expect(shown).toContain('npm run why -- evt-again --stage staging');
    expect(document).toMatchObject({
      retried: [{ failureId: 'evt-again', count: 1 }],
      deadLetters: { count: 120, isWhole: true },
    });
  });

  it('says of dead letters without a reason that there are no others', async () => {
    await dead.bury('evt-crash', customerCreated('evt-crash'));
    const { text } = await page();
    expect(text).toContain(
      '\n\nDead letters: 1, and no reason is kept: their function crashed or timed out\n\n',
    );
    expect(text).not.toContain('others');
  });

  it('prints a command that a shell takes for what fails and is known by two words', async () => {
    await connect();
    const at = new Date().toISOString();
    const reason = 'The table is away.';
    await dead.audience.put('Failures', {
      ...{ webhookId: 'run r-1', type: 'run', firstReason: reason, firstAt: at },
      ...{ lastReason: reason, lastAt: at, attempts: 5, isFinal: false },
    });
    const { text: shown } = await page();
    expect(shown).toContain('npm run why -- r-1 --stage staging');
  });

  it('tells the rest where an email is not as this version writes it', async () => {
    const row = { ledgerKey: 'later', state: 'of a later version', workflowId: 'welcome' };
    const due = { dueShard: '0', dueAt: '2026-11-23T12:00:00.000Z' };
    const listed = { workflowShard: '0#welcome', createdAt: new Date().toISOString() };
    await dead.audience.put('Emails', { ...row, ...due, ...listed });
    const { workflow } = approvedMail();
    if (workflow) await dead.audience.put('Workflows', { ...workflow });
    const { emails } = await readStatus(parts());
    expect([...emails.byState, ...emails.open]).toEqual([]);
    const { db, tableOf } = dead.audience;
    const Key = { ledgerKey: row.ledgerKey };
    await db.send(new DeleteCommand({ TableName: tableOf('Emails'), Key }));
    const workflowKey = { workflowId: 'welcome' };
    await db.send(new DeleteCommand({ TableName: tableOf('Workflows'), Key: workflowKey }));
  });

  it('reads at most 5,000 failures, and says that there are more', async () => {
    const { db, tableOf } = dead.audience;
    const table = tableOf('Failures');
    const at = new Date();
    const lines: string[] = [];
    const reads: number[] = [];
    // As the SDK sends it; the table answers as if each page had more after it.
    const endless = Object.assign(Object.create(db), {
      send: async (command: { input: { Limit: number } }) => {
        reads.push(command.input.Limit);
        return { Items: [], LastEvaluatedKey: { webhookId: 'x' } };
      },
    });
    const failures = await failuresNow(endless, table, at);
    expect(failures.isWhole).toBe(false);
    expect(reads.reduce((sum, one) => sum + one)).toBe(5_000);
    tellStatus({ ...(await readStatus(parts())), failures }, '', {
      print: (line) => lines.push(line),
    });
    expect(lines.join('\n')).toMatch(/^Not all failures are counted/m);
  });

  it.each([
    ['failed five times', 5, 0, 'retried'],
    ['failed twelve times, so that SQS gave it up', 12, 0, 'dead'],
    ['has not come again for half an hour', 5, 30, 'dead'],
  ] as const)('what %s counts as it is', async (_, times, minutesAgo, stage) => {
    const { db, tableOf } = dead.audience;
    const at = new Date();
    const then = () => new Date(at.getTime() - minutesAgo * 60_000);
    const failures = dynamoFailures(db, tableOf('Failures'), then);
    for (let n = 0; n < times; n += 1) {
      const failure = { failureId: 'evt-1', type: 'order.paid', reason: 'Away.', isFinal: false };
      await failures.record(failure);
    }
    const found = await failuresNow(db, tableOf('Failures'), at);
    expect(found[stage]).toMatchObject([{ count: 1, failureId: 'evt-1', reason: 'Away.' }]);
    expect([...found.retried, ...found.dead]).toHaveLength(1);
  });

  it('counts the emails of the last day, and those of any age of which nobody knows', async () => {
    await connect();
    const { db, tableOf } = dead.audience;
    await dead.audience.put('Workflows', { ...approvedMail().workflow, workflowId: 'welcome-1' });
    const email = async (end: 'sent' | 'failed' | 'unknown', daysAgo: number) => {
      const then = new Date(Date.now() - daysAgo * 86_400_000);
      const emails = dynamoEmails(db, tableOf('Emails'), () => then);
      const ledgerKey = randomUUID();
      const about = { workflowId: 'welcome-1', workflowVersion: 1, webhookId: 'evt-1' };
      const leaseUntil = then.toISOString();
      await emails.reserve(
        { ledgerKey, ...about, customerId: 'c1' },
        { token: 't', leaseUntil, addressHash: '0a' },
      );
      if (end === 'sent') await emails.sent(ledgerKey, 't', 'ses-1');
      if (end === 'failed') await emails.fail(ledgerKey, 't', 'MessageRejected');
      if (end === 'unknown') await emails.loseSight(ledgerKey, 't', 'Lost.', leaseUntil);
    };
    await Promise.all([email('sent', 0), email('sent', 0), email('sent', 3), email('failed', 0)]);
    await email('unknown', 3);
    const { text: shown } = await page();
    expect(shown).toMatch(/^emails, 24 h +failed 1 · sent 2$/m);
    expect(shown).toMatch(/^emails, open +unknown 1$/m);
    expect(shown).toMatch(/^workflows +1 of 1 active\n +welcome-1$/m);
    expect(shown).toContain('npm run emails -- list --state unknown --stage staging');
    expect(shown).toContain('npm run emails -- list --state failed --stage staging');
  });

  it('counts what a workflow sent today that was removed since', async () => {
    const { db, tableOf } = dead.audience;
    const tables = { workflows: tableOf('Workflows'), settings: tableOf('Settings') };
    const workflows = dynamoWorkflowVersions(db, tables);
    const sentOfDay = async () => (await readStatus(parts())).emails.byState.get('sent') ?? 0;
    const before = await sentOfDay();
    const { workflow } = approvedMail();
    if (!workflow) throw new Error('The mail has no workflow.');
    const farewell = { ...workflow, workflowId: 'farewell', version: 1 };
    await workflows.save(farewell);
    const emails = dynamoEmails(db, tableOf('Emails'), () => new Date());
    const ledgerKey = randomUUID();
    const about = { workflowId: 'farewell', workflowVersion: 1, webhookId: 'evt-1' };
    const leaseUntil = new Date().toISOString();
    await emails.reserve(
      { ledgerKey, ...about, customerId: 'c1' },
      { token: 't', leaseUntil, addressHash: '0a' },
    );
    await emails.sent(ledgerKey, 't', 'ses-1');
    await workflows.remove(farewell);
    expect(await sentOfDay()).toBe(before + 1);
  });

  it('finds invalid settings, a disabled endpoint, a late queue and an endless old secret', async () => {
    await connect();
    const secrets = polar.webhookSecret();
    const endless = { ...secrets, previous: 'a previous secret of some length' };
    await polar.values.put('WebhookSecret', JSON.stringify(endless));
    Object.assign(polar.polar.endpoints[0] ?? {}, { enabled: false });
    const settings = { name: 'settings', newContacts: 'perhaps' };
    await dead.audience.put('Settings', settings);
    oldest = 25 * 60;
    const { text: shown, document } = await page();
    expect(shown).toMatch(/! The document "settings" .* Look at: .*newContacts/);
    expect(shown).toContain('npm run settings -- show --stage staging');
    expect(shown).toContain('npm run connect -- --repair --stage staging');
    expect(shown).toContain('! The oldest message for events has waited 25 min.');
    expect(shown).toContain('npm run connect -- --drop-previous --stage staging');
    expect(document).toMatchObject({ isWell: false, settings: { isValid: false } });
  });

  it('says that all mail is held, by whom and why, and how to release it', async () => {
    const hold = dynamoHold(dead.audience.db, dead.audience.tableOf('Settings'));
    await hold.hold('wrong prices', 'grace', '2026-11-23T12:00:00.000Z');
    const { db, tableOf } = dead.audience;
    const about = { workflowId: 'welcome-1', workflowVersion: 1, webhookId: 'evt-1' };
    await dynamoEmails(db, tableOf('Emails'), () => new Date()).putAside(
      { ledgerKey: randomUUID(), ...about, customerId: 'c1' },
      ...(['All mail is held: wrong prices', new Date().toISOString()] as const),
    );
    const { text: shown, document } = await page();
    expect(shown).toContain(
      '! All mail has been on hold since 2026-11-23T12:00:00Z (by grace): wrong prices',
    );
    expect(shown).toContain('npm run emails -- release --stage staging');
    expect(shown).toMatch(/^emails, open +held 1 · unknown 1$/m);
    expect(document).toMatchObject({ hold: { by: 'grace', reason: 'wrong prices' } });
    await hold.release('grace', new Date().toISOString());
    expect((await page()).document).toMatchObject({ hold: null });
  });

  it('says since when webhooks may be missing, and what closes the gap, once the endpoint sends again', async () => {
    await connect();
    const known = await polar.connections.read();
    if (!known) throw new Error('It is not connected.');
    const gap = { since: '2026-11-23T12:00:00.000Z', known: 'delivery' } as const;
    await polar.connections.noteGap(known, gap);
    const [endpoint] = polar.polar.endpoints;
    Object.assign(endpoint ?? {}, { enabled: false });
    expect((await page()).text).not.toContain('Webhooks may be missing');
    Object.assign(endpoint ?? {}, { enabled: true });

    const sentence =
      'Webhooks may be missing since 2026-11-23T12:00:00Z. Polar last delivered one then; later, its endpoint was disabled or gone.';
    const { text: shown, document, verdict } = await page();
    expect(shown).toContain(`! ${sentence}\n    npm run recover -- --stage staging\n`);
    expect(verdict).toBe('not-well');
    expect(document).toMatchObject({
      connection: { isEnabled: true, gapSince: gap.since },
      concerns: expect.arrayContaining([{ kind: 'gap', sentence, next: 'npm run recover' }]),
    });
    expect((await page({ polarMs: 0 })).text).toContain(sentence);

    await polar.connections.closeGap(known, gap);
    expect((await page()).document).toMatchObject({ connection: { gapSince: null } });
  });

  it('does not wait for a Polar that does not answer', async () => {
    await connect();
    const { text: shown, verdict } = await page({ polarMs: 0 });
    expect(shown).toContain("! Polar didn't report the endpoint's state in time.");
    expect(verdict).toBe('not-well');
  });

  it('fails where it cannot look', async () => {
    const tables = { ...parts().tables, failures: 'no-such-table' };
    await expect(readStatus(parts({ tables }))).rejects.toThrow();
  });
});

describe('the age of a queue', () => {
  it('is the newest that CloudWatch has; where that says nothing, it is unknown', async () => {
    const asked: URLSearchParams[] = [];
    let points = '';
    const server = createServer(async (request, response) => {
      asked.push(new URLSearchParams(await text(request)));
      response.writeHead(points === '' ? 403 : 200, { 'content-type': 'text/xml' });
      response.end(`<R><Datapoints>${points}</Datapoints></R>`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ages = oldestMessages({ region: 'eu-west-1' }, `http://127.0.0.1:${port}`);
    const url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/PolarAudience-Events';
    expect(await ages(url)).toBeUndefined();
    const point = (minute: number, value: number) =>
      `<member><Timestamp>2026-11-29T10:0${minute}:00Z</Timestamp><Maximum>${value}.0</Maximum><Unit>Seconds</Unit></member>`;
    points = `${point(2, 60)}${point(4, 180)}${point(3, 120)}`;
    expect(await ages(url)).toBe(180);
    expect(asked[0]?.get('Dimensions.member.1.Value')).toBe('PolarAudience-Events');
    await new Promise((resolve) => server.close(resolve));
    expect(
      await oldestMessages({ region: 'eu-west-1', endpoint: 'http://x' })(url),
    ).toBeUndefined();
  });
});
