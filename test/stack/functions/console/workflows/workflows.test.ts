import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idInPath } from '#functions/console/kit/in-url.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { readySequences } from '#shared/mail/ready-made/sequences.ts';
import { daysBefore } from '#shared/store/counts/counts.ts';
import { mailing } from '#test/support/audience/approved-mail.ts';
import { hostile, startWorkflowDesk, workflowsPath } from './workflow-pages-at-work.ts';

let at: Awaited<ReturnType<typeof startWorkflowDesk>>;
beforeAll(async () => {
  at = await startWorkflowDesk();
});
afterAll(() => at.stop());
beforeEach(() => at.clear());

describe('the list', () => {
  test('offers the ready-made ones where there are none', async () => {
    const { text, html } = await at.get(workflowsPath);
    expect(text).toContain('No workflows yet.');
    expect(html).toContain('href="/console/workflows/new"');
    const choice = await at.get(`${workflowsPath}/new`);
    expect(choice.text.indexOf('Welcome')).toBeLessThan(choice.text.indexOf('Receipt'));
    for (const { title, description } of [...readyMade, ...readySequences]) {
      expect(choice.text).toContain(title);
      expect(choice.text).toContain(description);
    }
  });

  test('takes as many calls of DynamoDB for many as for one', async () => {
    let calls = 0;
    at.parts.db.middlewareStack.add(
      (next) => (args) => {
        calls += 1;
        return next(args);
      },
      { step: 'initialize', name: 'counting' },
    );
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    const one = await saved();
    const callsOfList = async () => {
      calls = 0;
      expect((await at.get(workflowsPath)).text).toContain('Receipt active order.paid');
      return calls;
    };
    // What every page tells of the deployment is read now, and not again for a minute.
    await callsOfList();
    const ofOne = await callsOfList();
    for (let nth = 0; nth < 24; nth++) {
      await at.parts.workflows.save({ ...one, workflowId: `w-${nth}`, version: 1 });
    }
    // Which were removed is read again once others are there.
    await callsOfList();
    expect(await callsOfList()).toBe(ofOne);
    at.parts.db.middlewareStack.remove('counting');
  });

  test('leaves the emails of each, by state, to its own page', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    const { workflowId } = await saved();
    await at.emails(workflowId, 3, () => ({ state: 'sent' }));
    await at.emails(workflowId, 1, () => ({ state: 'blocked', reason: 'because' }));
    await at.emails(workflowId, 2, () => ({ state: 'unknown' }));
    expect((await at.get(path)).text).toMatch(/3 sent 1 blocked 2 unknown/);
    expect((await at.get(workflowsPath)).text).not.toContain('3 sent');
  });

  test('shows what each did in the last 14 days, and so does its page', async () => {
    const [quiet, busy] = [await at.added('receipt'), await at.added('dunning')];
    const { workflowId } = await busy.saved();
    const now = at.parts.now();
    const counted = (daysAgo: number, delivered: number) =>
      at.parts.counts.putDay({
        ...{ day: daysBefore(now, daysAgo), countedAt: now.toISOString() },
        ...{ hours: 24, isFinal: true },
        counts: {
          ...{ events: {}, newContacts: 0 },
          emails: { [workflowId]: { delivered, bounced: 10, blocked: 2 } },
          runs: { [workflowId]: { entered: 300, mailed: 200, endedEarly: 7 } },
        },
      });
    await counted(0, 1_000);
    await counted(13, 980);
    await counted(14, 5_000);
    const list = await at.get(workflowsPath);
    expect(list.text).toMatch(
      /2,000 sent, 1\.0% bounced, 4 blocked\s*600 runs begun: 400 mailed, 14 ended early/,
    );
    expect(list.text.match(/ sent, /g)).toHaveLength(1);
    expect((await at.get(busy.path)).text).toMatch(
      /Last 14 days.*Sent 2,000 Delivered 1,980 Bounced 20 \(1\.0%\) Blocked 4 Runs begun 600 Mailed 400 Ended early 14 Runs count on the day they begin/s,
    );
    expect((await at.get(quiet.path)).text).toContain('Nothing counted yet.');
  });

  test('says how many people wait in each, of very many the newest', async () => {
    const { workflowId } = await (await at.added('dunning')).saved();
    await at.added('receipt');
    const run = (shard: number, nth: number, state: string) =>
      at.put('Runs', {
        ...{ runId: `run-${shard}-${nth}`, workflowId, state },
        ...{ workflowShard: `${shard}#${workflowId}` },
        beganAt: new Date(Date.UTC(2026, 9, 1) + nth * 1_000).toISOString(),
      });
    const ofList = async () => (await at.get(workflowsPath)).text;
    expect(await ofList()).not.toContain('waiting');

    await run(0, 0, 'waiting');
    await run(1, 0, 'parked');
    for (const [nth, over] of ['done', 'exited', 'stopped'].entries()) await run(2, nth, over);
    expect((await ofList()).match(/\d+\+? waiting/g)).toEqual(['2 waiting']);
    for (let nth = 1; nth <= 250; nth++) await run(0, nth, 'waiting');
    expect(await ofList()).toContain('251+ waiting');
  });

  test('says where Polar mails at the same moment, too', async () => {
    await at.added('receipt');
    expect((await at.get(workflowsPath)).text).toMatch(/Polar may mail then, too/);
  });

  test('says which other active workflow mails the same people, on the page and in the editor', async () => {
    const [first, second] = [await at.added('receipt'), await at.added('receipt')];
    const note = (other: string) =>
      `Another workflow, “${other}”, also mails these people at order.paid. While both are active, they get both emails. Open the other one.`;
    expect((await at.get(second.path)).text).not.toContain('also mails');
    await at.post(`${first.path}/activate`, { version: '1' });
    for (const path of [second.path, `${second.path}/edit`]) {
      const shown = await at.get(path);
      expect(shown.text).toContain(note('Receipt'));
      expect(shown.html).toContain(`href="${first.path}"`);
    }
    await at.post(`${second.path}/activate`, { version: '1' });
    expect((await at.get(first.path)).text).toContain(note('Receipt 2'));
    await at.post(`${second.path}/pause`, { version: '2' });
    expect((await at.get(first.path)).text).not.toContain('also mails');
  });

  test('says of an active one whose event is switched off that it sends nothing', async () => {
    const { path } = await at.added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    expect((await at.get(workflowsPath)).text).not.toContain('its event is off');
    const { events } = defaultSettings;
    const off = { ...events['order.paid'], enabled: false };
    await at.set({ events: { ...events, 'order.paid': off } });
    expect((await at.get(workflowsPath)).text).toContain('active, but its event is off');
    expect((await at.get(path)).text).toContain('active, but its event is off');
    // Nobody is mailed twice by what sends nothing.
    const other = await at.added('receipt');
    for (const shown of [other.path, `${other.path}/edit`]) {
      const { text } = await at.get(shown);
      expect(text).toContain('order.paid is switched off in the settings');
      expect(text).not.toMatch(/Polar (may )?also mail|also mails these people/);
    }
  });

  test('of many goes on to the next page, each workflow on one of them', async () => {
    const [first] = await Promise.all([at.added('receipt')]);
    const one = await first.saved();
    for (let index = 0; index < 30; index++) {
      await at.parts.workflows.save({
        ...one,
        workflowId: `w-${index}`,
        version: 1,
        name: `N${index}.`,
      });
    }
    const pages = [await at.get(workflowsPath), await at.get(`${workflowsPath}?page=2`)];
    const all = pages.flatMap(
      ({ html }) => html.match(/href="\/console\/workflows\/w-\d+"/g) ?? [],
    );
    expect(new Set(all).size).toBe(30);
    expect(all).toHaveLength(30);
    expect(pages[1]?.text).not.toContain('Next');
    expect((await at.get(`${workflowsPath}?page=nonsense`)).status).toBe(200);
  });
});

test.each([
  ['welcome', 'Subject Welcome, Ada! with example values'],
  ['account-linked', 'Subject Your account is ready Version'],
])(
  'the page of %s shows the subject as people get it, and no Liquid',
  async (template, subject) => {
    const { path } = await at.added(template);
    const { text } = await at.get(path);
    expect(text).toContain(subject);
    expect(text).not.toMatch(/\{[{%]/);
  },
);

test('its page and its editor say when Polar sends its event', async () => {
  const { path } = await at.added('payment-failed');
  expect((await at.get(path)).text).toContain(
    'When Event received from Polar: subscription.past_due A payment failed; Polar will retry it.',
  );
  const { text } = await at.get(`${path}/edit`);
  expect(text).toContain('subscription.past_due: a payment failed; Polar will retry it');
  expect(text).toContain('order.refunded (optional): an order was refunded, in part or in full');
});

describe('adding one', () => {
  test.each(readyMade)('$name leads to its form', async ({ name, title }) => {
    const { path, saved } = await at.added(name);
    expect(await saved()).toMatchObject({ name: title, status: 'draft', version: 1 });
    const { status, text, html } = await at.get(`${path}/edit`);
    expect(status).toBe(200);
    expect(text).toContain(`Edit ${title}`);
    expect(html.length).toBeLessThan(100_000);
  });

  test.each(readySequences)('$name is saved whole', async ({ name, title, steps }) => {
    const { path, saved } = await at.added(name);
    expect((await saved()).steps).toMatchObject(steps);
    const { status, text } = await at.get(path);
    expect(status).toBe(200);
    expect(text).toContain(title);
    await at.post(`${path}/activate`, { version: '1' });
    expect(await saved()).toMatchObject({ status: 'active' });
  });

  test('can begin with an empty one', async () => {
    const { path, saved } = await at.added('');
    expect(await saved()).toMatchObject({ name: 'New workflow', status: 'draft' });
    expect((await at.get(`${path}/edit`)).text).not.toContain('not right');
  });

  test('needs the token of a form', async () => {
    expect((await at.postWithToken(workflowsPath, 'wrong', { template: 'receipt' })).status).toBe(
      403,
    );
    expect(await at.parts.workflows.all()).toEqual([]);
  });
});

describe('removing', () => {
  test('is asked about first, and leaves the ledger', async () => {
    const { path, saved } = await at.added('receipt');
    const { workflowId } = await saved();
    await at.emails(workflowId, 1, () => ({ state: 'sent' }));
    const before = await at.items('Emails');
    const { text, html } = await at.get(`${path}/remove`);
    expect(text).toContain('What it sent stays on the pages');
    expect(html).toContain('name="version" value="1"');
    expect(await saved()).toBeDefined();
    const done = await at.submit(`${path}/remove`, { version: '1' });
    expect(done.text).toContain('Receipt was removed.');
    expect(await at.parts.workflows.all()).toEqual([]);
    expect(await at.items('Emails')).toEqual(before);
    expect((await at.get(path)).location).toBe(`${path}/versions`);
    expect((await at.post(`${path}/activate`, { version: '1' })).status).toBe(404);
  });
});

test('the emails of a workflow are listed newest first, each on one page, with reasons and links', async () => {
  const { path, saved } = await at.added('receipt');
  const { workflowId } = await saved();
  await at.emails(workflowId, 60, (nth) =>
    nth % 2 === 0 ? { state: 'blocked', reason: `Because of ${hostile}` } : {},
  );
  const seen: string[] = [];
  const mails: (string | undefined)[] = [];
  let next: string | undefined = path;
  let pages = 0;
  while (next !== undefined && pages < 10) {
    const { html, text, status } = await at.get(next);
    expect(status).toBe(200);
    expect(html).not.toContain('<script>alert');
    expect(text).toContain(`Because of ${hostile}`);
    mails.push(...[...html.matchAll(/\/mail\?key=([^"]+)">See the email/g)].map(([, key]) => key));
    seen.push(
      ...[...html.matchAll(/\/console\/events\/([^"]+)"/g)].map(([, id = '']) => idInPath(id)),
    );
    next = /href="([^"#]+after=[^"#]+)#emails">Older/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    pages += 1;
  }
  expect(pages).toBe(3);
  expect(seen).toHaveLength(60);
  expect(new Set(seen).size).toBe(60);
  expect(new Set(mails).size).toBe(60);
  const numbers = seen.map((link) => Number(link.split('/')[1]));
  const seconds = numbers.map((number) => Math.floor(number / 3));
  expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
});

test('a workflow that was saved before its sender was checked says that it is not right anymore', async () => {
  const { path, saved } = await at.added('receipt');
  const before = await saved();
  expect((await at.get(path)).text).not.toContain('can no longer be saved');
  const elsewhere = mailing(before, { from: 'hello@elsewhere.example' });
  await at.parts.workflows.save({ ...elsewhere, version: 2 });
  const { text } = await at.get(path);
  expect(text).toMatch(/This workflow can no longer be saved as it is: From must be .* Edit it\./);
});

test('the emails of a workflow name the addresses of those whom a contact shows', async () => {
  const { path, saved } = await at.added('receipt');
  const { workflowId } = await saved();
  await at.tell('customer.created', 'shown', { minute: 1, email: 'Ann@Example.com' });
  await at.tell('customer.created', 'hidden', { minute: 1, email: 'gone@example.com' });
  const mode = { customerDeleted: 'delete' } as const;
  await at.tell('customer.deleted', 'hidden', { minute: 2, email: 'gone@example.com' }, mode);
  const people = ['shown', 'hidden', 'unknown'];
  await at.emails(workflowId, 3, (nth) => ({ customerId: people[nth] ?? '' }));
  const { text } = await at.get(path);
  expect(text).toContain('Ann@Example.com');
  expect(text).not.toContain('gone@example.com');
  expect(text.match(/not shown/g)).toHaveLength(2);
});

test.each(['nonsense', Buffer.from('{"0":{"createdAt":1}}').toString('base64url')])(
  'a cursor that is none of ours shows the beginning: %s',
  async (after) => {
    const { path } = await at.added('receipt');
    expect((await at.get(`${path}?after=${after}`)).status).toBe(200);
  },
);
