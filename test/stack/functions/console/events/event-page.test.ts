import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { applyReplay } from '#shared/audience/replay/replay.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { readWorkerRequest } from '#shared/queue/events-queue.ts';
import { mailsOf } from '#shared/queue/mail-queue.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { saveSettings } from '#shared/store/settings/history.ts';
import { activeWorkflow, startConsoleWithEvents } from './events-at-work.ts';

let at: Awaited<ReturnType<typeof startConsoleWithEvents>>;
beforeAll(async () => {
  at = await startConsoleWithEvents();
});
afterAll(() => at.stop());

const pathOf = (webhookId: string) => `/console/events/${encodeURIComponent(webhookId)}`;
/** All views of an event, one after another. */
async function allOf(webhookId: string) {
  const views = ['summary', 'properties', 'payload', 'settings', 'replays'];
  const pages = await Promise.all(views.map((view) => at.get(`${pathOf(webhookId)}?view=${view}`)));
  for (const { status, html } of pages) {
    expect(status).toBe(200);
    expect(html.length).toBeLessThan(100_000);
  }
  return {
    text: pages.map(({ text }) => text).join('\n'),
    html: pages.map(({ html }) => html).join('\n'),
  };
}
const eventItem = (webhookId: string) => at.item('Events', { webhookId });

/** A customer.created whose welcome mail is in this state. */
async function mailed(
  state: 'unknown' | 'sent' | 'blocked',
  workflowId: string = crypto.randomUUID(),
) {
  const workflow = activeWorkflow({ workflowId });
  await at.parts.workflows.save({ ...workflow, version: 1 });
  const record = await at.happen('customer.created', { workflows: [workflow] });
  const [mail] = mailsOf(record);
  if (!mail) throw new Error('The event asks for no email.');
  const emails = dynamoEmails(at.db, at.tableOf('Emails'), at.now);
  const reservation = { token: 't', leaseUntil: '2026-11-23T12:00:00.000Z', addressHash: '0a' };
  if (state === 'blocked') await emails.block(mail, 'The contact is not subscribed.');
  else await emails.reserve(mail, reservation);
  const { leaseUntil: dueAt } = reservation;
  if (state === 'unknown') await emails.loseSight(mail.ledgerKey, 't', 'Lost.', dueAt);
  if (state === 'sent') await emails.sent(mail.ledgerKey, 't', 'ses-1');
  return { ...mail, emails, workflow };
}

describe('the page of an event', () => {
  test('tells what Polar was answered, what changed, by which settings, and the payload', async () => {
    const order = { ...defaultSettings.events['order.paid'], userGroup: 'buyers' };
    const settings = {
      ...defaultSettings,
      version: 1,
      events: { ...defaultSettings.events, 'order.paid': order },
    };
    await at.parts.settings();
    await saveSettings(at.db, at.tableOf('Settings'), settings, { at: at.now(), by: 'grace' });
    const { webhookId } = await at.happen('order.paid', { email: 'Ann@Example.com', settings });
    const { text, html } = await allOf(webhookId);
    expect(text).toContain('added a contact Added ann@example.com and asked for no email.');
    expect(text).toContain('202: Accepted. Polar Audience has queued this event');
    expect(text).toContain('First name nothing Ann');
    expect(text).toContain('Subscribed nothing yes');
    expect(text).toContain('version 1 of the settings, saved by grace on');
    expect(html).toContain('<a href="/console/settings">settings</a>');
    expect(text).toContain('User group buyers, to new contacts');
    expect(text).toMatch(/amount \$[\d.]+ \(\d+ in minor units\)/);
    expect(text).toContain('No email: no active workflow waited for order.paid');
    expect(html).toMatch(/href="\/console\/audience\/[0-9a-f-]{36}"><span class="address">ann@/);
    expect(html).toContain('<span class="json-name">&quot;billing_reason&quot;</span>:');
  });

  test.each([
    ['customer.created', 'was already here: an earlier event added it. Asked for no email.'],
    ['order.paid', 'was already known. Asked for no email.'],
  ] as const)('says of a %s that changed nothing why', async (type, why) => {
    const email = `first-${type}@example.com`;
    await at.happen('subscription.active', { email });
    const { webhookId } = await at.happen(type, { email });
    expect((await at.get(`/console/events/${webhookId}`)).text).toContain(`${email} ${why}`);
  });

  test('says of one that changed nothing what kept it from it', async () => {
    const email = 'gone@example.com';
    await at.happen('customer.deleted', { email, settings: { customerDeleted: 'delete' } });
    const created = await at.happen('customer.created', { email });
    expect(created.outcome).toBe('unchanged');
    const { text } = await at.get(`/console/events/${created.webhookId}`);
    expect(text).toContain(`${created.reason} Asked for no email.`);
    expect(text).not.toMatch(/was already (here|known)/);

    const keptByHand = ['firstName', 'lastName'] as const;
    await at.recorded(1, () => ({ webhookId: 'evt-kept', keptByHand: [...keptByHand] }));
    const kept = await at.get('/console/events/evt-kept');
    expect(kept.text).toContain('Changed nothing: people set first name and last name by hand.');
  });

  test('says once why an event was skipped, and offers no workflow, which would not see it', async () => {
    const reason = 'order.refunded is switched off in the settings.';
    await at.recorded(1, () => ({ webhookId: 'evt-skipped', outcome: 'skipped', reason }));
    const { text } = await at.get(pathOf('evt-skipped'));
    expect(text.split(reason)).toHaveLength(2);
    expect(text).toContain('No email: workflows don’t see events that are skipped.');
    expect(text).not.toContain('Make a workflow');
  });

  test('says so where the settings of the time were not kept', async () => {
    const { webhookId } = await at.happen('order.paid', { settings: { version: 77 } });
    expect((await allOf(webhookId)).text).toContain(
      'version 77 of the settings. What that version said wasn’t kept.',
    );
  });

  test('tells of each workflow why it sent nothing, or what became of its email', async () => {
    const tooOld = activeWorkflow({ workflowId: 'late', name: 'Late', maxAgeHours: -1 });
    const asks = activeWorkflow({ workflowId: 'asks', name: 'Asks' });
    const { webhookId } = await at.happen('customer.created', { workflows: [tooOld, asks] });
    const { text, html } = await at.get(pathOf(webhookId));
    expect(text).toContain('Late version 3 sends nothing The event is older than -1 hours');
    expect(text).toContain('Asks version 3 asks for an email It isn’t in the ledger yet');
    expect(html).toContain('href="/console/workflows/asks"');
    expect(text).not.toContain('See the email');
    const sent = await mailed('sent');
    const page = await at.get(pathOf(sent.webhookId));
    expect(page.text).toContain('SES took it.');
    expect(page.text).toContain('ses-1');
    expect(page.html).not.toContain('ask=send-again');
    const email = /href="([^"]+)">See the email</.exec(page.html)?.[1] ?? '';
    expect(email).toContain(sent.ledgerKey);
    expect((await at.get(email)).text).toContain('ses-1');
  });

  test('keeps hostile names text, everywhere', async () => {
    const name = `<script>alert("1")</script> '"><img src=x>`;
    const hostile = activeWorkflow({ workflowId: '"><img>', name });
    await at.parts.workflows.save({ ...hostile, version: 1 });
    const webhookId = `evt-"><script>alert(1)</script>`;
    await at.happen('customer.created', { name, webhookId, workflows: [hostile] });
    for (const query of ['', '?view=payload', '?ask=replay&triggers=on']) {
      const { html, text, status } = await at.get(`${pathOf(webhookId)}${query}`);
      expect(status).toBe(200);
      expect(html).not.toMatch(/<script>|<img|<script[^>]+alert/);
      if (query !== '?view=payload') expect(text).toContain('<script>alert("1")</script>');
    }
  });

  it.each(['a/b', 'a%2Fb', 'a b?c#d', '100%', 'evt_ü'])(
    'is found under the id %s',
    async (webhookId) => {
      await at.happen('customer.created', { webhookId });
      const { status, text } = await at.get(pathOf(webhookId));
      expect(status).toBe(200);
      expect(text).toContain(webhookId);
    },
  );

  test('says why there is no payload', async () => {
    const record = await at.happen('customer.created');
    const item = await eventItem(record.webhookId);
    const { payload: _, ...without } = { ...item };
    await at.put('Events', { ...without, webhookId: 'omitted', payloadOmitted: true });
    await at.put('Events', { ...without, webhookId: 'erased', erased: true, changes: [] });
    expect((await allOf('omitted')).text).toContain('too large to keep');
    expect((await allOf('omitted')).text).not.toContain('erased');
    const { text } = await allOf('erased');
    expect(text).toContain('It was erased with the customer.');
    expect(text).toContain('What it changed was erased');
    expect((await at.get(`${pathOf('erased')}?ask=payload`)).status).toBe(404);
    const event = await at.get(pathOf('erased'));
    expect(event.text).toContain('Can’t be replayed: the customer was erased');
    expect(event.text).not.toContain('its page');
    expect(event.html).toContain(`href="/console/audience/customers/${item?.['customerId']}"`);
    expect(event.html).not.toContain('ask=replay');
  });

  test('shows the beginning of a long payload, and gives it whole', async () => {
    const { webhookId } = await at.happen('customer.created', { name: 'x'.repeat(60_000) });
    const { html, text } = await at.get(`${pathOf(webhookId)}?view=payload`);
    expect(html.length).toBeLessThan(100_000);
    expect(text).toMatch(/There are [\d,]+ more characters/);
    const whole = await at.get(`${pathOf(webhookId)}?ask=payload`);
    expect(whole.headers.get('content-disposition')).toContain('attachment');
    const item = await eventItem(webhookId);
    expect(whole.html).toBe(item?.['payload']);
  });
});

describe('an email that waits for a person', () => {
  test('is marked as sent only after a question', async () => {
    const { webhookId, ledgerKey, emails } = await mailed('unknown');
    const event = await at.get(pathOf(webhookId));
    expect(event.text).toContain('SES may have sent it');
    const ask = `${pathOf(webhookId)}?ask=mark-sent&email=${ledgerKey}`;
    expect(event.html).toContain(ask.replace('&', '&amp;'));
    expect((await at.get(ask)).text).toContain('Mark this email as sent?');
    expect(await emails.find(ledgerKey)).toMatchObject({ state: 'unknown' });
    const done = await at.submit(pathOf(webhookId), { act: 'mark-sent', email: ledgerKey });
    expect(done.text).toContain('The email is marked as sent.');
    expect(await emails.find(ledgerKey)).toMatchObject({
      state: 'sent',
      reason: 'Marked as sent by a local user',
    });
    const again = await at.submit(pathOf(webhookId), { act: 'send-again', email: ledgerKey });
    expect(again.text).toContain('Nothing was changed: the email is sent');
    expect((await at.get(ask)).text).toContain('so there’s nothing to settle');
    expect(await at.taken('MAIL_QUEUE_URL')).toEqual([]);
  });

  it.each(['unknown', 'blocked'] as const)('is sent again where it is %s', async (state) => {
    const { webhookId, ledgerKey, emails } = await mailed(state);
    const done = await at.submit(pathOf(webhookId), { act: 'send-again', email: ledgerKey });
    expect(done.text).toContain('The email is queued again');
    expect(await emails.find(ledgerKey)).toMatchObject({ state: 'waiting' });
    const [message] = await at.taken('MAIL_QUEUE_URL');
    expect(readMailMessage(message?.Body ?? '')).toMatchObject({ ledgerKey, webhookId });
  });

  test('stays as it is without the token of the form, and without a known act', async () => {
    const { webhookId, ledgerKey, emails } = await mailed('unknown');
    const fields = { act: 'send-again', email: ledgerKey };
    expect((await at.postWithToken(pathOf(webhookId), 'guessed', fields)).status).toBe(403);
    await at.post(pathOf(webhookId), { act: 'destroy', email: ledgerKey });
    await at.post(pathOf(webhookId), { act: 'send-again', email: '' });
    expect(await emails.find(ledgerKey)).toMatchObject({ state: 'unknown' });
    expect(await at.taken('MAIL_QUEUE_URL')).toEqual([]);
  });
});

describe('a replay', () => {
  test('is tried out first, and that changes nothing', async () => {
    const { webhookId } = await mailed('sent');
    const before = await eventItem(webhookId);
    const contacts = await at.items('Contacts');
    const contactOnly = await at.get(`${pathOf(webhookId)}?ask=replay`);
    expect(contactOnly.text).toContain('No email goes out: no workflow sees it.');
    const withWorkflows = await at.get(`${pathOf(webhookId)}?ask=replay&triggers=on`);
    expect(withWorkflows.text).toContain('would not be sent Already sent.');
    const again = await at.get(`${pathOf(webhookId)}?ask=replay&triggers=again`);
    expect(again.text).toContain('would be sent');
    expect(again.text).not.toContain('Already sent.');
    expect(again.html).toContain('name="triggers" value="again" checked>');
    // What only workflows send can't be asked for without them.
    expect(contactOnly.html.match(/<input type="(?:radio|checkbox)"/g)).toHaveLength(3);
    expect(await eventItem(webhookId)).toEqual(before);
    expect(await at.items('Contacts')).toEqual(contacts);
    expect(await at.taken('EVENTS_QUEUE_URL')).toEqual([]);
  });

  test('is queued as it was asked for, and shown once it has run', async () => {
    const { webhookId, workflow } = await mailed('sent');
    const { html } = await at.get(`${pathOf(webhookId)}?ask=replay&triggers=on`);
    const replayId = /name="replayId" value="([^"]+)"/.exec(html)?.[1] ?? '';
    const fields = { act: 'replay', replayId, triggers: 'on' };
    const done = await at.submit(pathOf(webhookId), fields);
    expect(done.text).toContain('The replay is queued.');
    const [message] = await at.taken('EVENTS_QUEUE_URL');
    const kind = message?.MessageAttributes?.['kind']?.StringValue;
    const request = readWorkerRequest(kind, message?.Body ?? '');
    expect(request).toMatchObject({
      kind: 'replay',
      replay: { replayId, webhookId, triggers: true, again: false, by: 'local' },
    });
    if (request?.kind !== 'replay') throw new Error('It is no replay.');
    const surroundings = { settings: await at.parts.settings(), now: at.now(), newId: at.newId };
    const { store, pause } = at;
    await applyReplay(request.replay, { store, pause, surroundings, workflows: [workflow] });
    const { text } = await at.get(`${pathOf(webhookId)}?view=replays`);
    expect(text).toContain('with workflows, requested by a local user');
  });

  test('sends again only together with workflows', async () => {
    const { webhookId } = await at.happen('customer.created');
    await at.post(pathOf(webhookId), { act: 'replay', replayId: 'no id', again: 'on' });
    const [message] = await at.taken('EVENTS_QUEUE_URL');
    const body = JSON.parse(message?.Body ?? '');
    expect(body).toMatchObject({ triggers: false, again: false });
    expect(body.replayId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('is not offered where there is nothing to run again', async () => {
    const record = await at.happen('customer.created');
    const { payload: _, ...without } = { ...(await eventItem(record.webhookId)) };
    await at.put('Events', { ...without, webhookId: 'gone', payloadOmitted: true });
    const { text, html } = await at.get(`${pathOf('gone')}?ask=replay`);
    expect(text).toContain('Can’t be replayed: its payload was too large to keep.');
    expect(html).not.toContain('Replay now');
    const event = await at.get(pathOf('gone'));
    expect(event.text).toContain('Can’t be replayed: its payload was too large to keep.');
    expect(event.html).not.toContain('ask=replay');
  });
});
