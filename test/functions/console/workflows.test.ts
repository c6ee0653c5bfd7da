import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readyMade } from '#shared/mail/ready-made.ts';
import { hostile, startWorkflowDesk, workflowsPath } from './workflows-at-work.ts';

let at: Awaited<ReturnType<typeof startWorkflowDesk>>;
beforeAll(async () => {
  at = await startWorkflowDesk();
});
afterAll(() => at.stop());
beforeEach(() => at.clear());

describe('the list', () => {
  test('offers the ready-made ones where there are none', async () => {
    const { text, html } = await at.get(workflowsPath);
    expect(text).toContain('There is none yet.');
    expect(html).toContain('href="/console/workflows/new"');
    const choice = await at.get(`${workflowsPath}/new`);
    expect(choice.text.indexOf('Welcome')).toBeLessThan(choice.text.indexOf('Receipt'));
    for (const { title, description } of readyMade) {
      expect(choice.text).toContain(title);
      expect(choice.text).toContain(description);
    }
  });

  test('counts the emails of each by state', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    const { workflowId } = await saved();
    await at.emails(workflowId, 3, () => ({ state: 'sent' }));
    await at.emails(workflowId, 1, () => ({ state: 'blocked', reason: 'because' }));
    await at.emails(workflowId, 2, () => ({ state: 'unknown' }));
    const { text } = await at.get(workflowsPath);
    expect(text).toMatch(
      /Receipt active order\.paid Once per order Transactional 3 sent 1 blocked 2 unknown/,
    );
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

describe('adding one', () => {
  test.each(readyMade)('$name leads to its form', async ({ name, title }) => {
    const { path, saved } = await at.added(name);
    expect(await saved()).toMatchObject({ name: title, status: 'draft', version: 1 });
    const { status, text, html } = await at.get(`${path}/edit`);
    expect(status).toBe(200);
    expect(text).toContain(`Edit ${title}`);
    expect(html.length).toBeLessThan(100_000);
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

test('the emails of a workflow are listed newest first, each on one page, with reasons and links', async () => {
  const { path, saved } = await at.added('receipt');
  const { workflowId } = await saved();
  await at.emails(workflowId, 60, (nth) =>
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
    const { path } = await at.added('receipt');
    expect((await at.get(`${path}?after=${after}`)).status).toBe(200);
  },
);
