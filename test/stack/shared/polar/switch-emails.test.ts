import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { allScopes } from '#infra/local/polar-server/polar-server.ts';
import { PolarRefused, PolarUnavailable } from '#shared/polar/api-error.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import {
  acceptEmails,
  switchEmailsOff,
  switchEmailsOn,
} from '#shared/polar/connection/switch-emails.ts';
import { disconnectPolar } from '#shared/polar/connection/tend-connection.ts';
import { customerEmailKeys } from '#shared/polar/customer-emails.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;
const mayChange = [...allScopes, 'organizations:write'];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startPolarConnection(dynamo.client);
  onTestFinished(() => at.stop());
});

async function connect(scopes: readonly string[] = mayChange): Promise<Connection> {
  const access = at.token(scopes);
  const connected = await connectPolar(at.parts(access), { access, by: 'ann' });
  if (connected.kind !== 'connected') throw new Error('not connected');
  return connected.connection;
}

async function present(): Promise<Connection> {
  const connection = await at.connections.read();
  if (!connection) throw new Error('not connected');
  return connection;
}

const organizationId = () => at.polar.organizations[0]?.id ?? '';
/** As if somebody had switched it in Polar. */
const inPolar = (changes: Readonly<Record<string, boolean>>) => {
  const before = at.polar.state.emailSettings.get(organizationId());
  at.polar.state.emailSettings.set(organizationId(), { ...before, ...changes });
};
const settings = async () => ({ ...(await at.parts().api.emailSettings(organizationId())) });
const allOn = Object.fromEntries(customerEmailKeys.map((key) => [key, true]));

describe("Polar's own mails", () => {
  it('are read when connecting, without more rights than before', async () => {
    inPolar({ subscription_cycled: false });
    const { emails } = await connect(allScopes);
    expect(emails?.switches).toEqual({ ...allOn, subscription_cycled: false });
    expect((await present()).emails).toEqual(emails);
  });

  it.each(customerEmailKeys)('%s is switched off, read back, and on again', async (key) => {
    const off = await switchEmailsOff(at.parts(), await connect(), [key]);
    expect(off).toMatchObject({ kind: 'done' });
    expect(await settings()).toEqual({ ...allOn, [key]: false });
    const { emails, emailsSwitchedOff } = await present();
    expect(emails?.switches).toEqual({ ...allOn, [key]: false });
    expect(emailsSwitchedOff).toEqual([key]);
    await switchEmailsOn(at.parts(), await present(), [key]);
    expect(await settings()).toEqual(allOn);
    expect((await present()).emailsSwitchedOff).toEqual([]);
  });

  it('gives back to Polar every key that it gave, those that we do not know among them', async () => {
    inPolar({ order_shipped: true });
    await switchEmailsOff(at.parts(), await connect(), ['order_confirmation']);
    expect(at.polar.state.emailSettings.get(organizationId())).toEqual({
      ...allOn,
      order_shipped: true,
      order_confirmation: false,
    });
  });

  it('says that the invoice is no longer attached, and what disconnecting does', async () => {
    const off = await switchEmailsOff(at.parts(), await connect(), ['order_confirmation']);
    const said = off.kind === 'done' ? off.done.join(' ') : '';
    expect(said).toMatch(/Polar confirms that it is off/);
    expect(said).toMatch(/Disconnecting switches on again/);
    expect(said).toMatch(/invoice/);
  });

  it('are switched on again when the connection ends, but not what was off before', async () => {
    inPolar({ subscription_paused: false });
    const connection = await connect();
    const keys = ['order_confirmation', 'subscription_paused'];
    await switchEmailsOff(at.parts(), connection, keys);
    expect((await present()).emailsSwitchedOff).toEqual(['order_confirmation']);
    const ended = await disconnectPolar(at.parts(), await present());
    expect(ended.kind === 'done' && ended.done[0]).toMatch(/on again: order_confirmation\.$/);
    expect(at.polar.state.emailSettings.get(organizationId())).toEqual({
      ...allOn,
      subscription_paused: false,
    });
  });

  it('stay off, and a person is told, where the access may not change them anymore', async () => {
    await switchEmailsOff(at.parts(), await connect(), ['order_confirmation']);
    await connect(allScopes);
    const ended = await disconnectPolar(at.parts(), await present());
    expect(ended.kind === 'done' && ended.done[0]).toMatch(
      /stay off, because .* order_confirmation\. Switch them on in Polar/,
    );
    expect(at.polar.endpoints).toEqual([]);
  });

  it('keep the connection while Polar is away, so that disconnecting can be repeated', async () => {
    await switchEmailsOff(at.parts(), await connect(), ['order_confirmation']);
    at.polar.goDown();
    await expect(disconnectPolar(at.parts(), await present())).rejects.toThrow(PolarUnavailable);
    at.polar.comeBack();
    expect(at.polar.endpoints).toHaveLength(1);
    await disconnectPolar(at.parts(), await present());
    expect(at.polar.state.emailSettings.get(organizationId())).toEqual(allOn);
  });

  it('are not touched without the scope, which the refusal names', async () => {
    const connection = await connect(allScopes);
    const refused = switchEmailsOff(at.parts(), connection, ['order_confirmation']);
    await expect(refused).rejects.toThrow(PolarRefused);
    await expect(refused).rejects.toThrow(/organizations:write/);
    expect(await settings()).toEqual(allOn);
    expect((await present()).emailsSwitchedOff).toEqual([]);
  });

  it('are restored even when the answer to the change was lost', async () => {
    const connection = await connect();
    at.polar.loseAnswer('PATCH', /organizations/);
    await switchEmailsOff(at.parts(), connection, ['order_confirmation']);
    expect((await present()).emailsSwitchedOff).toEqual(['order_confirmation']);
    await disconnectPolar(at.parts(), await present());
    expect(at.polar.state.emailSettings.get(organizationId())).toEqual(allOn);
  });

  it.each([
    [['order_shipped'], 'Polar does not say whether it sends order_shipped, so nothing was'],
    [[], 'No mail was named, so nothing was changed. Say which mails.'],
  ])('changes nothing for %j, and says why', async (keys, reason) => {
    const off = await switchEmailsOff(at.parts(), await connect(), keys);
    expect(off).toMatchObject({ kind: 'unfinished', reason: expect.stringContaining(reason) });
    expect(at.polar.requests.filter((one) => one.startsWith('PATCH /v1/organizations'))).toEqual(
      [],
    );
  });

  it('are taken as they are when a person says so', async () => {
    const connection = await connect();
    inPolar({ subscription_cycled: false });
    await acceptEmails(at.parts(), connection);
    expect((await present()).emails?.switches).toEqual({ ...allOn, subscription_cycled: false });
  });

  it('keep what is to be restored over a new connection to the same organization', async () => {
    await switchEmailsOff(at.parts(), await connect(), ['order_confirmation']);
    expect((await connect()).emailsSwitchedOff).toEqual(['order_confirmation']);
  });
});
