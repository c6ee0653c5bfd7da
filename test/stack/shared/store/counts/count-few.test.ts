import { afterEach, beforeEach, expect, it } from 'vitest';
import { countsOf } from '#shared/audience/counts/counts.ts';
import { fewCounter } from '#shared/store/counts/count-few.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { startAudience } from '#test/support/audience/audience-at-work.ts';

let audience: Awaited<ReturnType<typeof startAudience>>;
beforeEach(async () => {
  audience = await startAudience();
});
afterEach(() => audience.stop());

const counter = (options = {}) => {
  const { db, tableOf } = audience;
  return fewCounter(db, { events: tableOf('Events'), contacts: tableOf('Contacts') }, options);
};

async function event(webhookId: string, outcome: string, receivedAt: string) {
  const dayShard = `${receivedAt.slice(0, 10)}#${shardOf(webhookId)}`;
  await audience.put('Events', { webhookId, type: 'order.paid', outcome, receivedAt, dayShard });
}

async function contact(email: string, subscribed: boolean, createdAt: string) {
  const creationShard = shardOf(email);
  await audience.put('Contacts', { email, address: email, subscribed, createdAt, creationShard });
}

beforeEach(async () => {
  await event('e1', 'applied', '2026-11-23T12:10:00.000Z');
  await event('e2', 'unchanged', '2026-11-23T13:10:00.000Z');
  await event('yesterday', 'applied', '2026-11-22T13:10:00.000Z');
  await contact('ada@example.com', true, '2026-11-23T12:10:00.000Z');
  await contact('grace@example.com', false, '2026-11-20T12:10:00.000Z');
});

it('are the events and new contacts of a day or an hour, and all contacts', async () => {
  const all = { total: 2, mailable: 1 };
  expect(await counter()('2026-11-23')).toEqual({
    ...all,
    counts: countsOf(
      [
        ['events', 'order.paid', 'applied'],
        ['events', 'order.paid', 'unchanged'],
      ],
      1,
    ),
  });
  expect(await counter()('2026-11-23T13')).toEqual({
    ...all,
    counts: countsOf([['events', 'order.paid', 'unchanged']]),
  });
});

it('counts the events that are known already, whatever is in the table', async () => {
  const known = [{ type: 'customer.updated', outcome: 'skipped' }] as const;
  expect(await counter()('2026-11-23', known)).toMatchObject({
    counts: countsOf([['events', 'customer.updated', 'skipped']], 1),
  });
});

it('leaves out a row that this version cannot read, and counts the others', async () => {
  await event('odd', 'postponed', '2026-11-23T13:20:00.000Z');
  const [email, creationShard] = ['odd@example.com', shardOf('odd@example.com')];
  await audience.put('Contacts', { email, createdAt: '2026-11-23T13:20:00.000Z', creationShard });
  expect(await counter()('2026-11-23T13')).toEqual({
    ...{ total: 2, mailable: 1 },
    counts: countsOf([['events', 'order.paid', 'unchanged']]),
  });
});

it('gives none where a shard has more than a page may read', async () => {
  for (let at = 0; at < 20; at++) await contact(`${at}@example.com`, true, '2026-11-20');
  expect(await counter({ mostOfShard: 2 })('2026-11-23')).toBeUndefined();
});
