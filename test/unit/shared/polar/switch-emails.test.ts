import { expect, it, onTestFinished } from 'vitest';
import { startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { polarApi } from '#shared/polar/api.ts';
import { PolarUnavailable } from '#shared/polar/api-error.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import { restoreEmails, switchEmailsOff } from '#shared/polar/connection/switch-emails.ts';

const key = 'order_confirmation';
const tries = 5;

/** A fake Polar that is asked by an access that may do everything; `pausing` runs before a call is tried again. */
async function connected(pausing: (polar: { goDown: () => void }) => void = () => undefined) {
  const polar = await startFakePolar();
  onTestFinished(() => polar.stop());
  const [organization] = polar.organizations;
  if (!organization) throw new Error('There is no organization.');
  const token = polar.organizationToken(['organizations:read', 'organizations:write']);
  let kept: Connection | undefined = {
    ...{ version: 1, server: 'production', endpointId: 'e', url: polar.url, apiVersion: '2026-10' },
    ...{ organizationId: organization.id, organizationName: 'N', organizationSlug: 'n' },
    ...{ connectedAt: '2026-11-01T00:00:00.000Z', by: 'ann', method: 'token' },
  };
  const present = (): Connection => {
    if (!kept) throw new Error('not connected');
    return kept;
  };
  const never = () => Promise.reject(new Error('not part of this'));
  const parts: ConnectionParts = {
    api: polarApi({
      baseUrl: polar.url,
      token: async () => token,
      pause: async () => pausing(polar),
    }),
    connections: {
      read: async () => kept,
      save: async (next) => {
        kept = next;
        return true;
      },
      noteEmails: never,
      noteLook: never,
      noteGap: never,
      closeGap: never,
      remove: never,
      former: never,
    },
    webhookSecrets: { read: never, changedAt: never, write: never },
    access: { isKept: never, save: never, forget: never },
    inTurn: (act) => act(async () => undefined),
    webhookUrl: polar.url,
    eventsWanted: never,
    apiUrl: polar.url,
    now: () => new Date(),
  };
  return {
    polar,
    parts,
    present,
    switchOff: () => switchEmailsOff(parts, present(), [key]),
    settings: () => polar.state.emailSettings.get(organization.id),
    /** As the merchant does it in Polar. */
    inPolar: (isOn: boolean) => {
      const before = polar.state.emailSettings.get(organization.id);
      polar.state.emailSettings.set(organization.id, { ...before, [key]: isOn });
    },
    loseChanges: (isBefore: boolean) => {
      for (let n = 0; n < tries; n += 1) polar.loseAnswer('PATCH', /organizations/, isBefore);
    },
  };
}

it('switching off that Polar did not do is not ours: disconnecting leaves what the merchant switches off', async () => {
  const at = await connected();
  at.loseChanges(true);
  await expect(at.switchOff()).rejects.toThrow(PolarUnavailable);
  expect(at.present().emailsSwitchedOff).toEqual([]);
  at.inPolar(false);
  expect(await restoreEmails(at.parts, at.present())).toEqual([]);
  expect(at.settings()).toMatchObject({ [key]: false });
});

it('switching off that Polar did although it never answered is ours', async () => {
  const at = await connected();
  at.loseChanges(false);
  expect(await at.switchOff()).toMatchObject({ kind: 'done' });
  expect(at.present()).toMatchObject({
    emailsSwitchedOff: [key],
    emails: { switches: { [key]: false } },
  });
});

it('switching off of which nobody can read whether it was done is not ours, and a person is told', async () => {
  const at = await connected((polar) => polar.goDown());
  at.loseChanges(true);
  expect(await at.switchOff()).toEqual({
    kind: 'unfinished',
    reason: expect.stringMatching(/not sure whether order_confirmation .* does not switch it on/),
    error: expect.any(PolarUnavailable),
  });
  expect(at.present().emailsSwitchedOff).toEqual([]);
});

it('what somebody has switched on again in Polar is not ours anymore, should switching it off fail', async () => {
  const at = await connected();
  await at.switchOff();
  at.inPolar(true);
  at.loseChanges(true);
  await expect(at.switchOff()).rejects.toThrow(PolarUnavailable);
  expect(at.present().emailsSwitchedOff).toEqual([]);
});
