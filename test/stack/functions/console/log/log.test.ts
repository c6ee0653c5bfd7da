import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { consoleApp, sectionApp } from '#functions/console/console.ts';
import { consoleActs } from '#functions/console/console-acts.ts';
import { deploymentSigns } from '#functions/console/kit/deployment-signs.ts';
import { type Section, sectionAt, sections } from '#functions/console/sections.ts';
import { actVerbs } from '#shared/audience/operator-act.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
let routes: readonly Readonly<{ method: string; path: string }>[];
beforeAll(async () => {
  at = await startConsole();
  const apps = await Promise.all(sections.map(appOf));
  routes = apps.flatMap((app) => app.routes);
});
afterAll(() => at.stop());
beforeEach(() => at.cookies.clear());

/** The acts that were noted since, as `what` and `outcome`. */
async function notedBy(work: () => Promise<unknown>) {
  const before = await at.items('Acts');
  await work();
  const known = new Set(before.map(({ time }) => time));
  return (await at.items('Acts')).filter(({ time }) => !known.has(time));
}

const posts = () => routes.filter(({ method }) => method === 'POST').map(({ path }) => path);

const appOf = (section: Section) =>
  sectionApp(section, at.parts, deploymentSigns({ ...at.parts, stage: at.parts.env.STAGE }));

describe('the operator log', () => {
  it('has nothing to filter before anybody did anything', async () => {
    const { html, text } = await at.get('/console/log');
    expect(text).toContain('Nobody has done anything by hand yet.');
    expect(html).not.toContain('class="filters"');
    expect((await at.get('/console/log?by=ada')).html).toContain('class="filters"');
  });

  it('knows every route of the console that takes a form, and none that is not there', () => {
    const known = routes.map(({ method, path }) => `${method} ${path}`);
    expect(posts().length).toBeGreaterThan(25);
    expect(posts().filter((path) => !consoleActs[`POST ${path}`])).toEqual([]);
    expect(Object.keys(consoleActs).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('notes what every one of them does, also where it comes to nothing', async () => {
    const looksOnly = ['/console/audience/search', '/console/polar/sign-in'];
    const silent = [
      '/console/find',
      ...looksOnly,
      '/console/polar/import/look',
      '/console/polar/sign-in/cancel',
    ];
    const fields = (path: string) => ({ act: path.includes('workflows') ? 'save' : 'replay' });
    const forgotten: string[] = [];
    for (const path of posts()) {
      const asked = path.replaceAll(/:\w+(\{.+?\})?/g, 'an-id');
      const acts = await notedBy(() => at.post(asked, fields(path)));
      if (acts.length !== (silent.includes(path) ? 0 : 1)) forgotten.push(path);
    }
    expect(forgotten).toEqual([]);
  });

  it('refuses a form of a route that it does not know, does nothing, and speaks of a change only there', async () => {
    const app = await appOf(sectionAt('/console/new-route'));
    let isDone = false;
    app.post('/console/new-route', (c) => {
      isDone = true;
      return c.text('done');
    });
    app.get('/console/new-route', () => {
      throw new Error('away');
    });
    const answer = await consoleVisitor(app).post('/console/new-route');
    expect(answer.status).toBe(500);
    expect(isDone).toBe(false);
    expect(answer.text).toContain('Your change may have been saved');
    const shown = await consoleVisitor(app).get('/console/new-route');
    expect(shown.status).toBe(500);
    expect(shown.text).toContain('Reload the page.');
    expect(shown.text).not.toContain('Your change');
  });

  it('tells who did what on what, and how it ended, without personal data', async () => {
    const answer = await at.post('/console/audience/add', {
      email: 'grace@example.com',
      firstName: 'Grace',
      lastName: '',
      externalId: '',
      userGroup: '',
    });
    const contactId = answer.location?.split('/').at(-1);
    const acts = await notedBy(() => at.submit(`/console/audience/${contactId}/unsubscribe`));
    expect(acts).toMatchObject([
      {
        what: 'unsubscribe',
        by: 'local',
        via: 'console',
        on: { contactId },
        outcome: 'done',
        sentence: 'Unsubscribe a contact.',
      },
    ]);
    expect(JSON.stringify(await at.items('Acts'))).not.toMatch(/grace|Grace/);
  });

  it('keeps no address that somebody put into a URL or a form', async () => {
    await at.post('/console/events/grace%40example.com', { act: 'replay' });
    await at.post('/console/events/evt-1', { act: 'send-again', email: 'grace@example.com' });
    expect(JSON.stringify(await at.items('Acts'))).not.toContain('grace');
  });

  it('names the caller whom API Gateway knows by IAM', async () => {
    const userArn = 'arn:aws:sts::123456789012:assumed-role/Ops/ada';
    const { app } = at;
    const signed = consoleVisitor({
      request: (url, init) =>
        app.request(url, init, {
          event: { requestContext: { authorizer: { iam: { userArn } } } },
        } as never),
    });
    const acts = await notedBy(() => signed.post('/console/test', { type: 'order.paid' }));
    expect(acts).toMatchObject([{ what: 'test.sent', by: userArn, outcome: 'refused' }]);
  });

  it('shows what an act was about in words, a workflow by its name', async () => {
    const { location } = await at.post('/console/workflows', { template: 'welcome' });
    const { text, html } = await at.get('/console/log');
    expect(text).toContain('Workflow: Welcome');
    expect(html).toContain(`href="${location?.replace(/\/edit$/, '')}"`);
    expect(text).not.toMatch(/\b(workflow|contact|webhook|message|import)Id\b/);
  });

  it('notes an export once, with its first page', async () => {
    const path = '/console/audience/export.csv?consent=subscribed';
    const acts = await notedBy(() => at.get(path));
    expect(acts).toMatchObject([{ what: 'audience.export', on: { consent: 'subscribed' } }]);
    const answers: string[] = [];
    const noted = await notedBy(async () => {
      const { status, html } = await at.get(`${path}&after=more`);
      answers.push(`${status} ${html}`);
    });
    expect(noted).toEqual([]);
    expect(answers).toEqual([expect.stringMatching(/^400 .*Start the export again\.$/)]);
  });

  it.each(['consent=Ann', 'group=%20'])('does not take %s for a part', async (query) => {
    const acts = await notedBy(() => at.get(`/console/audience/export.csv?${query}`));
    expect(acts).toMatchObject([{ on: {}, sentence: 'Export all contacts.' }]);
    expect(acts).not.toMatchObject([{ on: { consent: 'Ann' } }]);
  });

  it('does not say that something was done to a contact that there is none', async () => {
    const acts = await notedBy(() => at.post('/console/audience/nobody/unsubscribe'));
    expect(acts).toMatchObject([{ on: { contactId: 'nobody' }, outcome: 'refused' }]);
  });

  it('says why an act was refused, and for what all mail was held, without addresses', async () => {
    const acts = await notedBy(async () => {
      await at.post('/console/emails/hold', { reason: '' });
      await at.post('/console/emails/hold', { reason: 'wrong prices to grace@example.com.' });
      await at.post('/console/audience/add', { email: 'grace at example' });
    });
    const [none, hold, typed] = [...acts].sort((a, b) =>
      String(a['time']) < String(b['time']) ? -1 : 1,
    );
    expect(none).toMatchObject({
      sentence: 'Hold all mail.',
      reason: 'Something in the form was wrong.',
    });
    expect(hold).toMatchObject({
      sentence: 'Hold all mail: wrong prices to [address].',
      outcome: 'done',
    });
    expect(typed).toMatchObject({ outcome: 'refused', reason: 'Something in the form was wrong.' });
    const { text } = await at.get('/console/log?what=hold');
    expect(text).toContain('Hold all mail: wrong prices to [address].');
    expect(text).toContain('not done Something in the form was wrong.');
    await at.post('/console/emails/release');
  });

  it('says that an act failed where an error ended it', async () => {
    const spy = vi.spyOn(at.parts.sqs, 'send').mockRejectedValue(new Error('away') as never);
    const body = { which: 'all' };
    const acts = await notedBy(() => at.post('/console/dead-letters/resend', body));
    spy.mockRestore();
    expect(acts).toMatchObject([{ outcome: 'failed', reason: 'away' }]);
    expect((await at.get('/console/log')).text).toContain('failed away');
  });

  it('keeps an act from beginning that it cannot note', async () => {
    const acts = { ...at.parts.acts, begin: () => Promise.reject(new Error('throttled')) };
    const visitor = consoleVisitor(consoleApp({ ...at.parts, acts }));
    const before = await at.items('Workflows');
    const answer = await visitor.post('/console/workflows', { template: 'welcome' });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('Nothing was done');
    expect(await at.items('Workflows')).toEqual(before);
  });

  it('lets an act be done whose outcome it cannot note', async () => {
    const acts = { ...at.parts.acts, end: () => Promise.reject(new Error('throttled')) };
    const visitor = consoleVisitor(consoleApp({ ...at.parts, acts }));
    const noted = await notedBy(() => visitor.post('/console/workflows', { template: 'receipt' }));
    expect(noted).toMatchObject([{ what: 'workflow.add', outcome: 'begun' }]);
    expect(await at.items('Workflows')).not.toEqual([]);
  });
});

describe('the page of the log', () => {
  it('lists acts, the newest first, with a link to what they were about', async () => {
    const added = await at.post('/console/workflows', { template: 'goodbye' });
    const workflow = added.location?.replace(/\/edit$/, '');
    const { html, text } = await at.get('/console/log');
    expect(html).toContain(`href="${workflow}"`);
    expect(text).toContain('Add a workflow as a draft. workflow.add');
    expect(text.indexOf('workflow.add')).toBeGreaterThan(-1);
  });

  it('names the command that lists the same, as its help names the page', async () => {
    expect((await at.get('/console/log')).text).toContain('npm run acts lists the same.');
  });

  it('is narrowed to a verb and to a person', async () => {
    const asked = await at.get('/console/log?what=audience.export');
    expect(asked.text).toContain('Export some contacts.');
    expect(asked.text).not.toContain('Add a workflow as a draft.');
    const nobody = await at.get('/console/log?by=nobody');
    expect(nobody.text).toContain('No acts match.');
  });

  it('names every verb that it is narrowed to in words', async () => {
    const { html } = await at.get('/console/log?what=backfill');
    const options = [...html.matchAll(/<option value="([^"]+)"[^>]*>([^<]+)</g)];
    expect(options.map(([, verb]) => verb).sort()).toEqual([...actVerbs].sort());
    expect(options.filter(([, verb, name]) => verb === name)).toEqual([]);
    expect(html).toContain('<option value="backfill" selected>Import or backfill</option>');
  });

  it('goes on to older acts', async () => {
    const actor = { by: 'arn:many', via: 'command' } as const;
    const draft = { what: 'hold', on: {}, sentence: 'Hold all mail.' } as const;
    for (let count = 0; count < 51; count++) await at.parts.acts.begin(draft, actor);
    const first = await at.get('/console/log?by=arn:many');
    const [, next = ''] = /href="([^"]+)" rel="next"/.exec(first.html) ?? [];
    const second = await at.get(next.replaceAll('&amp;', '&'));
    const rows = ({ text }: typeof first) => text.split('Hold all mail.').length - 1;
    expect([rows(first), rows(second)]).toEqual([50, 1]);
  });

  it('says in words whom a recovery left as they are', async () => {
    const actor = { by: 'arn:recovering', via: 'command' } as const;
    const draft = {
      what: 'recover',
      on: { leftUnrepaired: 2 },
      sentence: 'Close the gap.',
    } as const;
    await at.parts.acts.begin(draft, actor);
    const { text } = await at.get('/console/log?by=arn:recovering');
    expect(text).toContain('Left unrepaired: 2');
  });

  it.each([{ day: '9999-12-31' }, { day: 'erased#customer-1' }, { day: '2026-99-99', time: 'x' }])(
    'takes %o for a place in the list calmly',
    async (place) => {
      const after = Buffer.from(JSON.stringify(place)).toString('base64url');
      expect((await at.get(`/console/log?after=${after}`)).status).toBe(200);
    },
  );

  it('shows the ids of workflows where one of them cannot be read', async () => {
    const Item = { workflowId: 'broken' };
    await at.db.send(new PutCommand({ TableName: at.tableOf('Workflows'), Item }));
    const { status, text } = await at.get('/console/log?what=workflow.add');
    expect(status).toBe(200);
    expect(text).toMatch(/Workflow: goodbye-\w+/);
  });
});
