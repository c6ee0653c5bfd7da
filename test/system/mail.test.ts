import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { saveDemoWorkflows } from '#infra/local/demo/demo-workflows.ts';
import { type LocalStack, startLocalStack } from '#infra/local/local-stack.ts';
import { deliver } from '#infra/local/running-stack.ts';
import { type EmailNode, plainSteps, type Workflow } from '#shared/audience/workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { readableRow } from '#test/support/readable-row.ts';

const mailboxSchema = z.object({
  emails: z.array(
    z.object({
      messageId: z.string(),
      subject: z.string(),
      destination: z.object({ to: z.array(z.string()) }),
      body: z.object({ html: z.string(), text: z.string() }),
      headers: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    }),
  ),
});

/** A message in MIME, as the mailbox hands it out for download. */
const emlSchema = z.object({ body: z.object({ data: z.array(z.number()) }) });

const lineSchema = z.object({ message: z.string(), webhookId: z.string() });
/** What functions logged of a webhook. */
const lines: { logicalId: string; message: string; webhookId: string }[] = [];
let stack: LocalStack;
let db: ReturnType<typeof documentClient>;

beforeAll(async () => {
  stack = await startLocalStack({
    assembly: await localAssembly(),
    onOutput: (logicalId, line) => {
      const entry = line.startsWith('{') ? lineSchema.safeParse(JSON.parse(line)).data : undefined;
      if (entry) lines.push({ logicalId, ...entry });
    },
    prepare: async (resources) => {
      await saveDemoWorkflows(resources);
      const client = documentClient(new DynamoDBClient(resources.clientConfigs.dynamodb));
      const workflows = dynamoWorkflowVersions(client, {
        workflows: resources.tables['Workflows'] ?? '',
        settings: resources.tables['Settings'] ?? '',
      });
      await workflows.save(
        activeWorkflow('failed-payment', 'subscription.past_due', 'transactional'),
      );
      await workflows.save(activeWorkflow('news', 'customer.updated', 'marketing'));
      client.destroy();
    },
  });
  db = documentClient(new DynamoDBClient(stack.clientConfigs.dynamodb));
});
afterAll(async () => {
  db?.destroy();
  await stack?.stop();
});

function activeWorkflow(
  workflowId: string,
  event: SupportedEventType,
  kind: EmailNode['kind'],
): Workflow {
  const email = {
    kind,
    subject: `About ${workflowId}`,
    preheader: '',
    body: `This is ${workflowId}.`,
  };
  const result = compileEmail(email, event);
  if (result.kind === 'refused') throw new Error(result.problems.join(' '));
  const at = new Date().toISOString();
  return {
    workflowId,
    version: 1,
    name: workflowId,
    status: 'active',
    trigger: { event, conditions: [] },
    frequency: 'every-time',
    maxAgeHours: 72,
    ...plainSteps(email, result.compiled),
    createdAt: at,
    updatedAt: at,
  };
}

function person(email = `${randomUUID().slice(0, 8)}@example.com`): Person {
  return { customerId: randomUUID(), email, name: 'Ada Lovelace', externalId: null, isNew: true };
}

/** Sends an event as Polar would and waits until it is recorded. Gives the record. */
async function happens(type: SupportedEventType, of: Person, webhookId: string = randomUUID()) {
  const body = Buffer.from(JSON.stringify(polarPayload(type, of, new Date())));
  const { webhookUrl: url, webhookSecret: secret } = stack;
  await deliver({ url, secret, secretReading: 'decoded', webhookId, body }, new Date());
  const get = new GetCommand({ TableName: stack.tables['Events'], Key: { webhookId } });
  for (;;) {
    const { Item } = await db.send(get);
    if (Item) return readableRow(Item);
    await setTimeout(50);
  }
}

/** The only email of an event, once the ledger says what became of it. */
async function emailOf(record: Record<string, unknown>) {
  const [considered] = z
    .array(z.object({ ledgerKey: z.string() }))
    .length(1)
    .parse(record['workflows']);
  const ledgerKey = considered?.ledgerKey;
  const get = new GetCommand({ TableName: stack.tables['Emails'], Key: { ledgerKey } });
  for (;;) {
    const { Item } = await db.send(get);
    if (Item && Item['state'] !== 'reserved' && Item['state'] !== 'waiting') return Item;
    await setTimeout(50);
  }
}

async function mailTo(address: string) {
  const response = await fetch(`${stack.ses?.address}/store`);
  const { emails } = mailboxSchema.parse(await response.json());
  return emails.filter(({ destination }) => destination.to.includes(address));
}

async function contactOf(address: string) {
  const get = new GetCommand({ TableName: stack.tables['Contacts'], Key: { email: address } });
  return (await db.send(get)).Item;
}

/** Waits until a contact is no longer subscribed. */
async function unsubscribed(address: string): Promise<void> {
  while ((await contactOf(address))?.['subscribed'] !== false) await setTimeout(50);
}

function headerOf(mail: { headers: { name: string; value: string }[] } | undefined, name: string) {
  return mail?.headers.find((header) => header.name === name)?.value;
}

describe('a new customer', () => {
  it('gets one welcome with the headers and the footer of marketing mail', async () => {
    const ada = person();
    const email = await emailOf(await happens('customer.created', ada));
    expect(email).toMatchObject({ state: 'sent', sesMessageId: expect.any(String) });
    const [mail, ...more] = await mailTo(ada.email);
    expect(more).toEqual([]);
    expect(mail?.subject).toContain('Ada');
    expect(headerOf(mail, 'List-Unsubscribe')).toMatch(
      /^<http:\/\/127\.0\.0\.1:\d+\/unsubscribe\/[\w.-]+>$/,
    );
    expect(headerOf(mail, 'List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click');
    for (const part of [mail?.body.html, mail?.body.text]) {
      expect(part).toContain('Example Street');
      expect(part).toContain('/unsubscribe/');
      expect(part).not.toContain('{{');
    }
    const mime = await fetch(`${stack.ses?.address}/get-emlContent?messageId=${mail?.messageId}`);
    const { body } = emlSchema.parse(await mime.json());
    expect(Buffer.from(body.data).toString()).toMatch(
      /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m,
    );
    await happens('customer.created', { ...ada, isNew: true });
    expect(await mailTo(ada.email)).toHaveLength(1);
  });

  it('who buys gets a receipt without the headers of marketing mail', async () => {
    const ada = person();
    const email = await emailOf(await happens('order.paid', ada));
    expect(email).toMatchObject({ state: 'sent' });
    const [receipt] = await mailTo(ada.email);
    expect(receipt?.headers).toEqual([]);
    expect(receipt?.body.text).not.toContain('/unsubscribe/');
    expect(receipt?.body.text).toMatch(/\$\d+\.\d\d/);
  });

  it('is not mailed twice when Polar delivers an event again', async () => {
    const ada = person();
    const webhookId = randomUUID();
    await emailOf(await happens('order.paid', ada, webhookId));
    await happens('order.paid', ada, webhookId);
    await emailOf(await happens('subscription.past_due', ada));
    expect(await mailTo(ada.email)).toHaveLength(2);
  });
});

describe('a person who unsubscribes', () => {
  it('gets no newsletter anymore, but still hears of a failed payment', async () => {
    const ada = person();
    await emailOf(await happens('customer.created', ada));
    const [welcome] = await mailTo(ada.email);
    const url = headerOf(welcome, 'List-Unsubscribe')?.slice(1, -1) ?? '';

    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<form');
    expect((await contactOf(ada.email))?.['subscribed']).toBe(true);

    const forged = await fetch(`${url.slice(0, -3)}AAA`, { method: 'POST' });
    expect(forged.status).toBe(404);
    expect((await contactOf(ada.email))?.['subscribed']).toBe(true);

    const body = 'List-Unsubscribe=One-Click';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const _ of ['once', 'twice']) {
      expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200);
    }
    await unsubscribed(ada.email);

    const news = await emailOf(await happens('customer.updated', { ...ada, isNew: false }));
    expect(news).toMatchObject({ state: 'blocked', reason: 'The contact is not subscribed.' });
    const failed = await emailOf(await happens('subscription.past_due', ada));
    expect(failed).toMatchObject({ state: 'sent' });
    const subjects = (await mailTo(ada.email)).map(({ subject }) => subject);
    expect(subjects).toContain('About failed-payment');
    expect(subjects).not.toContain('About news');
  });
});

describe('an address that bounces or complains', () => {
  it.each([
    ['bounce', 'Mail to this address bounced.'],
    ['complaint', 'The recipient reported an email as spam.'],
  ])('(%s) gets no mail anymore', async (what, reason) => {
    const ada = person(`${what}+${randomUUID().slice(0, 8)}@simulator.amazonses.com`);
    await emailOf(await happens('customer.created', ada));
    await unsubscribed(ada.email);
    const receipt = await emailOf(await happens('order.paid', ada));
    expect(receipt).toMatchObject({ state: 'blocked', reason });
    expect(await mailTo(ada.email)).toHaveLength(1);
  });
});

describe('a customer who is deleted', () => {
  it('before the mail went out is not mailed', async () => {
    const ada = person();
    await happens('customer.deleted', ada);
    const record = await happens('subscription.past_due', { ...ada, isNew: true });
    expect(record['workflows']).toEqual([
      expect.objectContaining({ verdict: 'skip', reason: 'The customer was deleted in Polar.' }),
    ]);
    expect(await mailTo(ada.email)).toEqual([]);
  });
});

describe('one webhook', () => {
  it('can be followed by its id through the logs of ingest, worker, mailer and feedback', async () => {
    const webhookId = randomUUID();
    await happens('customer.created', person(), webhookId);
    const ofWebhook = () => lines.filter((line) => line.webhookId === webhookId);
    const steps = ['webhook answered', 'event decided', 'email decided', 'feedback applied'];
    await vi.waitFor(
      () =>
        expect(ofWebhook().map(({ message }) => message)).toEqual(expect.arrayContaining(steps)),
      200_000,
    );
    const functions = new Set(ofWebhook().map(({ logicalId }) => logicalId));
    expect(functions.size).toBe(steps.length);
  });
});

describe('in the end', () => {
  it('no row holds an address of a mail but as a hash, and every email names its event', async () => {
    const { Items = [] } = await db.send(new ScanCommand({ TableName: stack.tables['Emails'] }));
    expect(Items.length).toBeGreaterThan(8);
    expect(JSON.stringify(Items)).not.toContain('@');
    for (const item of Items) expect(item['webhookId']).toMatch(/^[\w-]+$/);
  });
});
