import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sequences } from '#test/prove/runs/workflows.ts';
import { startConsoleWithEvents } from '#test/stack/functions/console/events/events-at-work.ts';

let at: Awaited<ReturnType<typeof startConsoleWithEvents>>;
const [sequence] = sequences;
if (sequence?.workflowId !== 'dunning') throw new Error('The first sequence is no dunning.');
const dunning = { ...sequence, name: 'Dunning <b>now</b>' };
beforeAll(async () => {
  at = await startConsoleWithEvents();
  await at.parts.workflows.save(dunning);
});
afterAll(() => at.stop());

/** A payment failed, and the run that this began. */
async function pastDue(email: string) {
  const record = await at.happen('subscription.past_due', { email, workflows: [dunning] });
  const [considered] = record.workflows ?? [];
  if (considered?.runId === undefined) throw new Error('No run has begun.');
  return { ...record, runId: considered.runId, path: `/console/runs/${considered.runId}` };
}

describe('the runs of a workflow', () => {
  test('are on its page: how many are where, and where each is going', async () => {
    const none = await at.get('/console/workflows/dunning');
    expect(none.text).toContain('No event has begun a run of this workflow yet.');
    const { path } = await pastDue('ann@example.com');
    await pastDue('ben@example.com');
    const { text, html } = await at.get('/console/workflows/dunning');
    expect(text).toContain('2 waiting Waiting at until-3: 2');
    expect(text).toMatch(/waiting At until-3 until .* UTC ann@example\.com History/);
    expect(html).toContain(`href="${path}"`);
    expect(text).not.toContain('Ends at its next step');
  });

  test('are not on the page of one that sends a single email', async () => {
    const { location } = await at.post('/console/workflows', { template: 'receipt' });
    const { html } = await at.get((location ?? '').replace(/\/edit$/, ''));
    expect(html).not.toContain('id="runs"');
  });
});

describe('the page of a run', () => {
  test('tells what it did, that it will end, and why, before it does', async () => {
    const { path, webhookId, contactId } = await pastDue('cy@example.com');
    const waiting = await at.get(path);
    expect(waiting.text).toContain('A run of Dunning <b>now</b>');
    expect(waiting.html).not.toContain('<b>now');
    expect(waiting.text).toMatch(/email asked for an email The email is on its way, or dead\./);
    expect(waiting.html).toContain(`/console/audience/${contactId}`);
    expect(waiting.html).toContain(`/console/events/${webhookId}`);
    expect(waiting.text).not.toContain('Ends at its next step');

    await at.happen('subscription.active', { email: 'cy@example.com' });
    const because = 'Ends at its next step: It ends because subscription.status is not past_due.';
    expect((await at.get(path)).text).toContain(because);
    expect((await at.get(`/console/audience/${contactId}`)).text).toContain(because);
    expect((await at.get('/console/workflows/dunning')).text).toContain(because);
  });

  test('stops it after asking, and says who did', async () => {
    const { path, runId, customerId } = await pastDue('di@example.com');
    const asked = await at.get(`${path}/stop`);
    expect(asked.text).toContain('None of its further emails goes out');
    expect(await at.item('Runs', { runId })).toMatchObject({ state: 'waiting' });

    const stopped = await at.submit(`${path}/stop`);
    expect(stopped.text).toContain('The run is stopped.');
    expect(stopped.text).toMatch(/stopped .* Stopped by the local console\./);
    expect(stopped.html).not.toContain(`${path}/stop`);
    expect(await at.item('Runs', { runId })).toMatchObject({ state: 'stopped' });
    expect(await at.item('Customers', { customerId })).not.toHaveProperty('runs');

    const again = await at.submit(`${path}/stop`);
    expect(again.text).toContain('There was nothing to stop');
    expect((await at.get(`${path}/stop`)).location).toBe(path);
    const acts = await at.items('Acts');
    expect(acts.filter(({ what }) => what === 'run.stop')).toMatchObject([
      { on: { runId }, by: 'local' },
      { on: { runId }, by: 'local' },
    ]);
  });

  test('is reached from the event that began it, and from the contact', async () => {
    const { path, webhookId, contactId } = await pastDue('ed@example.com');
    const event = await at.get(`/console/events/${webhookId}`);
    expect(event.text).toContain('begins a run');
    expect(event.html).toContain(`href="${path}"`);
    const contact = await at.get(`/console/audience/${contactId}`);
    expect(contact.text).toMatch(/Sequences .*Dunning <b>now<\/b> waiting At until-3 until/s);
    expect(contact.html).toContain(`href="${path}"`);
  });

  test('says that there is none', async () => {
    const { status, text } = await at.get('/console/runs/nothing');
    expect(status).toBe(404);
    expect(text).toContain('There is no such run');
    expect((await at.submit('/console/runs/nothing/stop')).status).toBe(404);
  });
});
