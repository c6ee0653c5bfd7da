import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eventNumbers } from '#shared/audience/counts/counts.ts';
import { dynamoCounts } from '#shared/store/counts/counts.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { startAudience } from '#test/support/audience/audience-at-work.ts';
import { coldStart } from '#test/support/process/cold-start.ts';

let audience: Awaited<ReturnType<typeof startAudience>>;
beforeAll(async () => {
  audience = await startAudience();
  const environment = {
    WORKFLOWS_TABLE: audience.tableOf('Workflows'),
    RETENTION_DAYS: '90',
    MOST_READS: '400',
    MOST_PAGES: '10',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterAll(() => audience.stop());

it('the function counts events and contacts as it is deployed, and again what came since', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { handler } = await coldStart('rollup');
  const counts = dynamoCounts(audience.db, audience.tableOf('Counts'));
  const day = () => new Date().toISOString().slice(0, 10);
  const from = day();
  const received = async (webhookId: string) => {
    const receivedAt = new Date().toISOString();
    const dayShard = `${receivedAt.slice(0, 10)}#${shardOf(webhookId)}`;
    const row = { webhookId, type: 'order.paid', outcome: 'applied', receivedAt, dayShard };
    await audience.put('Events', row);
  };
  const counted = async () => {
    await handler();
    const days = await counts.days(from, day());
    return days.reduce((sum, one) => sum + eventNumbers(one.counts).applied, 0);
  };
  await audience.tell('customer.created', 'c1', { minute: 1, email: 'ann@example.com' });
  await received('one');

  // The event that made the contact, and this one.
  expect(await counted()).toBe(2);
  expect(await counts.totals(from, day())).toMatchObject([{ total: 1, mailable: 1 }]);
  await received('two');
  expect(await counted()).toBe(3);
});
