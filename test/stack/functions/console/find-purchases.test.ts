import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPolarDesk } from './polar/polar-desk.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;
const [subscription, order, strange] = [randomUUID(), randomUUID(), randomUUID()];

beforeAll(async () => {
  desk = await startPolarDesk();
  await desk.tell('customer.created', 'c-1', { minute: 1, email: 'ann@example.com' });
  const { state } = desk.polar;
  const row = (id: string, customer_id: string) => ({
    id,
    customer_id,
    created_at: state.timestamp(),
  });
  state.subscriptions.push(row(subscription, 'c-1'));
  state.orders.push(row(order, 'c-1'), row(strange, 'c-unknown'));
});
afterAll(() => desk.stop());

const find = (q: string) => desk.post('/console/find', { q });
const asked = () => desk.polar.requests.filter((one) => /subscriptions|orders/.test(one));

test('while Polar is not connected nobody asks it', async () => {
  expect((await find(subscription)).text).toContain('No match.');
  expect(desk.polar.requests).toEqual([]);
});

test.each([
  ['a subscription', subscription],
  ['an order', order],
])('the id of %s leads to the contact whose it is', async (_, id) => {
  if (!(await desk.connection())) await desk.connectByToken();
  const { status, location } = await find(id);
  expect([status, location]).toEqual([303, expect.stringMatching(/^\/console\/audience\/[\w-]+$/)]);
  expect((await desk.get(location ?? '')).text).toContain('ann@example.com');
});

test.each([
  ['of a customer whom nothing here knows', strange, () => {}],
  ['that Polar does not know', randomUUID(), () => {}],
  ['while Polar is away', subscription, () => desk.polar.goDown()],
])('an id %s finds nothing, and the page says so', async (_, id, happen) => {
  happen();
  const { status, text } = await find(id);
  desk.polar.comeBack();
  expect([status, text]).toEqual([200, expect.stringContaining('No match.')]);
});

test('no other text is sent to Polar', async () => {
  const before = asked().length;
  await find('ann@nowhere.example');
  await find('Grace Hopper');
  expect(asked()).toHaveLength(before);
});
