import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepKey } from '#shared/audience/runs/run.ts';
import { firstSend } from '#shared/audience/workflow.ts';
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
    expect(none.text).toContain('No event has started a run of this workflow yet.');
    const { path } = await pastDue('ann@example.com');
    await pastDue('ben@example.com');
    const { text, html } = await at.get('/console/workflows/dunning');
    expect(text).toMatch(/2 waiting Wait 3 days until-3: 2/);
    expect(text).toMatch(/waiting Wait 3 days until-3, until .* UTC ann@example\.com History/);
    expect(html).toContain(`href="${path}"`);
    expect(text).not.toContain('Ends at its next step');
    expect((await at.get('/console/workflows/dunning/remove')).text).toContain(
      'People are waiting in it: 2 at step 2, Wait 3 days.',
    );
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
    expect(waiting.html).toContain('<th scope="col">Why</th>');
    expect(waiting.text).toContain('A run of Dunning <b>now</b>');
    expect(waiting.html).not.toContain('<b>now');
    expect(waiting.text).toMatch(
      /email asked for an email The email is on its way, or a dead letter\./,
    );
    expect(waiting.html).toContain(`/console/audience/${contactId}`);
    expect(waiting.html).toContain(`/console/events/${webhookId}`);
    expect(waiting.text).not.toContain('Ends at its next step');
    expect(waiting.text).toMatch(
      /What’s next .* sends day-3 .* sends day-7 .* done No steps are left\./,
    );

    await at.happen('subscription.active', { email: 'cy@example.com' });
    const because = 'Ends at its next step: subscription.status is not past_due.';
    const over = (await at.get(path)).text;
    expect(over).toContain(because);
    expect(over).toMatch(/ended early subscription\.status is not past_due\. Steps taken/);
    expect((await at.get(`/console/audience/${contactId}`)).text).toContain(because);
    expect((await at.get('/console/workflows/dunning')).text).toContain(because);
  });

  test('leads to the emails that it asked for', async () => {
    const { path, webhookId, runId, customerId } = await pastDue('una@example.com');
    const ledgerKey = stepKey(runId, firstSend(dunning).id);
    const createdAt = '2026-11-20T10:00:00.000Z';
    await at.put('Emails', {
      ...{ ledgerKey, webhookId, customerId, workflowId: 'dunning', workflowVersion: 1 },
      ...{ state: 'sent', createdAt, updatedAt: createdAt },
    });
    const { html } = await at.get(path);
    expect(html).toContain(`data-copy="${runId}"`);
    expect(html).toMatch(
      new RegExp(`asked for <a href="/console/emails/mail\\?key=${ledgerKey}">an email</a>`),
    );
    // No step needs a reason.
    expect(html).not.toContain('<th scope="col">Why</th>');
  });

  test('stops it after asking, and says who did', async () => {
    const { path, runId, customerId } = await pastDue('di@example.com');
    const asked = await at.get(`${path}/stop`);
    expect(asked.text).toContain('No more of its emails go out');
    expect(await at.item('Runs', { runId })).toMatchObject({ state: 'waiting' });

    const stopped = await at.submit(`${path}/stop`);
    expect(stopped.text).toContain('Stopped. An email that SES already has still goes out.');
    expect(stopped.text).toMatch(
      / stopped \d+ \w+ \d{4}, \d\d:\d\d UTC: Stopped by a local user\./,
    );
    expect(stopped.html).not.toContain(`${path}/stop`);
    expect(await at.item('Runs', { runId })).toMatchObject({ state: 'stopped' });
    expect(await at.item('Customers', { customerId })).not.toHaveProperty('runs');

    const again = await at.submit(`${path}/stop`);
    expect(again.text).toContain('Nothing to stop');
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
    expect(contact.text).toMatch(
      /Sequences .*Dunning <b>now<\/b> waiting Wait 3 days until-3, until/s,
    );
    expect(contact.html).toContain(`href="${path}"`);
  });

  test('says that there is none', async () => {
    const { status, text, html } = await at.get('/console/runs/nothing');
    expect(status).toBe(404);
    expect(text).toContain('Run not found');
    expect(html).toContain('<a href="/console/workflows">See all workflows</a>');
    expect((await at.submit('/console/runs/nothing/stop')).status).toBe(404);
    // DynamoDB takes no such key.
    expect((await at.get(`/console/runs/${'a'.repeat(3_000)}`)).status).toBe(404);
  });
});

describe('stopping everybody who waits in a workflow', () => {
  const path = '/console/workflows/dunning';
  const shownIn = (html: string) => ({
    count: /name="count" value="([^"]*)"/.exec(html)?.[1] ?? '',
    begunBy: /name="begunBy" value="([^"]*)"/.exec(html)?.[1] ?? '',
  });
  const waiting = async () =>
    (await at.items('Runs')).filter(({ state }) => state === 'waiting').length;

  test('says how many they are, and stops nobody where that is another number by now', async () => {
    await pastDue('flo@example.com');
    expect((await at.get(path)).html).toContain(`href="${path}/stop-runs"`);
    const asked = await at.get(`${path}/stop-runs`);
    const count = await waiting();
    expect(count).toBeGreaterThan(1);
    expect(asked.text).toContain(`Stop ${count} waiting runs?`);
    expect(asked.text).toContain('Pause it first');

    const { runId, path: one } = await pastDue('gus@example.com');
    // It began after the page was shown, so it is not among those that are meant.
    const shown = shownIn(asked.html);
    await at.submit(`${one}/stop`);
    expect(await at.item('Runs', { runId })).toMatchObject({ state: 'stopped' });
    const other = await at.submit(`${path}/stop-runs`, { ...shown, count: String(count + 1) });
    expect(other.status).toBe(409);
    expect(other.text).toContain(
      `Nothing was stopped: ${count} runs are waiting now. It was ${count + 1}.`,
    );
    expect(shownIn(other.html).count).toBe(String(count));
    expect(await waiting()).toBe(count);
  });

  test('stops them, once the number is right, and leaves those that begin later', async () => {
    const shown = shownIn((await at.get(`${path}/stop-runs`)).html);
    const later = await pastDue('hal@example.com');
    const stopped = await at.submit(`${path}/stop-runs`, shown);
    expect(stopped.text).toContain(`${shown.count} runs stopped. Emails that SES already has`);
    expect(await waiting()).toBe(1);
    expect(await at.item('Runs', { runId: later.runId })).toMatchObject({ state: 'waiting' });
    const acts = (await at.items('Acts')).filter(({ on }) => Object(on).workflowId === 'dunning');
    expect(acts.map(({ outcome }) => outcome).sort()).toEqual(['done', 'refused']);
    expect(acts).toContainEqual(
      expect.objectContaining({ on: { workflowId: 'dunning', count: Number(shown.count) } }),
    );
  });

  test('asks about one that waits alone in words for one', async () => {
    expect(await waiting()).toBe(1);
    const { text } = await at.get(`${path}/stop-runs`);
    expect(text).toContain('Stop 1 waiting run? No more of its emails go out.');
    expect(text).toContain('Keep it');
  });

  test('has nothing to ask where nobody waits, or there is no such workflow', async () => {
    const shown = shownIn((await at.get(`${path}/stop-runs`)).html);
    await at.submit(`${path}/stop-runs`, shown);
    const none = await at.get(`${path}/stop-runs`);
    expect(none.text).toContain('There’s nothing to stop in Dunning');
    expect((await at.get(path)).html).not.toContain('/stop-runs');
    expect((await at.get('/console/workflows/none/stop-runs')).status).toBe(404);
    expect((await at.submit('/console/workflows/none/stop-runs', shown)).status).toBe(404);
  });
});

// The last one: what it removes is what the others run.
test('the page of a run names its workflow after that is removed', async () => {
  const { path } = await pastDue('ed@example.com');
  const [dunning] = await at.parts.workflows.all();
  if (!dunning) throw new Error('There is no workflow.');
  await at.parts.workflows.remove(dunning);
  const { text, html } = await at.get(path);
  expect(text).toContain('A run of Dunning <b>now</b>');
  expect(text).toContain('Dunning <b>now</b> (removed), version');
  expect(text).not.toContain('What’s next');
  expect(html).toContain(`href="/console/workflows/${dunning.workflowId}"`);
});
