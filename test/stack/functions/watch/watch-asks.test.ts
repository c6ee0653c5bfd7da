import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { startWatch } from './watch-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: Awaited<ReturnType<typeof startWatch>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startWatch(dynamo.client);
  onTestFinished(() => at.stop());
  await at.connect();
});

describe('a look that Polar does not answer', () => {
  it.each([
    ['a token that was revoked', 'PolarRefused', () => at.polar.state.tokens.clear()],
    ['a role that was lost', 'PolarRefused', () => at.polar.setRole('member')],
    ['an outage of Polar', 'PolarUnavailable', () => at.polar.goDown()],
    ['an access that is gone', 'PolarRefused', () => at.access.forget()],
  ])('because of %s says so in a sentence, and finds nothing', async (_, cause, happen) => {
    await happen();
    expect(await at.look()).toEqual({
      found: [],
      ran: [
        expect.objectContaining({
          level: 'ERROR',
          result: 'not-asked',
          cause,
          reason: expect.stringMatching(/^[A-Z].+\.\)?$/),
        }),
      ],
    });
    // An outage of Polar is none of the connection.
    const look = (await at.connections.read())?.lastLook;
    expect(look?.findings).toEqual(cause === 'PolarRefused' ? ['access'] : undefined);
  });

  it('half-way has still told what it had found', async () => {
    Object.assign(at.polar.endpoints[0] ?? {}, { enabled: false });
    // Asked for the last delivery that arrived, and then for the newest ones.
    for (let tries = 0; tries < 10; tries += 1) at.polar.loseAnswer('GET', /deliveries/);
    expect(await at.look()).toMatchObject({
      found: [['disabled', 'disabled']],
      ran: [{ result: 'not-asked' }],
    });
    expect((await at.connections.read())?.gap).toMatchObject({ known: 'connecting' });
  });

  it('is well again when Polar answers', async () => {
    at.polar.goDown();
    await at.look();
    at.polar.comeBack();
    expect((await at.look()).ran).toMatchObject([{ result: 'asked' }]);
  });

  it('because our own stores fail is an error of the function', async () => {
    at.secrets.destroy();
    await at.values.put('PolarAccess', '');
    await expect(at.look()).rejects.toThrow('The secret holds no text');
  });
});

describe('a look', () => {
  it('asks a bounded number of times, however much failed', async () => {
    for (let event = 0; event < 4; event += 1) {
      await at.fail({ attempts: 100, isStillTrying: true });
    }
    at.polar.requests.length = 0;
    expect((await at.look()).ran).toMatchObject([{ failedEvents: 3, isMore: true }]);
    expect(at.polar.requests).toHaveLength(1 + 3 + 1);
  });

  it('goes on to the next page when the first tells too little', async () => {
    await at.fail({ attempts: 1 });
    await at.fail({ attempts: 120 });
    at.polar.requests.length = 0;
    expect((await at.look()).ran).toMatchObject([{ failedInARow: 2, isMore: false }]);
    expect(at.polar.requests).toHaveLength(1 + 2 + 1);
  });

  it('that a person asks for, and so was never due, looks at the moment', async () => {
    await at.fail();
    expect((await at.look({})).ran).toMatchObject([{ failedEvents: 1 }]);
  });

  it('refreshes the tokens of a sign-in, and keeps the new ones', async () => {
    await at.access.save(await at.signedIn());
    const before = at.accessDocument().access;
    at.clock.ms += 3_600_000;
    at.pass(60);
    expect((await at.look()).ran).toMatchObject([{ result: 'asked' }]);
    expect(at.accessDocument().access).toMatchObject({ kind: 'oauth' });
    expect(at.accessDocument().access).not.toEqual(before);
  });

  it('logs no address, name, token or secret', async () => {
    await at.fail({ attempts: 3 });
    await at.deliver();
    at.pass(30);
    await at.look();
    at.polar.state.tokens.clear();
    await at.look();
    const log = at.lines.join('\n');
    const [endpoint] = at.polar.endpoints;
    const secrets = [at.person.email, at.person.name, endpoint?.secret ?? '', 'polar_oat_'];
    expect(log).toContain('watch found');
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  });
});
