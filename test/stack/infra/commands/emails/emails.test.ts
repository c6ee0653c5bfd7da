import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { at, ledgerAtWork } from './ledger-at-work.ts';

const listSchema = z.object({
  emails: z.array(
    z.object({
      customerId: z.string(),
      to: z.nullable(z.string()),
      toReason: z.nullable(z.string()),
    }),
  ),
});

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let work: Awaited<ReturnType<typeof ledgerAtWork>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  work = await ledgerAtWork(dynamo.client);
});

describe('npm run emails -- list', () => {
  it('shows the newest of a workflow first, from all shards of the index', async () => {
    const keys: string[] = [];
    for (let minute = 10; minute < 40; minute++) {
      const time = `2026-11-23T11:${minute}:00.000Z`;
      keys.unshift(
        (await work.emailIn(minute % 3 === 0 ? 'blocked' : 'sent', 'welcome', time)).ledgerKey,
      );
    }
    await work.emailIn('sent', 'receipt');
    const listed = await work.admin.list({ workflowId: 'welcome' }, 100);
    expect(listed.map(({ ledgerKey }) => ledgerKey)).toEqual(keys);
    const newest = await work.admin.list({ workflowId: 'welcome' }, 4);
    expect(newest.map(({ ledgerKey }) => ledgerKey)).toEqual(keys.slice(0, 4));
    const blocked = await work.admin.list({ workflowId: 'welcome', state: 'blocked' }, 4);
    expect(blocked.map(({ createdAt }) => createdAt.slice(14, 16))).toEqual([
      '39',
      '36',
      '33',
      '30',
    ]);
  });

  it('finds those of one state in the whole table', async () => {
    const { ledgerKey } = await work.emailIn('unknown', 'receipt');
    for (const state of ['sent', 'blocked', 'failed', 'waiting', 'reserved'] as const) {
      await work.emailIn(state);
    }
    await work.does().list({ state: 'unknown' }, 50);
    expect(work.output()).toMatch(
      new RegExp(
        `^2026-11-23T12:00:00Z +unknown +receipt +customer not known +${ledgerKey} +The answer was lost\\.$`,
        'm',
      ),
    );
    expect(work.lastLine()).toContain(`npm run emails -- show ${ledgerKey}`);
    expect(await work.admin.list({}, 50)).toHaveLength(6);
    await work.does().list({ state: 'unknown', workflowId: 'welcome' }, 50);
    expect(work.lastLine()).toBe('No matching emails.');
  });

  it('shows the others where one is not as this version writes it', async () => {
    const email = await work.emailIn('unknown');
    const later = { ...email, ledgerKey: 'of-a-later-version', state: 'of a later version' };
    await work.db.send(
      new PutCommand({
        TableName: work.table,
        Item: { ...later, workflowShard: `0#${email.workflowId}` },
      }),
    );
    const { ledgerKey, workflowId } = email;
    for (const filter of [{}, { workflowId }]) {
      expect(await work.admin.list(filter, 50)).toMatchObject([{ ledgerKey }]);
    }
  });

  it('takes a short id of a workflow, and the id of one that is gone', async () => {
    const { ledgerKey } = await work.emailIn('sent', 'receipt-x7k2');
    const gone = await work.emailIn('sent', 'receipt-gone');
    const { workflow } = approvedMail();
    if (!workflow) throw new Error('An approved email has a workflow.');
    const named = (workflowId: string) => ({ ...workflow, workflowId });
    const found: object[] = [];
    const does = (...ids: string[]) =>
      work.does({
        document: (one) => found.push(one),
        workflows: async () => ids.map(named),
      });
    await does('receipt-x7k2', 'welcome-ab12').list({ workflowId: 'receipt' }, 50);
    expect(found.pop()).toMatchObject({ emails: [{ ledgerKey, workflowId: 'receipt-x7k2' }] });
    await does('receipt-x7k2').list({ workflowId: 'receipt-gone' }, 50);
    expect(found.pop()).toMatchObject({ emails: [{ ledgerKey: gone.ledgerKey }] });
    await expect(
      does('receipt-x7k2', 'receipt-y8m3').list({ workflowId: 'receipt' }, 50),
    ).rejects.toThrow('Say which one: receipt-x7k2, receipt-y8m3.');
  });

  it('says to whom each is, masked and where the contact is now, or that the contact is gone', async () => {
    const { audience } = work;
    await audience.tell('customer.created', 'moved', { minute: 1, email: 'grace@example.com' });
    await audience.tell('customer.updated', 'moved', { minute: 2, email: 'grace@new.example.com' });
    for (const id of ['erased', 'removed']) {
      await audience.tell('customer.created', id, { minute: 1, email: `${id}@example.com` });
      const anonymised = id === 'erased';
      await audience.tell('customer.deleted', id, { minute: 2, anonymised });
    }
    await audience.tell('customer.created', 'overtaken', { minute: 1, email: 'ann@example.com' });
    await audience.tell('customer.created', 'newer', { minute: 2, email: 'ann@example.com' });
    const who = ['moved', 'erased', 'removed', 'overtaken', 'nobody'];
    for (const customerId of who) await work.emailIn('sent', 'receipt', at, customerId);
    const found: object[] = [];
    await work.does({ document: (one) => found.push(one) }).list({}, 50);
    const listed = listSchema.parse(found[0]).emails;
    const to = new Map(
      listed.map(({ customerId, ...one }) => [customerId, [one.to, one.toReason]]),
    );
    expect(Object.fromEntries(to)).toEqual({
      moved: ['g***@new.example.com', null],
      erased: [null, 'erased'],
      removed: [null, 'contact gone'],
      overtaken: [null, 'contact gone'],
      nobody: [null, 'customer not known'],
    });
    await work.does().list({}, 50);
    expect(work.output()).toMatch(/ receipt +g\*\*\*@new\.example\.com +[\w-]{36}$/m);
    expect(work.output()).toMatch(/ receipt +contact gone +/);
    expect(work.output()).not.toContain('grace');
  });

  it('reads the recipients of many emails in batches, each customer once', async () => {
    for (let nth = 0; nth < 120; nth++) {
      await work.emailIn('blocked', 'welcome', at, `c${nth % 110}`);
    }
    const asked: number[] = [];
    const customers = async (ids: readonly string[]) => {
      asked.push(ids.length);
      return [];
    };
    await work.does({ customers }).list({}, 1_000);
    expect(asked).toEqual([100, 10]);
  });

  it('says that there may be more', async () => {
    await work.emailIn('sent');
    await work.does().list({}, 1);
    expect(work.output()).toContain('the newest 1; --limit shows more');
  });

  it('reads past the first megabyte', async () => {
    for (let number = 0; number < 5; number++) {
      const { ledgerKey } = await work.emailIn('sent');
      const row = { ...(await work.admin.find(ledgerKey)), padding: 'x'.repeat(300_000) };
      await work.db.send(new PutCommand({ TableName: work.table, Item: row }));
    }
    expect(await work.admin.list({}, 50)).toHaveLength(5);
  });
});

describe('npm run emails -- show', () => {
  it('tells what is known of an unknown email and how to settle it', async () => {
    const { ledgerKey } = await work.emailIn('unknown');
    await work.does().show(ledgerKey);
    expect(work.output()).toMatch(/^state +unknown$/m);
    expect(work.output()).toMatch(/^contact +contact-1$/m);
    expect(work.output()).toContain(`npm run emails -- mark-sent ${ledgerKey}`);
    expect(work.output()).toContain(`npm run emails -- send-again ${ledgerKey}`);
  });

  it('is a document for a program, without what only the mailer uses', async () => {
    const { ledgerKey } = await work.emailIn('sent');
    const found: object[] = [];
    await work.does({ document: (one) => found.push(one) }).show(ledgerKey);
    expect(found).toEqual([
      {
        ...{ ledgerKey, state: 'sent', reason: null, attempts: 1, sesMessageId: 'ses-1' },
        ...{ workflowId: 'welcome', workflowVersion: 1, webhookId: 'evt-1' },
        ...{ customerId: 'c1', contactId: 'contact-1', replayId: null, heldSince: null },
        ...{ createdAt: expect.any(String), updatedAt: expect.any(String), sentAt: null },
        reservedUntil: null,
        ...{ deliveredAt: null, bouncedAt: null, complainedAt: null, rejectedAt: null },
      },
    ]);
  });

  it('offers nothing for a sent one, and knows no other key', async () => {
    const { ledgerKey } = await work.emailIn('sent');
    await work.does().show(ledgerKey);
    expect(work.output()).toMatch(/^SES message +ses-1$/m);
    expect(work.output()).not.toContain('npm run');
    await expect(work.does().show('nowhere')).rejects.toThrow(/^The ledger has no email nowhere\./);
  });
});
