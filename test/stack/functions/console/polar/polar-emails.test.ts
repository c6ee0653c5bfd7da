import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allScopes } from '#infra/local/polar-server/polar-server.ts';
import { customerEmailKeys } from '#shared/polar/customer-emails.ts';
import { fieldsOf } from '../workflows/workflow-pages-at-work.ts';
import { northlight, startPolarDesk } from './polar-desk.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;
const page = '/console/polar';

beforeAll(async () => {
  desk = await startPolarDesk();
});
afterAll(() => desk.stop());
beforeEach(async () => {
  await desk.startOver();
  desk.polar.state.emailSettings.clear();
  for (const { workflowId } of await desk.items('Workflows')) {
    const TableName = desk.tableOf('Workflows');
    await desk.db.send(new DeleteCommand({ TableName, Key: { workflowId } }));
  }
});

const mayChange = () => desk.polar.organizationToken([...allScopes, 'organizations:write']);
const inPolar = (changes: Readonly<Record<string, boolean>>) =>
  void desk.polar.state.emailSettings.set(northlight.id, changes);

/** Adds a ready-made workflow and gives its path. */
async function add(template: string): Promise<string> {
  const { location } = await desk.post('/console/workflows', { template });
  return (location ?? '').replace(/\/edit$/, '');
}

async function activated(template: string): Promise<string> {
  const path = await add(template);
  await desk.submit(`${path}/activate`, { version: '1' });
  return path;
}

/** The text of the row of the table about one switch. */
async function row(key: string): Promise<string> {
  const html = (await desk.get(page)).html.replaceAll('<wbr>', '');
  const found = html.split('<tr>').find((one) => one.includes(`>${key}</code>`)) ?? '';
  return found.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
}

describe('the table of who mails at each moment', () => {
  it('shows all 14 moments, with Polar and ours, and a column for changes where there is one to make', async () => {
    await desk.connectByToken();
    const html = (await desk.get(page)).html.replaceAll('<wbr>', '');
    for (const key of customerEmailKeys) expect(html).toContain(`>${key}</code>`);
    expect(html).not.toContain('<th scope="col">Change</th>');
    const path = await activated('payment-failed');
    expect(await row('subscription_past_due')).toMatch(
      /A payment fails .* on active Payment failed two/,
    );
    const { html: later } = await desk.get(page);
    expect(later).toContain(`action="${path}/pause"`);
    expect(later).toContain('<th scope="col">Change</th>');
    expect(await row('subscription_paused')).toMatch(/on none one/);
  });

  it('marks a moment of money at which nobody mails, and what Polar has that we do not know', async () => {
    inPolar({ order_confirmation: false, order_shipped: true });
    await desk.connectByToken();
    expect(await row('order_confirmation')).toMatch(/off none nothing: nobody mails/);
    expect(await row('order_shipped')).toMatch(/on unknown unknown/);
  });

  it('says in the sandbox whom Polar mails there', async () => {
    await desk.submit('/console/polar/token', {
      tokenServer: 'sandbox',
      accessToken: desk.polar.organizationToken(),
    });
    expect((await desk.get(page)).text).toContain(
      'there Polar mails only members of your organization',
    );
  });

  it('says that Polar did not tell, and guesses nothing', async () => {
    await desk.connectByToken();
    desk.polar.goDown();
    const shown = await desk.get(page);
    expect(shown.text).toContain('Polar didn’t say which emails it sends');
    expect(await row('order_confirmation')).toMatch(/unknown none nothing or one/);
  });
});

describe("switching Polar's mails", () => {
  it('turns one off and on again, and shows that', async () => {
    await desk.connectByToken(mayChange());
    await activated('payment-failed');
    const off = await desk.submit(`${page}/emails-off`, { keys: 'subscription_past_due' });
    expect(off.text).toContain('Polar confirms that it is off');
    expect(await row('subscription_past_due')).toMatch(/off active Payment failed one/);
    const on = await desk.submit(`${page}/emails-on`, { keys: 'subscription_past_due' });
    expect(on.text).toContain('Polar confirms that it is on');
  });

  it('says what is missing where the access may not', async () => {
    await desk.connectByToken();
    const off = await desk.submit(`${page}/emails-off`, { keys: 'order_confirmation' });
    expect(off.text).toContain('It needs the scope organizations:write');
    expect(off.text).toContain(
      'under "One moment, one email", sign in again with this scope, or connect',
    );
  });

  it.each([
    [
      'signed in, who has to sign in again first',
      () => desk.signIn(desk),
      ...['which your sign-in doesn’t have', 'Sign in again', 0],
    ],
    [
      'connected by a token, which may have it',
      () => desk.connectByToken(),
      ...['If your access token doesn’t', '#access', 1],
    ],
  ] as const)(
    'says once what switching needs to who has %s',
    async (_, connect, text, step, buttons) => {
      await connect();
      expect((await desk.get(page)).text).not.toContain('needs the scope');
      await activated('payment-failed');
      const shown = await desk.get(page);
      expect(shown.text).toContain(
        'Switching Polar’s emails off needs the scope organizations:write',
      );
      expect(shown.text).toContain(text);
      expect(shown.html).toContain(step);
      expect(shown.html.match(/needs the scope/g)).toHaveLength(1);
      expect(shown.html.split('Switch Polar’s off')).toHaveLength(1 + buttons);
    },
  );

  it('says nothing of the scope to who signed in with it', async () => {
    await activated('payment-failed');
    await desk.signIn(desk, { maySwitch: 'on' });
    const shown = await desk.get(page);
    expect(shown.html).toContain('Switch Polar’s off');
    expect(shown.text).not.toContain('needs the scope');
  });

  it('offers the scope again to who signed in without it later', async () => {
    await activated('payment-failed');
    await desk.signIn(desk, { maySwitch: 'on' });
    await desk.signIn(desk);
    const shown = await desk.get(page);
    expect(shown.text).toContain('needs the scope');
    expect(shown.text).toContain('Sign in again with this scope');
  });

  it('asks for the scope only when a person wants it', async () => {
    const { url } = await desk.goToPolar(desk);
    expect(new URL(url).searchParams.get('scope')).not.toContain('organizations:write');
    const more = await desk.goToPolar(desk, { maySwitch: 'on' });
    expect(new URL(more.url).searchParams.get('scope')).toContain('organizations:write');
    await desk.signIn(desk, { maySwitch: 'on' });
    const off = await desk.submit(`${page}/emails-off`, { keys: 'order_confirmation' });
    expect(off.text).toContain('Switched off in Polar: order_confirmation');
    // Disconnecting is to switch it on again, so a later sign-in asks for the scope by itself.
    const again = await desk.goToPolar(desk);
    expect(new URL(again.url).searchParams.get('scope')).toContain('organizations:write');
  });

  it('takes a change in Polar as it is', async () => {
    await desk.connectByToken();
    inPolar({ subscription_cycled: false });
    expect((await desk.get(page)).text).toContain('subscription_cycled was on and is off');
    const taken = await desk.submit(`${page}/accept-emails`);
    expect(taken.text).not.toContain('subscription_cycled was on');
  });
});

describe('a workflow that mails when Polar does', () => {
  it('says so on its page before it is activated, with the way out', async () => {
    await desk.connectByToken();
    const path = await add('payment-failed');
    const shown = await desk.get(path);
    expect(shown.text).toContain(
      'Polar also mails when a payment fails, so customers get both emails once this workflow is active.',
    );
    expect(shown.html).toContain('value="subscription_past_due"');
    expect((await desk.get(`${path}/edit`)).text).toContain(
      'so customers get both emails once this workflow is active.',
    );
    const activated = await desk.submit(`${path}/activate`, { version: '1' });
    expect(activated.text).toContain('It’s active');
    expect(activated.text.match(/both emails/g)).toHaveLength(1);
    expect(activated.text).toContain('so customers get both emails.');
    expect((await desk.get(`${path}/edit`)).text).toContain('so customers get both emails.');
    inPolar({ subscription_past_due: false });
    await desk.submit(`${page}/accept-emails`);
    expect((await desk.get(path)).text).not.toContain('Polar also mails');
  });

  it('leads who signed in without the scope to sign in with it, and back to switch and activate', async () => {
    await desk.signIn(desk);
    const path = await add('payment-failed');
    const before = await desk.get(path);
    expect(before.text).toContain(
      'To switch Polar’s off, sign in again with the scope organizations:write',
    );
    expect(before.html).not.toContain('Switch Polar’s off');
    // Also on the page of the connection, although nothing mails twice yet.
    expect((await desk.get(page)).text).toContain('Sign in again with this scope');
    const passing = await desk.signIn(desk, { maySwitch: 'on', back: path });
    expect(passing.html).toContain(`content="0; url=${path}"`);
    const after = await desk.get(path);
    expect(after.text).toContain('Switch Polar’s off');
    expect(after.text).not.toContain('sign in again');
    const off = await desk.submit(`${page}/emails-off`, {
      ...{ keys: 'subscription_past_due', back: path },
    });
    expect(off.text).toContain('Switched off in Polar: subscription_past_due');
    expect(off.html).toContain(`action="${path}/activate"`);
    expect(off.text).not.toContain('Polar also mails');
  });

  it('tells who declines at Polar so on the workflow where the sign-in began', async () => {
    await desk.signIn(desk);
    const path = await add('payment-failed');
    for (const back of [path, `${path}/edit`]) {
      const { url } = await desk.goToPolar(desk, { maySwitch: 'on', back });
      const state = new URL(url).searchParams.get('state');
      const declined = `http://localhost:4000/console/polar/callback?error=access_denied&state=${state}`;
      const passing = await desk.comeBack(desk, declined);
      expect(passing.html).toContain(`content="0; url=${back}"`);
      const { html, text } = await desk.get(back);
      expect(text).toContain('You declined at Polar, so nothing was changed.');
      expect(html).toContain('class="flash calm"');
      expect(text).toContain('sign in again with the scope');
    }
    // The next sign-in, which begins on the page of the connection, ends there.
    expect((await desk.signIn(desk)).html).toContain('content="0; url=/console/polar"');
  });

  it('says to who connected by a token what it needs, and where to switch it in Polar', async () => {
    await desk.connectByToken();
    const path = await add('payment-failed');
    for (const one of [path, `${path}/edit`]) {
      const { text } = await desk.get(one);
      expect(text).toContain('This needs the scope organizations:write');
      expect(text).toContain('in Polar, under Settings → Customer notifications');
    }
    const refused = await desk.submit(`${page}/emails-off`, {
      ...{ keys: 'subscription_past_due', back: path },
    });
    expect(refused.text).toContain('It needs the scope organizations:write');
    expect(refused.html).toContain(`action="${path}/activate"`);
  });

  it.each(['https://evil.example', '//evil.example', '/console/log', '/console/workflows/../log'])(
    'comes back to no other place: %s',
    async (back) => {
      const passing = await desk.signIn(desk, { back });
      expect(passing.html).toContain('content="0; url=/console/polar"');
    },
  );

  it('is previewed as somebody types without a look at what the sign-in covers, or at other workflows', async () => {
    await desk.signIn(desk);
    const path = await add('payment-failed');
    const workflow = await desk.parts.workflows.find(path.split('/').at(-1) ?? '');
    if (!workflow) throw new Error('There is no workflow.');
    const { polar } = desk.parts;
    let reads = 0;
    const read = () => {
      reads += 1;
      return polar.access.read();
    };
    desk.parts.polar = { ...polar, access: { ...polar.access, read } };
    const { all } = desk.parts.workflows;
    let lists = 0;
    const counted = () => {
      lists += 1;
      return all();
    };
    Object.assign(desk.parts.workflows, { all: counted });
    const fields = { ...fieldsOf(workflow), act: 'preview' };
    const live = await desk.post(`${path}/edit`, { ...fields, live: 'on' });
    expect(live.html).toContain('data-preview=');
    expect([reads, lists]).toEqual([0, 0]);
    const whole = await desk.post(`${path}/edit`, fields);
    desk.parts.polar = polar;
    Object.assign(desk.parts.workflows, { all });
    expect(whole.text).toContain('sign in again with the scope');
    expect([reads, lists]).toEqual([1, 1]);
  });

  it('says so among the ready-made ones', async () => {
    const before = await desk.get('/console/workflows/new');
    expect(before.text).toContain('Polar may mail then, too');
    await desk.connectByToken();
    const { html } = await desk.get('/console/workflows/new');
    const card = (name: string) =>
      html.split('<section').find((one) => one.includes(`id="template-${name}"`)) ?? '';
    expect(card('payment-failed')).toContain('Polar mails then, too');
    expect(card('welcome')).not.toContain('mails then');
  });
});
