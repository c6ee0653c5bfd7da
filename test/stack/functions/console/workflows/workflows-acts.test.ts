import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { fieldsOf, startWorkflowDesk } from './workflow-pages-at-work.ts';

let at: Awaited<ReturnType<typeof startWorkflowDesk>>;
beforeAll(async () => {
  at = await startWorkflowDesk();
});
afterAll(() => at.stop());
beforeEach(() => at.clear());

describe('two people at one workflow', () => {
  test('the second sees both versions, and chooses', async () => {
    const { path, saved } = await at.added('receipt');
    const before = await saved();
    await at.post(`${path}/edit`, { ...fieldsOf(before), name: 'Of the first' });
    const mine = { ...fieldsOf(before), name: 'Of the second', 'step-0-subject': 'Mine' };
    const { status, text, html } = await at.post(`${path}/edit`, mine);
    expect(status).toBe(409);
    expect(text).toContain('Someone else changed this workflow');
    expect(text).toContain('Of the first');
    expect(html).toContain('value="Of the second"');
    expect(html).toContain('name="version" value="2"');
    expect(await saved()).toMatchObject({ name: 'Of the first', version: 2 });
    await at.post(`${path}/edit`, { ...mine, version: '2' });
    expect(await saved()).toMatchObject({ name: 'Of the second', version: 3 });
  });

  test('a preview in between does not lose sight of the change', async () => {
    const { path, saved } = await at.added('receipt');
    const before = await saved();
    await at.post(`${path}/edit`, { ...fieldsOf(before), name: 'Of the first' });
    const shown = await at.post(`${path}/edit`, { ...fieldsOf(before), act: 'preview' });
    expect(shown.html).toContain('name="version" value="1"');
  });

  test('what was typed for a removed one can still be read', async () => {
    const { path, saved } = await at.added('receipt');
    const fields = fieldsOf(await saved());
    await at.post(`${path}/remove`, { version: '1' });
    const { status, text } = await at.post(`${path}/edit`, {
      ...fields,
      'step-0-body': 'Long thought of',
    });
    expect(status).toBe(404);
    expect(text).toContain('Long thought of');
    expect(await at.parts.workflows.all()).toEqual([]);
  });
});

describe('removing', () => {
  test('does nothing to a version that the person has not seen, and leads to what is there now', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/edit`, { ...fieldsOf(await saved()), name: 'Of a colleague' });
    for (const fields of [{ version: '1' }, {}]) {
      const { text } = await at.submit(`${path}/remove`, fields);
      expect(text).toContain(
        'Someone else changed the workflow in the meantime, so it wasn’t removed.',
      );
      expect(text).toContain('Of a colleague');
    }
    expect(await saved()).toMatchObject({ name: 'Of a colleague', version: 2 });
  });

  test('looks at the version in the same moment as it removes', async () => {
    const { path, saved } = await at.added('receipt');
    const seen = await saved();
    await at.parts.workflows.save({ ...seen, version: 2, name: 'Of a colleague' });
    expect(await at.parts.workflows.remove(seen)).toBe(false);
    expect((await at.get(path)).text).toContain('Of a colleague');
    const now = await saved();
    expect(await at.parts.workflows.remove(now)).toBe(true);
    expect(await at.parts.workflows.remove(now)).toBe(true);
  });
});

describe('activating', () => {
  test('lets it send, and pausing stops it', async () => {
    const { path, saved } = await at.added('receipt');
    const activated = await at.submit(`${path}/activate`, { version: '1' });
    expect(activated.text).toContain('It’s active');
    expect(activated.text).toContain('This version is live.');
    expect(await saved()).toMatchObject({ status: 'active', version: 2 });
    const paused = await at.submit(`${path}/pause`, { version: '2' });
    expect(paused.text).toContain('It’s paused.');
    expect(await saved()).toMatchObject({ status: 'paused', version: 3 });
  });

  test('is refused with a sentence while something is in the way', async () => {
    await at.set({ postalAddress: null });
    const { path, saved } = await at.added('welcome');
    expect((await at.get(path)).text).toContain('Before it can be active: Marketing email must');
    const { text } = await at.submit(`${path}/activate`, { version: '1' });
    expect(text).toContain('It can’t be activated. Marketing email must carry your postal address');
    expect((await saved()).status).toBe('draft');
  });

  test('does nothing to a version that the person has not seen', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/edit`, { ...fieldsOf(await saved()), name: 'Changed' });
    const { text } = await at.submit(`${path}/activate`, { version: '1' });
    expect(text).toContain('Someone else changed the workflow in the meantime');
    expect((await saved()).status).toBe('draft');
    await at.submit(`${path}/activate`, {});
    expect((await saved()).status).toBe('draft');
  });

  test('is kept by a save, which is live at once', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    expect((await at.get(`${path}/edit`)).text).toContain('goes live immediately, as version 3');
    const fields = { ...fieldsOf(await saved()), 'step-0-subject': 'Another' };
    const { text } = await at.submit(`${path}/edit`, fields);
    expect(text).toContain('Saved as version 3. It’s live');
    const steps = [{ compiled: { subject: 'Another' } }];
    expect(await saved()).toMatchObject({ status: 'active', steps });
  });

  test('ends with a save that may not be active', async () => {
    await at.set({ postalAddress: null });
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    const fields = { ...fieldsOf(await saved()), 'step-0-kind': 'marketing' };
    const { text } = await at.submit(`${path}/edit`, fields);
    expect(text).toContain('Saved as version 3, and paused, because it can’t be active');
    expect((await saved()).status).toBe('paused');
    const reason = expect.stringContaining('Saved as version 3, and paused');
    expect(await at.items('Acts')).toContainEqual(
      expect.objectContaining({ what: 'workflow.edit', outcome: 'done', reason }),
    );
  });

  test.each([
    [{ enabled: false }, 'order.paid is switched off in the settings'],
    [{ trigger: false }, 'The settings keep order.paid from triggering workflows'],
  ])('goes with a warning and a link where %j', async (change, sentence) => {
    const events = {
      ...defaultSettings.events,
      'order.paid': { ...defaultSettings.events['order.paid'], ...change },
    };
    await at.set({ events });
    const { path } = await at.added('receipt');
    for (const page of [path, `${path}/edit`]) {
      const { text, html } = await at.get(page);
      expect(text.split(sentence)).toHaveLength(2);
      expect(html).toContain('href="/console/settings"');
    }
    expect((await at.submit(`${path}/activate`, { version: '1' })).text).toContain('It’s active');
  });

  test('says once how to switch on its optional event, with the link', async () => {
    const { path } = await at.added('refund');
    for (const page of [path, `${path}/edit`]) {
      const { text, html } = await at.get(page);
      expect(html).toContain(
        '<a href="/console/settings">Switch it on in Events &amp; groups</a>, ',
      );
      expect(text).not.toContain('Change it in the settings');
    }
  });
});

describe('a test to oneself', () => {
  test('is sent once, and the address is remembered', async () => {
    const { path } = await at.added('receipt');
    const before = at.ses.sent.length;
    const { text, html } = await at.submit(`${path}/test`, { to: 'me@example.com' });
    expect(text).toContain('Sent to me@example.com: [Test] ');
    expect(html).toContain('value="me@example.com"');
    expect(at.ses.sent.slice(before)).toMatchObject([{ to: 'me@example.com', ledgerKey: 'test' }]);
    expect(await at.items('Emails')).not.toContainEqual(
      expect.objectContaining({ ledgerKey: 'test' }),
    );
  });

  test.each(['', 'nobody', 'a@b\r\nBcc: c@example.com'])('needs an address: %j', async (to) => {
    const { path } = await at.added('receipt');
    const before = at.ses.calls();
    const { text } = await at.submit(`${path}/test`, { to });
    expect(text).toContain('Enter an email address, such as');
    expect(at.ses.calls()).toBe(before);
  });

  test('says what SES says', async () => {
    const { path } = await at.added('receipt');
    at.ses.behave((['reject'] as const)[Symbol.iterator]());
    const { text } = await at.submit(`${path}/test`, { to: 'me@example.com' });
    expect(text).toContain('It was not sent. SES says: MessageRejected');
  });
});

test('a workflow that nothing can be the name of is not found', async () => {
  const { status, text } = await at.get(`/console/workflows/${'w'.repeat(3_000)}`);
  expect(status).toBe(404);
  expect(text).toContain('workflow');
});
