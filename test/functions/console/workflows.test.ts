import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Email } from '#shared/audience/email.ts';
import { defaultSettings } from '#shared/audience/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { shardOf } from '#shared/aws/index-keys.ts';
import { saveSettings } from '#shared/aws/settings-history.ts';
import { readyMade } from '#shared/mail/ready-made.ts';
import { startConsole } from './console-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
  await at.parts.settings();
});
afterAll(() => at.stop());
beforeEach(async () => {
  for (const { workflowId } of await at.parts.workflows.all()) {
    await at.parts.workflows.remove(workflowId);
  }
  await set({ postalAddress: 'Example Shop, Street 1' });
});

const list = '/console/workflows';
const hostile = '<script>alert("x")</script>\' onload="y';

async function set(change: Partial<typeof defaultSettings>) {
  const { version } = await at.parts.settings();
  const next = { ...defaultSettings, ...change, version: version + 1 };
  await saveSettings(at.db, at.tableOf('Settings'), next, { at: new Date(), by: 'a test' });
}

/** Adds one as a person does and gives where it is edited, without `/edit`. */
async function added(template: string) {
  const { location } = await at.post(list, { template });
  const path = /^(\/console\/workflows\/[a-z0-9-]+)\/edit$/.exec(location ?? '')?.[1];
  if (path === undefined) throw new Error(`Nothing was added: ${location}`);
  return { path, saved: () => stored(path) };
}

async function stored(path: string): Promise<Workflow> {
  const workflow = await at.parts.workflows.find(path.split('/').at(-1) ?? '');
  if (!workflow) throw new Error(`There is no workflow at ${path}`);
  return workflow;
}

/** What the form of a workflow would send. */
function fieldsOf({ name, trigger, frequency, maxAgeHours, email, version }: Workflow) {
  const rows = trigger.conditions.flatMap(({ property, operator, value = '' }, index) => [
    [`property-${index}`, property],
    [`operator-${index}`, operator],
    [`value-${index}`, value],
  ]);
  return {
    act: 'save',
    version: String(version),
    name,
    event: trigger.event,
    frequency,
    maxAgeHours: String(maxAgeHours),
    ...email,
    ...Object.fromEntries(rows),
  };
}

describe('the list', () => {
  test('offers the ready-made ones where there are none', async () => {
    const { text, html } = await at.get(list);
    expect(text).toContain('There is none yet.');
    expect(html).toContain('href="/console/workflows/new"');
    const choice = await at.get(`${list}/new`);
    expect(choice.text.indexOf('Welcome')).toBeLessThan(choice.text.indexOf('Receipt'));
    for (const { title, description } of readyMade) {
      expect(choice.text).toContain(title);
      expect(choice.text).toContain(description);
    }
  });

  test('counts the emails of each by state', async () => {
    const { saved } = await added('receipt');
    const { workflowId } = await saved();
    await emails(workflowId, 3, () => ({ state: 'sent' }));
    await emails(workflowId, 1, () => ({ state: 'blocked', reason: 'because' }));
    await emails(workflowId, 2, () => ({ state: 'unknown' }));
    const { text } = await at.get(list);
    expect(text).toMatch(
      /Receipt draft order\.paid Once per order Transactional 3 sent 1 blocked 2 unknown/,
    );
  });

  test('of many goes on to the next page, each workflow on one of them', async () => {
    const [first] = await Promise.all([added('receipt')]);
    const one = await first.saved();
    for (let index = 0; index < 30; index++) {
      await at.parts.workflows.save({
        ...one,
        workflowId: `w-${index}`,
        version: 1,
        name: `N${index}.`,
      });
    }
    const pages = [await at.get(list), await at.get(`${list}?page=2`)];
    const all = pages.flatMap(
      ({ html }) => html.match(/href="\/console\/workflows\/w-\d+"/g) ?? [],
    );
    expect(new Set(all).size).toBe(30);
    expect(all).toHaveLength(30);
    expect(pages[1]?.text).not.toContain('Next');
    expect((await at.get(`${list}?page=nonsense`)).status).toBe(200);
  });
});

describe('adding one', () => {
  test.each(readyMade)('$name leads to its form', async ({ name, title }) => {
    const { path, saved } = await added(name);
    expect(await saved()).toMatchObject({ name: title, status: 'draft', version: 1 });
    const { status, text, html } = await at.get(`${path}/edit`);
    expect(status).toBe(200);
    expect(text).toContain(`Edit ${title}`);
    expect(html.length).toBeLessThan(100_000);
  });

  test('can begin with an empty one', async () => {
    const { path, saved } = await added('');
    expect(await saved()).toMatchObject({ name: 'New workflow', status: 'draft' });
    expect((await at.get(`${path}/edit`)).text).not.toContain('not right');
  });

  test('needs the token of a form', async () => {
    expect((await at.postWithToken(list, 'wrong', { template: 'receipt' })).status).toBe(403);
    expect(await at.parts.workflows.all()).toEqual([]);
  });
});

describe('saving', () => {
  test('keeps all that was typed as the next version', async () => {
    const { path, saved } = await added('receipt');
    const before = await saved();
    const answer = await at.submit(`${path}/edit`, {
      ...fieldsOf(before),
      name: 'Thanks',
      event: 'subscription.active',
      'property-0': 'amount',
      'operator-0': 'is-not',
      'value-0': '0',
      'property-1': '',
      'operator-1': 'is',
      'value-1': '',
      'property-2': 'trialEnd',
      'operator-2': 'is-set',
      'value-2': '',
      frequency: 'once-per-subscription',
      maxAgeHours: '24',
      kind: 'marketing',
      from: 'Ada <ada@example.com>',
      replyTo: 'help@example.com',
      subject: 'Thanks, {{ contact.firstName | default: "you" }}',
      preheader: '',
      body: 'One\r\n\r\nTwo',
    });
    expect(answer.text).toContain('Saved as version 2. It is a draft');
    expect(await saved()).toMatchObject({
      version: 2,
      name: 'Thanks',
      trigger: {
        event: 'subscription.active',
        conditions: [
          { property: 'amount', operator: 'is-not', value: '0' },
          { property: 'trialEnd', operator: 'is-set' },
        ],
      },
      frequency: 'once-per-subscription',
      maxAgeHours: 24,
      email: {
        kind: 'marketing',
        from: 'Ada <ada@example.com>',
        replyTo: 'help@example.com',
        body: 'One\n\nTwo',
      },
    });
  });

  test('takes out what was emptied', async () => {
    const { path, saved } = await added('receipt');
    await at.post(`${path}/edit`, { ...fieldsOf(await saved()), from: 'a@example.com' });
    expect((await saved()).email.from).toBe('a@example.com');
    await at.post(`${path}/edit`, { ...fieldsOf(await saved()), from: ' ' });
    expect((await saved()).email).not.toHaveProperty('from');
  });

  test('what is there already changes nothing', async () => {
    const { path, saved } = await added('cancellation-scheduled');
    const answer = await at.submit(`${path}/edit`, fieldsOf(await saved()));
    expect(answer.text).toContain('Nothing was changed.');
    expect((await saved()).version).toBe(1);
  });

  test('says what is wrong at its field, all at once, and keeps what was typed', async () => {
    const { path, saved } = await added('receipt');
    const before = await saved();
    const { status, text, html } = await at.post(`${path}/edit`, {
      ...fieldsOf(before),
      name: '',
      'property-0': 'amount',
      'operator-0': 'is',
      'value-0': '19.99',
      'property-1': '',
      'operator-1': 'is',
      'value-1': 'something',
      maxAgeHours: 'soon',
      from: 'nobody',
      subject: '{{ event.amnt }}',
      body: `${hostile} {{ contact.fistName }}`,
    });
    expect(status).toBe(422);
    expect(text).toContain('Nothing was saved. 7 things are not right:');
    for (const [id, sentence] of [
      ['name', 'The name is empty.'],
      ['property-0', 'needs a whole number of minor units'],
      ['property-1', 'Choose what this condition is about.'],
      ['maxAgeHours', 'The age in hours must be above 0'],
      ['from', 'From must be one address'],
      ['subject', 'did you mean event.amount?'],
      ['body', 'Body, line 1: There is no variable contact.fistName'],
    ]) {
      expect(html).toMatch(new RegExp(`<a href="#${id}">[^<]*${escaped(sentence)}`));
      expect(html).toContain(`id="${id}"`);
    }
    expect(html).toContain('id="body-problem"');
    expect(html).toContain('value="19.99"');
    expect(html).toContain('value="soon"');
    expect(html).not.toContain('<script>alert');
    expect(text).toContain(hostile);
    expect(await saved()).toEqual(before);
  });

  test.each([
    { event: 'nothing.happened', frequency: 'daily', kind: 'spam', act: 'save' },
    { act: 'remove-condition-99999999', version: '-1' },
    { act: hostile, example: hostile, event: hostile },
    { name: 'x'.repeat(10_000), body: '{% for x in (1..1000000000) %}{{ x }}{% endfor %}' },
  ])('answers a hostile form with a page (%#)', async (fields) => {
    const { path, saved } = await added('receipt');
    const before = await saved();
    const { status, html } = await at.post(`${path}/edit`, { ...fieldsOf(before), ...fields });
    expect([200, 409, 422]).toContain(status);
    expect(html).not.toContain('<script>alert');
    expect(await saved()).toEqual(before);
  });

  test('a form with nothing in it saves nothing', async () => {
    const { path, saved } = await added('receipt');
    expect((await at.post(`${path}/edit`, { act: 'save' })).status).toBe(409);
    expect((await at.post(`${path}/edit`)).status).toBe(200);
    expect((await saved()).version).toBe(1);
  });

  test('names stay text wherever they are shown', async () => {
    const { path, saved } = await added('receipt');
    await at.post(`${path}/edit`, { ...fieldsOf(await saved()), name: hostile, subject: hostile });
    expect((await saved()).name).toBe(hostile);
    for (const page of [list, path, `${path}/edit`, `${path}/remove`]) {
      const { html, text } = await at.get(page);
      expect(html).not.toContain('<script>alert');
      expect(text).toContain(hostile);
    }
  });
});

describe('a condition', () => {
  test('is added and removed without saving anything', async () => {
    const { path, saved } = await added('cancellation-scheduled');
    const before = await saved();
    const rows = (html: string) => html.match(/name="property-\d+"/g)?.length;
    const more = await at.post(`${path}/edit`, { ...fieldsOf(before), act: 'add-condition' });
    expect(rows(more.html)).toBe(before.trigger.conditions.length + 1);
    const fewer = await at.post(`${path}/edit`, { ...fieldsOf(before), act: 'remove-condition-0' });
    expect(rows(fewer.html)).toBe(before.trigger.conditions.length - 1);
    expect(fewer.html).toMatch(/<option value="endedAt" selected>/);
    expect(fewer.html).not.toMatch(/<option value="cancelAtPeriodEnd" selected>/);
    expect(await saved()).toEqual(before);
  });
});

describe('two people at one workflow', () => {
  test('the second sees both versions, and chooses', async () => {
    const { path, saved } = await added('receipt');
    const before = await saved();
    await at.post(`${path}/edit`, { ...fieldsOf(before), name: 'Of the first' });
    const mine = { ...fieldsOf(before), name: 'Of the second', subject: 'Mine' };
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
    const { path, saved } = await added('receipt');
    const before = await saved();
    await at.post(`${path}/edit`, { ...fieldsOf(before), name: 'Of the first' });
    const shown = await at.post(`${path}/edit`, { ...fieldsOf(before), act: 'preview' });
    expect(shown.html).toContain('name="version" value="1"');
  });

  test('what was typed for a removed one can still be read', async () => {
    const { path, saved } = await added('receipt');
    const fields = fieldsOf(await saved());
    await at.post(`${path}/remove`);
    const { status, text } = await at.post(`${path}/edit`, { ...fields, body: 'Long thought of' });
    expect(status).toBe(404);
    expect(text).toContain('Long thought of');
    expect(await at.parts.workflows.all()).toEqual([]);
  });
});

describe('activating', () => {
  test('lets it send, and pausing stops it', async () => {
    const { path, saved } = await added('receipt');
    const activated = await at.submit(`${path}/activate`, { version: '1' });
    expect(activated.text).toContain('It is active');
    expect(activated.text).toContain('This version is live.');
    expect(await saved()).toMatchObject({ status: 'active', version: 2 });
    const paused = await at.submit(`${path}/pause`, { version: '2' });
    expect(paused.text).toContain('It is paused.');
    expect(await saved()).toMatchObject({ status: 'paused', version: 3 });
  });

  test('is refused with a sentence while something is in the way', async () => {
    await set({ postalAddress: null });
    const { path, saved } = await added('welcome');
    expect((await at.get(path)).text).toContain('Before it can be active: Marketing email must');
    const { text } = await at.submit(`${path}/activate`, { version: '1' });
    expect(text).toContain(
      'It cannot be activated. Marketing email must carry your postal address',
    );
    expect((await saved()).status).toBe('draft');
  });

  test('does nothing to a version that the person has not seen', async () => {
    const { path, saved } = await added('receipt');
    await at.post(`${path}/edit`, { ...fieldsOf(await saved()), name: 'Changed' });
    const { text } = await at.submit(`${path}/activate`, { version: '1' });
    expect(text).toContain('Someone else changed the workflow meanwhile');
    expect((await saved()).status).toBe('draft');
    await at.submit(`${path}/activate`, {});
    expect((await saved()).status).toBe('draft');
  });

  test('is kept by a save, which is live at once', async () => {
    const { path, saved } = await added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    expect((await at.get(`${path}/edit`)).text).toContain('live at once, as version 3');
    const fields = { ...fieldsOf(await saved()), subject: 'Another' };
    const { text } = await at.submit(`${path}/edit`, fields);
    expect(text).toContain('Saved as version 3. It is live');
    expect(await saved()).toMatchObject({ status: 'active', compiled: { subject: 'Another' } });
  });

  test('ends with a save that may not be active', async () => {
    await set({ postalAddress: null });
    const { path, saved } = await added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    const fields = { ...fieldsOf(await saved()), kind: 'marketing' };
    const { text } = await at.submit(`${path}/edit`, fields);
    expect(text).toContain('Saved as version 3, and paused, because it may not be active');
    expect((await saved()).status).toBe('paused');
  });

  test.each([
    [{ enabled: false }, 'The settings have order.paid switched off'],
    [{ trigger: false }, 'The settings keep order.paid from workflows'],
  ])('goes with a warning and a link where %j', async (change, sentence) => {
    const events = {
      ...defaultSettings.events,
      'order.paid': { ...defaultSettings.events['order.paid'], ...change },
    };
    await set({ events });
    const { path } = await added('receipt');
    for (const page of [path, `${path}/edit`]) {
      const { text, html } = await at.get(page);
      expect(text.split(sentence)).toHaveLength(2);
      expect(html).toContain('href="/console/polar#settings"');
    }
    expect((await at.submit(`${path}/activate`, { version: '1' })).text).toContain('It is active');
  });
});

describe('a test to oneself', () => {
  test('is sent once, and the address is remembered', async () => {
    const { path } = await added('receipt');
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
    const { path } = await added('receipt');
    const before = at.ses.calls();
    const { text } = await at.submit(`${path}/test`, { to });
    expect(text).toContain('That is no email address');
    expect(at.ses.calls()).toBe(before);
  });

  test('says what SES says', async () => {
    const { path } = await added('receipt');
    at.ses.behave((['reject'] as const)[Symbol.iterator]());
    const { text } = await at.submit(`${path}/test`, { to: 'me@example.com' });
    expect(text).toContain('It was not sent. SES says: MessageRejected');
  });
});

describe('removing', () => {
  test('is asked about first, and leaves the ledger', async () => {
    const { path, saved } = await added('receipt');
    const { workflowId } = await saved();
    await emails(workflowId, 1, () => ({ state: 'sent' }));
    const before = await at.items('Emails');
    const { text } = await at.get(`${path}/remove`);
    expect(text).toContain('stays in the ledger');
    expect(await saved()).toBeDefined();
    const done = await at.submit(`${path}/remove`);
    expect(done.text).toContain('Receipt is removed.');
    expect(await at.parts.workflows.all()).toEqual([]);
    expect(await at.items('Emails')).toEqual(before);
    expect((await at.get(path)).status).toBe(404);
    expect((await at.post(`${path}/activate`, { version: '1' })).status).toBe(404);
  });
});

let ledger = 0;

/** Rows of the ledger, as the mailer leaves them. */
async function emails(workflowId: string, count: number, of: (nth: number) => Partial<Email>) {
  for (let nth = 0; nth < count; nth++) {
    const ledgerKey = `key-${++ledger}`;
    const at0 = new Date(Date.UTC(2026, 10, 1, 0, 0, Math.floor(ledger / 3))).toISOString();
    await at.put('Emails', {
      ledgerKey,
      workflowId,
      workflowVersion: 1,
      workflowShard: `${shardOf(ledgerKey)}#${workflowId}`,
      webhookId: `webhook/${ledger}`,
      customerId: 'c1',
      contactId: `contact-${ledger}`,
      state: 'sent',
      createdAt: at0,
      updatedAt: at0,
      ...of(nth),
    });
  }
}

test('the emails of a workflow are listed newest first, each on one page, with reasons and links', async () => {
  const { path, saved } = await added('receipt');
  const { workflowId } = await saved();
  await emails(workflowId, 60, (nth) =>
    nth % 2 === 0 ? { state: 'blocked', reason: `Because of ${hostile}` } : {},
  );
  const seen: string[] = [];
  let next: string | undefined = path;
  let pages = 0;
  while (next !== undefined && pages < 10) {
    const { html, text, status } = await at.get(next);
    expect(status).toBe(200);
    expect(html).not.toContain('<script>alert');
    expect(text).toContain(`Because of ${hostile}`);
    seen.push(...(html.match(/\/console\/events\/webhook%2F\d+/g) ?? []));
    next = /href="([^"#]+after=[^"#]+)#emails">Older/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    pages += 1;
  }
  expect(pages).toBe(3);
  expect(seen).toHaveLength(60);
  expect(new Set(seen).size).toBe(60);
  const numbers = seen.map((link) => Number(link.split('%2F')[1]));
  const seconds = numbers.map((number) => Math.floor(number / 3));
  expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
});

test.each(['nonsense', Buffer.from('{"0":{"createdAt":1}}').toString('base64url')])(
  'a cursor that is none of ours shows the beginning: %s',
  async (after) => {
    const { path } = await added('receipt');
    expect((await at.get(`${path}?after=${after}`)).status).toBe(200);
  },
);

function escaped(text = ''): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
