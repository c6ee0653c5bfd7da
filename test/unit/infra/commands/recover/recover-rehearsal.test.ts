import { expect, it, onTestFinished } from 'vitest';
import { rehearseRecovery } from '#infra/commands/recover/run.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import { standardEventTypes } from '#shared/polar/event-types.ts';
import { polarApiVersion } from '#shared/polar/request.ts';
import { startBackfillAtWork } from '../backfill/backfill-at-work.ts';

const url = 'http://127.0.0.1:4000/webhooks/polar';

/** What a recovery would find, where all is as Polar has it. */
async function inStep() {
  const at = await startBackfillAtWork({ customers: 1, subscriptions: 1 });
  onTestFinished(() => at.polar.stop());
  await at.run();
  const parts = at.partsOf(at.audience);
  const { api, now } = parts;
  const endpoint = await api.createEndpoint({
    ...{ url, name: 'Polar Audience', format: 'raw', api_version: polarApiVersion },
    events: standardEventTypes,
  });
  const connected: Connection = {
    ...{ version: 1, server: 'production', endpointId: endpoint.id, url },
    ...{ organizationId: northlight.id, organizationName: northlight.name },
    ...{ organizationSlug: northlight.slug, apiVersion: polarApiVersion },
    ...{ connectedAt: now().toISOString(), by: 'ann', method: 'token' },
  };
  const unused = () => Promise.reject(new Error('A dry run does not use it.'));
  const polar: ConnectionParts = {
    ...{ api, webhookUrl: url, apiUrl: at.polar.url, now, inTurn: unused },
    eventsWanted: async () => standardEventTypes,
    webhookSecrets: {
      read: async () => ({ current: endpoint.secret, previous: '' }),
      ...{ changedAt: unused, write: unused },
    },
    connections: {
      read: async () => connected,
      ...{
        save: unused,
        noteEmails: unused,
        noteLook: unused,
        remove: unused,
        former: unused,
      },
      ...{ noteGap: unused, closeGap: unused },
    },
    access: { isKept: unused, save: unused, forget: unused },
  };
  const isLeft = async (connection: Connection = connected) => {
    const rehearsed = await rehearseRecovery(
      {
        ...{ ...parts, polar, connection, isMixed: false, appliesLost: false },
        ...{ hasRecord: async () => false, isAccepted: async () => false },
        ...{ racePause: parts.pause, progress: () => undefined, isStopped: () => false },
        lost: {
          rehearsal: {
            surroundings: { settings: defaultSettings, now: now(), newId: parts.newId },
            ...{ workflows: [], emailUnder: async () => undefined, hasSender: true },
          },
          ...{ recordsOf: async () => [], retentionDays: 90, enqueue: unused },
        },
      },
      undefined,
      {
        ...{ health: () => undefined, backfilled: () => undefined, lost: () => undefined },
        ...{ undelivered: () => undefined, found: () => undefined },
      },
    );
    if (rehearsed.kind === 'unfinished') throw new Error(rehearsed.reason);
    return rehearsed.isLeft;
  };
  return { at, connected, isLeft };
}

it('a dry run has something to do where a gap is noted, although nothing is missing', async () => {
  const { connected, isLeft } = await inStep();
  const gap = { since: connected.connectedAt, known: 'connecting' } as const;
  expect(await isLeft({ ...connected, gap })).toBe(true);
  expect(await isLeft()).toBe(false);
});

it('a dry run has something to do where nothing but the state of a subscription was missed', async () => {
  const { at, isLeft } = await inStep();
  expect(await isLeft()).toBe(false);
  const modified_at = new Date().toISOString();
  Object.assign(at.polar.state.subscriptions[0] ?? {}, { status: 'past_due', modified_at });
  expect(await isLeft()).toBe(true);
  await at.run();
  expect(await isLeft()).toBe(false);
});

it('a dry run has something to do where Polar keeps the payload of what never arrived, and nothing once it is gone', async () => {
  const { at, isLeft } = await inStep();
  const [id] = await at.polar.emit({ type: 'customer.updated', data: {} });
  expect(await isLeft()).toBe(true);
  Object.assign(at.polar.state.events.find((event) => event.id === id) ?? {}, { isArchived: true });
  expect(await isLeft()).toBe(false);
});
