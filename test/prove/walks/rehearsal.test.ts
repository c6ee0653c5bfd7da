import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BatchWriteCommand, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { localDeployment } from '#infra/commands/deployment/deployment.ts';
import { localIds } from '#infra/local/assembly/local-resources.ts';
import { localClientConfig } from '#infra/local/local-account.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { type EmailNode, firstSend, plainSteps } from '#shared/audience/workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { sampleCustomerId } from '#shared/polar/sample/sample-values.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { asMany } from '#test/support/as-many.ts';
import { visitorOver } from '#test/support/console-visitor.ts';
import { npmStart } from '#test/support/process/npm-start.ts';
import { typed as typedCommand } from '#test/support/process/typed-command.ts';
import { readableText } from '#test/support/readable-row.ts';

/*
 * What the runbook says, typed as it stands there, at the faults that it is for. Each is solved in at most three
 * commands or forms of the console. Faults that other tests plant: a secret that was reset in Polar
 * (local-polar.test.ts), what an erasure leaves (erasure.test.ts), and a list that Polar shortened and the token of
 * another organization without a connection (backfill-deletions.test.ts).
 *
 * `recover --apply-lost` waits more than a minute for workers, by design. It runs in a process of its own while the
 * faults are rehearsed that leave mail alone. What runs every minute does so every five seconds.
 */

// Below the ports that systems hand out by themselves, and apart from those of other tests.
const port = 31_920 + (process.pid % 120) * 7;
const polar = `http://127.0.0.1:${port + 5}`;
const patience = { timeout: 150_000, interval: 500 };
const minuteMs = 60_000;

let directory: string;
let npm: ReturnType<typeof npmStart>;
let stack: Awaited<ReturnType<typeof npm.started>>;
let db: ReturnType<typeof documentClient>;
let sqs: SQSClient;
let secrets: SecretsManagerClient;
/** The gap that is being closed while other faults are rehearsed. */
let closing: ReturnType<typeof npm.run> | undefined;

const ids = localIds(`http://127.0.0.1:${port + 2}`);
const id = (name: string) => ids.get(name) ?? '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polar-audience-rehearsal-'));
  vi.stubEnv('POLAR_AUDIENCE_LOCAL', directory);
  vi.stubEnv('HOME', directory);
  vi.stubEnv('POLAR_AUDIENCE_MINUTE_MS', '5000');
  npm = npmStart(directory);
  stack = await npm.started(['--polar', '--port', String(port)], 'Press Ctrl-C to stop.');
  const webhookUrl = `http://127.0.0.1:${port}/webhooks/polar`;
  const { clientConfigs } = localDeployment({ webhookUrl, polarUrl: polar });
  db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  sqs = new SQSClient(clientConfigs.sqs);
  secrets = new SecretsManagerClient(localClientConfig(`http://127.0.0.1:${port + 3}`));
  const token = await tokenOf('northlight');
  await solved(`connect --token ${token}`);
  await solved('backfill');
  for (const line of ['workflows add receipt', 'workflows activate receipt']) {
    await solved(line);
  }
}, 600_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  db?.destroy();
  sqs?.destroy();
  secrets?.destroy();
  stack?.child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
});

const wordsOf = (line: string) =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].flatMap(([, quoted, word]) => quoted ?? word ?? []);

/** A command of the runbook as a person types it, quotes and all, after `npm run`. */
async function typed(line: string) {
  const environment = { POLAR_AUDIENCE_LOCAL: directory, HOME: directory };
  const { code, out, error } = await typedCommand(wordsOf(line), environment);
  return { code, output: `${out}${error}` };
}

/** One that does what it is asked to. */
async function solved(line: string): Promise<string> {
  const { code, output } = await typed(line);
  expect(code, output).toBe(0);
  return output;
}

/** Sends a form of Polar's, and gives the page that it leads to. */
async function atPolar(path: string, fields: Readonly<Record<string, string>> = {}) {
  const headers = { origin: polar };
  const body = new URLSearchParams(fields);
  return (await fetch(`${polar}${path}`, { method: 'POST', headers, body })).text();
}

async function tokenOf(slug: string): Promise<string> {
  const page = await atPolar(`/${slug}/access`, { act: 'token' });
  return /polar_oat_[\w-]+/.exec(page)?.[0] ?? '';
}

/** The console as a browser without JavaScript sees it. */
const visitor = visitorOver(`http://localhost:${port + 6}`);

const show = async (path: string) => (await fetch(`${polar}${path}`)).text();

/** Somebody new subscribes. */
async function buys(email: string): Promise<void> {
  const page = await show('/northlight/customers');
  const [, product = ''] = /<option value="([^"]+)">Studio Monthly/.exec(page) ?? [];
  await atPolar('/northlight/customers', { email, name: 'Nova Lund', product });
}

const mailboxSchema = z.object({
  emails: z.array(
    z.object({ subject: z.string(), destination: z.object({ to: z.array(z.string()) }) }),
  ),
});

async function mails() {
  const store = await (await fetch(`http://127.0.0.1:${port + 4}/store`)).json();
  return mailboxSchema.parse(store).emails;
}

const mailsTo = async (email: string) =>
  (await mails()).filter(({ destination }) => destination.to.includes(email)).length;

type Row = Readonly<Record<string, unknown>>;

async function rows(table: string): Promise<readonly Row[]> {
  const { Items = [] } = await db.send(
    new ScanCommand({ TableName: id(table), ConsistentRead: true }),
  );
  return Items;
}

const isContact = async (email: string) =>
  (await rows('Contacts')).some((contact) => contact['email'] === email);

/** An email of the receipts in this state. */
async function emailIn(state: string): Promise<string> {
  const found = (await rows('Emails')).filter((email) => email['state'] === state);
  expect(found).toHaveLength(1);
  return String(found[0]?.['ledgerKey']);
}

/** SES has said all that it says of it. */
function isDelivered({ state, feedback }: Row): boolean {
  const { deliveredAt } = feedbackSchema.parse(feedback ?? {});
  return state === 'sent' && deliveredAt !== undefined;
}
const feedbackSchema = z.object({ deliveredAt: z.string().optional() });

const lastLine = (text: string) => text.trim().split('\n').at(-1);

/** Puts an event into the queue, as ingest does once its signature fits. */
async function queued(webhookId: string, body: string): Promise<void> {
  const receivedAt = new Date().toISOString();
  const message = encodeEventMessage({ webhookId, type: 'customer.created', receivedAt, body });
  if (message === 'too-large') throw new Error('too large');
  await sqs.send(new SendMessageCommand({ QueueUrl: id('EventsQueue'), ...message }));
}

function customer(name: string): string {
  const email = `${name}@example.com`;
  // As the page Test event makes it up: Polar has no such customer, and nobody takes it for deleted.
  const who = { customerId: sampleCustomerId(email), email, name };
  const person = { ...who, externalId: null, isNew: true };
  return JSON.stringify(polarPayload('customer.created', person, new Date()));
}

const lanes = 6;
const letters = asMany(150, 3_000);

/** Dead letters of the worker, each of a customer, with the reason in table Failures that it died for. */
async function buryLetters(many: number, reasonOf: (nth: number) => string): Promise<void> {
  const at = new Date().toISOString();
  const bury = async (start: number) => {
    const nths = Array.from({ length: 10 }, (_, index) => start + index);
    const put = nths.map((nth) => {
      const lastReason = reasonOf(nth);
      const isFinal = lastReason.includes('cannot be read');
      const ofIt = { webhookId: `letter-${nth}`, type: 'customer.created', attempts: 12, isFinal };
      const Item = { ...ofIt, firstReason: lastReason, firstAt: at, lastReason, lastAt: at };
      return { PutRequest: { Item } };
    });
    const Entries = nths.map((nth) => ({
      Id: String(nth),
      MessageBody: customer(`letter-${nth}`),
      MessageAttributes: {
        webhookId: { DataType: 'String', StringValue: `letter-${nth}` },
        type: { DataType: 'String', StringValue: 'customer.created' },
        receivedAt: { DataType: 'String', StringValue: at },
      },
    }));
    await Promise.all([
      db.send(new BatchWriteCommand({ RequestItems: { [id('Failures')]: put } })),
      sqs.send(new SendMessageBatchCommand({ QueueUrl: id('EventsDeadLetters'), Entries })),
    ]);
  };
  const lane = async (first: number) => {
    for (let start = first * 10; start < many; start += lanes * 10) await bury(start);
  };
  await Promise.all(Array.from({ length: lanes }, (_, first) => lane(first)));
}

const secretSchema = z.record(z.string(), z.string());

/** The webhook secret as ingest reads it. */
async function secretNow(): Promise<Readonly<Record<string, string>>> {
  const get = new GetSecretValueCommand({ SecretId: id('WebhookSecret') });
  const { SecretString = '{}' } = await secrets.send(get);
  return secretSchema.parse(JSON.parse(SecretString));
}

describe('on call, with the runbook alone', { timeout: 600_000 }, () => {
  it('finds all well at first', async () => {
    // A machine that is busy may take longer for a secret than the command waits.
    await expect.poll(async () => (await typed('status')).code, patience).toBe(0);
    // The receipt counts half a minute after it was activated at most.
    await npm.moveOn(minuteMs);
    await buys('first@example.com');
    await expect.poll(() => mailsTo('first@example.com'), patience).toBe(1);
  });

  it('Polar disabled the endpoint, and orders were lost: sees which, and begins to close the gap', async () => {
    const [, endpoint = ''] =
      /name="endpoint" value="([^"]+)"/.exec(await show('/northlight/webhooks')) ?? [];
    await atPolar('/northlight/webhooks/endpoint', { endpoint, act: 'disable' });
    await buys('lost@example.com');
    const seen = await typed('recover --dry-run');
    expect(seen).toMatchObject({ code: 2 });
    expect(await isContact('lost@example.com')).toBe(false);
    closing = npm.run('infra/cli.ts', ['recover', '--apply-lost']);
    // Others look at what it leaves: it fails there, and not here.
    closing.catch(() => undefined);
    const isEnabled = async () => (await show('/northlight/webhooks')).includes('>enabled</span>');
    await expect.poll(isEnabled, patience).toBe(true);
  });

  it('the settings were spoiled by hand: shows the fault, and puts the last version back', async () => {
    await solved('settings set newContacts subscribed');
    await solved('settings set dailyLimit 20');
    const [present] = (await rows('Settings')).filter(({ name }) => name === 'settings');
    await db.send(
      new PutCommand({ TableName: id('Settings'), Item: { ...present, newContacts: 'perhaps' } }),
    );
    const shown = await typed('settings show');
    expect(shown).toMatchObject({ code: 2 });
    const [, restore = ''] = /npm run (settings -- restore \d+)/.exec(shown.output) ?? [];
    await solved(restore.replace('-- ', ''));
    const [mended] = (await rows('Settings')).filter(({ name }) => name === 'settings');
    expect(mended).toMatchObject({ newContacts: defaultSettings.newContacts, dailyLimit: 20 });
  });

  it('an event cannot be read: sees that it is final, and discards it into a file', async () => {
    await queued('evt-unreadable', '{"type":"customer.created","timestamp":"never","data":{}}');
    const listed = async () => (await typed('deadletters list')).output;
    const died = { ...patience, interval: 2_000 };
    await expect.poll(listed, died).toMatch(/evt-unreadable .* final: The payload cannot be read/);
    // Also where the clock was moved, what dies again is left alone, so that it ends.
    expect((await typed('deadletters resend evt-unreadable')).output).toContain('1 resent.');
    await expect.poll(listed, died).toContain('evt-unreadable');
    const discarded = await typed('deadletters discard evt-unreadable --yes');
    expect(discarded).toMatchObject({ code: 0 });
    const [, file = ''] = /Kept in (.+)/.exec(discarded.output) ?? [];
    expect(await readFile(file, 'utf8')).toContain('never');
  });

  it(`${letters} dead letters of three reasons: sends one kind again, and leaves the others as they are`, async () => {
    const reasons = [
      'AWS refused the request: Throttled.',
      'It took too long.',
      'The payload cannot be read.',
    ];
    const kindOf = (nth: number) => (nth < 5 ? 0 : nth < letters / 3 ? 1 : 2);
    await buryLetters(letters, (nth) => reasons[kindOf(nth)] ?? '');
    const listed = await typed('deadletters list --limit 1');
    expect(listed.output).toContain(`${letters} in all:`);
    for (const [nth, count] of [5, letters / 3 - 5, (2 * letters) / 3].entries()) {
      expect(listed.output).toMatch(new RegExp(`^${count} × +${reasons[nth]}`, 'm'));
    }
    const resent = await typed('deadletters resend --reason throttled --yes');
    expect(resent).toMatchObject({ code: 0 });
    expect(resent.output).toContain('5 resent.');
    await expect.poll(() => isContact('letter-4@example.com'), patience).toBe(true);
    expect(await isContact('letter-5@example.com')).toBe(false);
  }, 600_000);

  it("another organization's token compares and changes nothing", async () => {
    const before = await rows('Customers');
    const token = await tokenOf('harbour-press');
    const refused = await typed(`backfill --token ${token}`);
    expect(refused.code).toBe(1);
    expect(lastLine(refused.output)).toMatch(/^This deployment is connected to Northlight, /);
    expect(await rows('Customers')).toEqual(before);
  });

  it('somebody asks to be erased: erases them, and proves it for ever', async () => {
    const [contact] = (await rows('Contacts')).filter(
      ({ email }) => email === 'letter-4@example.com',
    );
    const page = `/console/audience/${String(contact?.['contactId'])}`;
    expect((await visitor.get(`${page}/erase`)).text).toContain('letter-4@example.com');
    await visitor.post(`${page}/erase`);
    await expect.poll(() => isContact('letter-4@example.com'), patience).toBe(false);
    const proof = async () => (await typed('why letter-4@example.com')).output;
    await expect.poll(proof, patience).toMatch(/^Erased on .+ Asked for on .+ by /m);
    // What events hold goes in messages of its own, after the contact and the proof.
    const isNamed = async () =>
      readableText([...(await rows('Events')), ...(await rows('Customers'))]).includes('letter-4@');
    await expect.poll(isNamed, patience).toBe(false);
    expect(await solved('acts --what erasure')).toContain('Erase a contact');
  });

  it('… and the gap is closed, with each lost order mailed once', async () => {
    const recovered = await closing;
    expect(recovered?.output).toContain('The gap is closed.');
    expect(recovered).toMatchObject({ code: 0 });
    await expect.poll(() => mailsTo('lost@example.com'), patience).toBe(1);
    expect((await typed('recover --dry-run')).output).toContain('Nothing to do');
  });

  it('the webhook secret leaked: changes it, and ends the leaked one at once', async () => {
    const leaked = await secretNow();
    const changed = await visitor.submit('/console/polar/rotate');
    expect(changed.text).toContain('secret');
    expect(await secretNow()).toMatchObject({ previous: leaked['current'] });
    await solved('connect --drop-previous');
    const now = await secretNow();
    expect(now['current']).not.toBe(leaked['current']);
    expect(JSON.stringify(now)).not.toContain(leaked['current']);
    await buys('after-the-leak@example.com');
    await expect.poll(() => mailsTo('after-the-leak@example.com'), patience).toBe(1);
  });

  it('a template asks for what an event lacks: puts the version before back, and sends again', async () => {
    const workflows = dynamoWorkflowVersions(db, {
      workflows: id('Workflows'),
      settings: id('Settings'),
    });
    const [receipt] = await workflows.all();
    if (!receipt) throw new Error('There is no workflow.');
    const email: EmailNode = { ...firstSend(receipt).email, subject: '{{ event.discountName }}' };
    const compilation = compileEmail(email, receipt.trigger.event);
    if (compilation.kind !== 'compiled') throw new Error('It does not compile.');
    const spoiled = { ...receipt, ...plainSteps(email, compilation.compiled) };
    await workflows.save({ ...spoiled, version: receipt.version + 1 });
    await buys('template@example.com');
    await expect
      .poll(async () => (await rows('Emails')).some(({ state }) => state === 'blocked'), patience)
      .toBe(true);

    const listed = await typed('emails list --state blocked');
    expect(listed.output).toContain('discountName');
    await solved(`workflows restore receipt ${receipt.version}`);
    await solved(`emails send-again ${await emailIn('blocked')}`);
    await expect.poll(() => mailsTo('template@example.com'), patience).toBe(1);
  });

  it('nobody knows whether an email went out: a person says so, and it is not sent again', async () => {
    const [sent] = (await rows('Emails')).filter(isDelivered);
    const key = String(sent?.['ledgerKey']);
    await db.send(
      new UpdateCommand({
        TableName: id('Emails'),
        Key: { ledgerKey: key },
        UpdateExpression: 'SET #state = :unknown',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':unknown': 'unknown' },
      }),
    );
    expect((await typed('emails list --state unknown')).output).toContain(key);
    await solved(`emails mark-sent ${key}`);
    const again = await typed(`emails send-again ${key}`);
    expect(again.code).toBe(1);
    expect(lastLine(again.output)).toMatch(/is sent|sent already/);
  });

  it('a mail storm: stops all mail, pauses the workflow, and lets the rest go', async () => {
    await solved('emails hold "wrong prices"');
    // A mailer may have looked two seconds ago.
    await npm.moveOn(minuteMs);
    await buys('storm@example.com');
    const isHeld = async () => (await rows('Emails')).some((email) => email['heldSince']);
    await expect.poll(isHeld, patience).toBe(true);
    expect(await mailsTo('storm@example.com')).toBe(0);
    expect(await typed('status')).toMatchObject({ code: 2 });
    await solved('workflows pause receipt');
    await solved('emails release');
    const paused = async () =>
      (await rows('Emails')).find(({ reason }) => reason === 'The workflow is paused.')?.['state'];
    await expect.poll(paused, patience).toBe('blocked');
    expect(await mailsTo('storm@example.com')).toBe(0);
    await solved('workflows activate receipt');
  });
});
