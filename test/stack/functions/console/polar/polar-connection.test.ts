import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { standardEventTypes } from '#shared/polar/event-types.ts';
import { hostile, northlight, startPolarDesk } from './polar-desk.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;

beforeAll(async () => {
  desk = await startPolarDesk({ organizations: [northlight, hostile] });
});
afterAll(() => desk.stop());
beforeEach(() => desk.startOver());

const page = '/console/polar';

async function nothingIsConnected() {
  expect(await desk.connection()).toBeUndefined();
  expect(desk.polar.endpoints).toEqual([]);
  expect(desk.secret('WebhookSecret')).toEqual({ current: '', previous: '' });
  expect(desk.secret('PolarAccess')).not.toHaveProperty('kind');
}

describe('connecting by a token', () => {
  it('makes the endpoint, takes over its secret and says what was done', async () => {
    const token = desk.polar.organizationToken();
    const shown = await desk.connectByToken(token);

    expect(shown.text).toContain('Created the webhook endpoint “Polar Audience” in Polar');
    expect(shown.text).toContain('Connected with Northlight.');
    expect(shown.text).toContain('enabled in Polar');
    expect(shown.text).toContain('with an organization access token');
    const [endpoint] = desk.polar.endpoints;
    expect(endpoint).toMatchObject({
      url: desk.webhookUrl,
      name: 'Polar Audience',
      api_version: '2026-10',
      events: [...standardEventTypes],
    });
    expect(desk.secret('WebhookSecret')).toMatchObject({ current: endpoint?.secret });
    expect(desk.secret('PolarAccess')).toEqual({ kind: 'token', server: 'production', token });
    expect(await desk.connection()).toMatchObject({
      organizationSlug: 'northlight',
      method: 'token',
      by: 'local',
    });
  });

  it('shows neither token nor secret, on no page, in no cookie or address', async () => {
    const token = desk.polar.organizationToken();
    const answer = await desk.post('/console/polar/token', {
      tokenServer: 'production',
      accessToken: token,
    });
    const cookies = [...desk.cookies.values()].map((one) =>
      Buffer.from(one, 'base64url').toString(),
    );
    const shown = await desk.get(page);
    const [endpoint] = desk.polar.endpoints;
    for (const text of [shown.html, answer.html, answer.location ?? '', ...cookies]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(endpoint?.secret);
    }
  });

  it.each([
    ['', 'Paste the token.'],
    ['polar_pat_1', 'begin with polar_oat_'],
    ['polar_oat_a b', 'begin with polar_oat_'],
    [`polar_oat_"><script>`, ''],
  ])('refuses the token %j without repeating it', async (accessToken, sentence) => {
    const shown = await desk.post('/console/polar/token', {
      tokenServer: 'production',
      accessToken,
    });
    if (sentence) {
      expect(shown.status).toBe(422);
      expect(shown.text).toContain(sentence);
    }
    expect(shown.html).not.toContain('"><script>');
    await nothingIsConnected();
  });

  it('changes nothing where Polar does not know the token', async () => {
    const shown = await desk.connectByToken('polar_oat_of_somebody_else');
    expect(shown.text).toContain('Polar does not accept the access');
    expect(shown.html).not.toContain('polar_oat_of_somebody_else');
    await nothingIsConnected();
  });

  it('changes nothing where the role is refused, and says which is needed', async () => {
    desk.polar.setRole('member');
    const shown = await desk.connectByToken();
    expect(shown.text).toContain('owner or admin');
    await nothingIsConnected();
  });

  it('changes nothing without the token of the form', async () => {
    const accessToken = desk.polar.organizationToken();
    const fields = { tokenServer: 'production', accessToken };
    const answer = await desk.postWithToken('/console/polar/token', 'not it', fields);
    expect(answer.status).toBe(403);
    await nothingIsConnected();
  });

  it('uses an endpoint again that has this address already', async () => {
    await desk.connectByToken();
    const shown = await desk.connectByToken();
    expect(shown.text).toContain('Reused the webhook endpoint');
    expect(desk.polar.endpoints).toHaveLength(1);
    expect(await desk.connection()).toMatchObject({ version: 2 });
  });
});

describe('signing in to Polar', () => {
  it('comes back connected by itself where there is one organization', async () => {
    const back = await desk.signIn();
    expect(back.status).toBe(200);
    expect(back.html).toContain('<meta http-equiv="refresh" content="0; url=/console/polar">');
    expect(desk.cookies.has('polar-sign-in')).toBe(false);

    const shown = await desk.get(page);
    expect(shown.text).toContain('Connected with Northlight.');
    expect(shown.text).toContain(', signed in to Polar');
    expect(await desk.connection()).toMatchObject({ method: 'oauth' });
    expect(desk.secret('PolarAccess')).toMatchObject({ kind: 'oauth', server: 'production' });
    expect(desk.secret('PolarAccess')).not.toHaveProperty('candidate');
  });

  it('proves the browser by PKCE, and comes back to the console’s own address', async () => {
    const { passing, url } = await desk.goToPolar(desk);
    const asked = new URL(url).searchParams;
    expect(passing.status).toBe(200);
    expect(asked.get('redirect_uri')).toBe('http://localhost:4000/console/polar/callback');
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('sub_type')).toBe('organization');
    const cookie = passing.headers.getSetCookie().find((one) => one.startsWith('polar-sign-in='));
    expect(cookie).toContain(`polar-sign-in=${asked.get('state')}`);
    expect(cookie).toMatch(/Max-Age=600; Path=\/console\/polar; HttpOnly; SameSite=Lax/);
  });

  it('lets the person choose where there are several organizations', async () => {
    desk.polar.setConsent({ covers: 'all' });
    await desk.signIn();
    const choice = await desk.get(page);
    expect(choice.text).toContain('Which organization does this audience belong to?');
    expect(choice.text).toContain(hostile.name);
    expect(choice.html).not.toContain('<script>alert');
    await nothingIsConnected();

    const undecided = await desk.submit('/console/polar/organization');
    expect(undecided.text).toContain('Choose an organization.');
    const shown = await desk.submit('/console/polar/organization', { organization: hostile.id });
    expect(shown.text).toContain(`Connected with ${hostile.name}.`);
    expect(shown.html).not.toContain('<script>alert');
    expect(desk.polar.endpoints).toMatchObject([{ organization_id: hostile.id }]);

    const again = await desk.submit('/console/polar/organization', { organization: hostile.id });
    expect(again.text).toContain('Polar is already connected.');
    expect(again.text).not.toContain('Sign in again.');
  });

  it('ends where it began, also after a choice, without one, and where it cannot begin', async () => {
    const back = '/console/workflows/welcome';
    desk.polar.setConsent({ covers: 'all' });
    expect((await desk.signIn(desk, { back })).html).toContain('content="0; url=/console/polar"');
    expect((await desk.post(`${page}/sign-in/cancel`)).location).toBe(back);
    await desk.signIn(desk, { back });
    const chosen = await desk.post(`${page}/organization`, { organization: hostile.id });
    expect(chosen.location).toBe(back);
    // Once: what is done from the page of the connection ends there.
    await desk.signIn();
    desk.polar.goDown();
    const server = { signInServer: 'sandbox' };
    expect((await desk.post(`${page}/sign-in`, { ...server, back })).location).toBe(back);
    expect((await desk.post(`${page}/sign-in`, server)).location).toBe(page);
  });

  it('can be left before an organization is chosen', async () => {
    desk.polar.setConsent({ covers: 'all' });
    await desk.signIn();
    const shown = await desk.submit('/console/polar/sign-in/cancel');
    expect(shown.text).toContain('Nothing was connected.');
    expect(shown.text).toContain('Not connected yet.');
    const late = await desk.submit('/console/polar/organization', { organization: hostile.id });
    expect(late.text).toContain('Sign in again.');
    await nothingIsConnected();
  });

  it('registers itself once, and uses a client that a person gives', async () => {
    await desk.signIn();
    await desk.signIn();
    const registrations = () => desk.polar.requests.filter((one) => one.includes('/register'));
    const before = registrations().length;
    const client = desk.polar.confidentialClient('http://localhost:4000/console/polar/callback');
    const back = await desk.signIn(desk, { signInServer: 'production', ...client });
    expect(back.status).toBe(200);
    expect(registrations()).toHaveLength(before);
    expect(desk.secret('PolarAccess')).toMatchObject(client);
    expect((await desk.get(page)).html).not.toContain(client.clientSecret);
  });

  it('wants a client id beside a client secret, and does not repeat the secret', async () => {
    const fields = { signInServer: 'sandbox', clientId: '', clientSecret: 'a-client-secret' };
    const shown = await desk.post('/console/polar/sign-in', fields);
    expect(shown.status).toBe(422);
    expect(shown.text).toContain('Enter the client id, too.');
    expect(shown.html).not.toContain('a-client-secret');
    expect(shown.html).toContain('<option value="sandbox" selected>');
  });

  it('says so when the person declined at Polar', async () => {
    const { url } = await desk.goToPolar(desk);
    const state = new URL(url).searchParams.get('state');
    const back = await desk.comeBack(
      desk,
      `http://localhost:4000/console/polar/callback?error=access_denied&state=${state}`,
    );
    expect(back.status).toBe(400);
    expect(back.text).toContain('You declined at Polar, so nothing was changed.');
    expect(back.html).not.toContain('class="flash problem');
    await nothingIsConnected();
  });

  it('takes nothing from a browser that did not begin it', async () => {
    const { url } = await desk.goToPolar(desk);
    const consent = await fetch(url, { redirect: 'manual' });
    const other = await desk.comeBack(desk.someoneElse(), consent.headers.get('location'));
    expect(other.status).toBe(400);
    expect(other.text).toContain('was not begun in this browser');
    await nothingIsConnected();
  });

  it.each([
    ['another state', '?code=x&state=somebody-elses'],
    ['no state', '?code=x'],
    ['nothing at all', ''],
    ['hostile texts', `?error=<script>alert(1)</script>&error_description="'><script>`],
  ])('takes nothing from a return with %s', async (_what, query) => {
    await desk.goToPolar(desk);
    const back = await desk.comeBack(desk, `http://localhost:4000/console/polar/callback${query}`);
    expect(back.status).toBe(400);
    expect(back.html).not.toContain('<script>alert');
    expect(back.html).toContain('<a class="button primary" href="/console/polar">Try again</a>');
    await nothingIsConnected();
  });

  it('cannot be finished twice', async () => {
    const { url } = await desk.goToPolar(desk);
    const state = desk.cookies.get('polar-sign-in') ?? '';
    const location = (await fetch(url, { redirect: 'manual' })).headers.get('location');
    await desk.comeBack(desk, location);
    desk.cookies.set('polar-sign-in', state);
    const again = await desk.comeBack(desk, location);
    expect(again.status).toBe(400);
    expect(await desk.connection()).toMatchObject({ version: 1 });
  });

  it('changes nothing where the role is refused, and keeps no access', async () => {
    desk.polar.setRole('member');
    const back = await desk.signIn();
    expect(back.status).toBe(400);
    expect(back.text).toContain('owner or admin');
    await nothingIsConnected();
    expect(desk.secret('PolarAccess')).not.toHaveProperty('candidate');
  });

  it('says to open the console with its command where Polar could not come back', async () => {
    const host = { host: 'abc.execute-api.eu-central-1.amazonaws.com' };
    const shown = await desk.get(page, host);
    expect(shown.text).toContain('open the console with npm run console');
    const proxied = await desk.get(page, { ...host, 'x-console-origin': 'http://localhost:4747' });
    expect(proxied.text).not.toContain('open the console with npm run console');
  });
});

describe('a connection that there is', () => {
  it('stays with its organization when access is given anew, whatever its slug is now', async () => {
    await desk.connectByToken();
    const named = { ...(await desk.connection()), organizationSlug: 'its-slug-before' };
    await desk.db.send(new PutCommand({ TableName: desk.tableOf('Settings'), Item: named }));
    desk.polar.setConsent({ covers: 'all' });
    await desk.signIn();
    expect(await desk.connection()).toMatchObject({
      version: 2,
      organizationSlug: 'northlight',
      method: 'oauth',
    });
    const other = desk.polar.organizationToken(undefined, hostile);
    const shown = await desk.connectByToken(other);
    expect(shown.text).toContain('does not cover the organization');
    expect(await desk.connection()).toMatchObject({ organizationSlug: 'northlight' });
  });
});
