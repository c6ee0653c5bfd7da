import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPolarDesk } from './polar-desk.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;

beforeAll(async () => {
  desk = await startPolarDesk();
});
afterAll(() => desk.stop());
beforeEach(() => desk.startOver());

const page = '/console/polar';

it('says that connecting was broken off where an access is kept, and connects', async () => {
  const token = desk.polar.organizationToken();
  const access = { kind: 'token', server: 'production', token };
  await desk.secrets.put('PolarAccess', JSON.stringify(access));
  const shown = await desk.get(page);
  expect(shown.text).toContain('Connecting stopped midway');
  expect(shown.html).not.toContain(token);
  expect((await desk.connectByToken()).text).not.toContain('stopped midway');
});

it('keeps what somebody signed in to while somebody else changes the connection', async () => {
  const until = new Date(Date.now() + 60_000).toISOString();
  await desk.put('Settings', { name: 'polar-connection-act', owner: 'another', until });
  const back = await desk.signIn();
  expect(back.text).toContain('the connection with Polar is being changed already');
  expect(desk.secret('PolarAccess')).toHaveProperty('candidate');
  expect((await desk.get(page)).text).toContain(
    'You’re signed in to Polar, but not connected yet.',
  );
});

describe('while somebody else changes the connection', () => {
  it.each(['repair', 'rotate'])('%s does nothing, and says why', async (act) => {
    await desk.connectByToken();
    const [secret, endpoints] = [
      desk.secret('WebhookSecret'),
      structuredClone(desk.polar.endpoints),
    ];
    const until = new Date(Date.now() + 60_000).toISOString();
    await desk.put('Settings', { name: 'polar-connection-act', owner: 'another', until });
    const shown = await desk.submit(`/console/polar/${act}`);
    expect(shown.text).toContain('the connection with Polar is being changed already');
    expect(desk.secret('WebhookSecret')).toEqual(secret);
    expect(desk.polar.endpoints).toEqual(endpoints);
  });
});
