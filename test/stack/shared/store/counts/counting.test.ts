import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadEvents } from '#shared/queue/failures-now.ts';
import { dynamoContactWalk } from '#shared/store/counts/contact-walk.ts';
import { hourCounter, workflowIdsIn } from '#shared/store/counts/count-hour.ts';
import { dynamoCounts, workflowsOfTwoWeeks } from '#shared/store/counts/counts.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { sealWith } from '#shared/store/seal.ts';
import { startAudience } from '#test/support/audience/audience-at-work.ts';

let audience: Awaited<ReturnType<typeof startAudience>>;
beforeEach(async () => {
  audience = await startAudience();
});
afterEach(() => audience.stop());

const counter = (options = {}) => {
  const { db, tableOf } = audience;
  const tables = {
    events: tableOf('Events'),
    emails: tableOf('Emails'),
    runs: tableOf('Runs'),
    contacts: tableOf('Contacts'),
  };
  return hourCounter(db, tables, options);
};

async function event(webhookId: string, type: string, outcome: string, receivedAt: string) {
  const dayShard = `${receivedAt.slice(0, 10)}#${shardOf(webhookId)}`;
  await audience.put('Events', { webhookId, type, outcome, receivedAt, dayShard });
}

async function email(ledgerKey: string, workflowId: string, createdAt: string, rest: object) {
  const workflowShard = `${shardOf(ledgerKey)}#${workflowId}`;
  await audience.put('Emails', { ledgerKey, workflowShard, createdAt, ...rest });
}

describe('the counts of an hour', () => {
  it('are of what was recorded in it, whatever its shard, and of nothing before or after', async () => {
    for (let at = 0; at < 30; at++) {
      await event(
        `e${at}`,
        'order.paid',
        at % 3 === 0 ? 'applied' : 'unchanged',
        `2026-11-23T12:${10 + at}:00.000Z`,
      );
    }
    await event('before', 'order.paid', 'applied', '2026-11-23T11:59:59.999Z');
    await event('after', 'order.paid', 'applied', '2026-11-23T13:00:00.000Z');
    await event('other', 'customer.created', 'skipped', '2026-11-23T12:00:00.000Z');
    await email('k1', 'w', '2026-11-23T12:00:01.000Z', {
      state: 'sent',
      feedback: { deliveredAt: 't' },
    });
    await email('k2', 'w', '2026-11-23T12:00:02.000Z', { state: 'blocked' });
    await email('k3', 'gone', '2026-11-23T12:00:03.000Z', { state: 'sent' });
    const held = { state: 'waiting', heldSince: '2026-11-23T12:00:05.000Z' };
    await email('k5', 'w', '2026-11-23T12:00:04.000Z', held);
    await email('k6', 'w', '2026-11-23T12:00:05.000Z', { state: 'waiting' });
    await email('k4', 'w', '2026-11-23T11:00:03.000Z', { state: 'sent' });
    const run = {
      runId: 'r',
      workflowShard: `${shardOf('r')}#w`,
      beganAt: '2026-11-23T12:30:00.000Z',
    };
    await audience.put('Runs', { ...run, state: 'exited', mailed: true });
    await audience.put('Runs', { ...run, runId: 'r2', state: 'of another version' });

    const { counts, unreadable } = await counter().countHour('2026-11-23T12', ['w']);

    expect(unreadable).toBe(1);
    expect(counts).toEqual({
      events: { 'order.paid': { applied: 10, unchanged: 20 }, 'customer.created': { skipped: 1 } },
      emails: { w: { delivered: 1, blocked: 1, held: 1, waiting: 1 } },
      runs: { w: { entered: 1, mailed: 1, endedEarly: 1 } },
      newContacts: 0,
    });
  });

  it('have who became a contact in it', async () => {
    await audience.tell('customer.created', 'c1', { minute: 1, email: 'ann@example.com' });
    const [contact] = await audience.items('Contacts');
    const hour = String(contact?.['createdAt']).slice(0, 13);

    expect((await counter().countHour(hour, [])).counts.newContacts).toBe(1);
    expect((await counter().countHour('2020-01-01T00', [])).counts.newContacts).toBe(0);
  });

  it('are asked of all workflows', async () => {
    await audience.put('Workflows', { workflowId: 'a' });
    await audience.put('Workflows', { workflowId: 'b' });

    const ids = await workflowIdsIn(audience.db, audience.tableOf('Workflows'));
    expect(ids.sort()).toEqual(['a', 'b']);
  });
});

describe('a day', () => {
  it.each([
    ['an event', () => event('e', 'order.paid', 'applied', '2026-11-23T23:59:59.999Z')],
    ['an email', () => email('k', 'w', '2026-11-23T05:00:00.000Z', { state: 'blocked' })],
  ])('is not empty of which %s was recorded, and the days beside it are', async (_, record) => {
    await record();
    const isEmpty = async (day: string) => (await counter().isEmptyDay(day, ['w'])).isEmpty;
    expect(await isEmpty('2026-11-22')).toBe(true);
    expect(await isEmpty('2026-11-23')).toBe(false);
    expect(await isEmpty('2026-11-24')).toBe(true);
  });
});

describe('the hours in which anything was recorded', () => {
  it('are told at once where that is little', async () => {
    expect(await counter().hoursOfFew()).toEqual({ hours: new Set(), reads: 4 });
    await event('e', 'order.paid', 'applied', '2026-11-20T23:59:59.999Z');
    await email('k', 'w', '2026-11-22T05:00:00.000Z', { state: 'blocked' });
    const workflowShard = `${shardOf('r')}#w`;
    const run = { runId: 'r', workflowShard, beganAt: '2026-11-23T12:30:00.000Z' };
    await audience.put('Runs', { ...run, state: 'waiting' });
    await audience.tell('customer.created', 'c1', { minute: 1, email: 'ann@example.com' });
    const [contact] = await audience.items('Contacts');
    const events = await audience.items('Events');

    const { hours } = await counter().hoursOfFew();
    const times = [contact?.['createdAt'], ...events.map((one) => one['receivedAt'])];
    const all = ['2026-11-22T05', '2026-11-23T12', ...times.map((at) => String(at).slice(0, 13))];
    expect(all).toContain('2026-11-20T23');
    expect(hours).toEqual(new Set(all));
  });

  it('are not where it is more than a read shows', async () => {
    for (const id of ['e1', 'e2', 'e3']) {
      await event(id, 'order.paid', 'applied', '2026-11-23T12:10:00.000Z');
    }
    expect((await counter({ mostFew: 4 }).hoursOfFew()).hours).toEqual(new Set(['2026-11-23T12']));
    expect(await counter({ mostFew: 2 }).hoursOfFew()).toEqual({ hours: undefined, reads: 1 });
  });
});

describe('webhooks in the dead letters', () => {
  it('are those of which no retry is left, in the hour of their first failure; what else travels is none', async () => {
    const now = new Date('2026-11-23T15:00:00.000Z');
    const row = {
      firstAt: '2026-11-23T12:10:00.000Z',
      lastAt: '2026-11-23T14:59:00.000Z',
      lastReason: 'r',
    };
    const all = { ...row, type: 'order.paid', attempts: 12, isFinal: false };
    const failures = [
      { ...all, webhookId: 'given up' },
      { ...all, webhookId: 'final', attempts: 1, isFinal: true },
      { ...all, webhookId: 'retried', attempts: 3 },
      { ...all, webhookId: 'k'.repeat(43), type: 'mail' },
      { ...all, webhookId: 'run x', type: 'run' },
      { ...all, webhookId: 'feedback x', type: 'ses.bounce' },
      { ...all, webhookId: 'message x', type: 'unknown' },
      { ...all, webhookId: 'erasure of contact x', type: 'erasure' },
      { ...all, webhookId: 'runs of workflow x', type: 'resumption' },
      // The webhook itself got through before.
      { ...all, webhookId: 'applied and erased', type: 'erasure' },
      { ...all, webhookId: 'applied and replayed', type: 'replay' },
    ];
    for (const failure of failures) await audience.put('Failures', failure);

    expect(await deadEvents(audience.db, audience.tableOf('Failures'), now)).toEqual(
      Array(2).fill({ type: 'order.paid', hour: '2026-11-23T12' }),
    );
  });
});

describe('the walk through the contacts', () => {
  const walk = (pageSize: number) => {
    const { db, tableOf, addressHash } = audience;
    const tables = {
      counts: tableOf('Counts'),
      contacts: tableOf('Contacts'),
      suppressions: tableOf('Suppressions'),
    };
    const seal = async () => sealWith('a key of this test');
    return dynamoContactWalk(db, tables, { addressHash, seal }, { pageSize });
  };

  async function people(count: number) {
    for (let at = 0; at < count; at++) {
      await audience.tell('customer.created', `c${at}`, {
        minute: at,
        email: `p${at}@example.com`,
      });
    }
  }

  it.each([
    [1, 1],
    [1, 3],
    [2, 5],
    [500, 100],
  ])('with %i a page and %i pages a call gives what is there', async (pageSize, pages) => {
    await people(9);
    const contact = async (email: string, change: object) =>
      audience.put('Contacts', { ...(await audience.contact(email)), ...change });
    await contact('p1@example.com', { subscribed: false });
    await contact('p2@example.com', { subscribed: false });
    await contact('p3@example.com', { subscribed: false });
    await contact('p4@example.com', { address: 'jürgen@example.com' });
    const act = { at: '2026-11-23T12:00:00.000Z', by: 'SES' };
    const suppress = (email: string, reasons: object) =>
      audience.put('Suppressions', { addressHash: audience.hash(email), reasons });
    await suppress('p2@example.com', { bounced: act, unsubscribed: act });
    await suppress('p3@example.com', { complained: act });

    let totals: Awaited<ReturnType<ReturnType<typeof walk>['goOn']>>;
    let calls = 0;
    while (totals === undefined && calls < 50) {
      // Of one that dies right at the end only its own part is done again.
      totals = await walk(pageSize).goOn(pages);
      calls += 1;
    }

    const expected = { total: 9, mailable: 5, unsubscribed: 1, bounced: 1, complained: 1 };
    expect(totals).toEqual(expected);
    expect(await walk(pageSize).goOn(pages)).toEqual(expected);
    await walk(pageSize).rest();
    expect(await walk(pageSize).isUnderWay()).toBe(false);
  });

  it('keeps where it got to without an address that could be read', async () => {
    await people(9);
    const shards: unknown[] = [];
    for (let calls = 0; calls < 20; calls++) {
      await walk(1).goOn(1);
      const kept = await audience.items('Counts');
      expect(JSON.stringify(kept)).not.toContain('example');
      shards.push(...kept.map(({ after }) => after));
    }
    // It stopped inside of a shard, too.
    expect(shards).toContainEqual(expect.any(String));
  });

  it('begins again where its position was sealed with another key', async () => {
    await people(9);
    while ((await walk(1).goOn(1)) === undefined) {
      const [row] = await audience.items('Counts');
      if (row?.['after'] === undefined) continue;
      await audience.put('Counts', { ...row, after: sealWith('another').seal('{}') });
      break;
    }

    expect(await walk(500).goOn(100)).toMatchObject({ total: 9, mailable: 9 });
  });

  it('is carried on by one of two who do so at once', async () => {
    await people(9);
    await Promise.all([walk(1).goOn(6), walk(1).goOn(6)]);
    let totals: unknown;
    while (totals === undefined) totals = await walk(1).goOn(6);

    expect(totals).toMatchObject({ total: 9, mailable: 9 });
  });
});

describe('the numbers of workflows', () => {
  it('are those of fourteen days, today included', async () => {
    const store = dynamoCounts(audience.db, audience.tableOf('Counts'));
    const put = (day: string, delivered: number) =>
      store.putDay({
        ...{ day, countedAt: '2026-11-23T12:00:00.000Z', hours: 24, isFinal: false },
        counts: {
          ...{ events: {}, runs: { w: { entered: 2, mailed: 1 } }, newContacts: 0 },
          emails: { w: { delivered, bounced: 1 } },
        },
      });
    await put('2026-11-09', 1_000);
    await put('2026-11-10', 3);
    await put('2026-11-23', 5);

    const of = await workflowsOfTwoWeeks(store, new Date('2026-11-23T12:00:00.000Z'));

    expect(of('w')).toMatchObject({ sent: 10, delivered: 8, bounced: 2, bounceRate: 0.2 });
    expect(of('w')).toMatchObject({ entered: 4, mailed: 2, endedEarly: 0 });
    expect(of('other')).toMatchObject({ sent: 0, bounceRate: undefined });
  });
});
