import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { RecoverParts } from '#infra/commands/recover/look.ts';
import type { RecoverHooks } from '#infra/commands/recover/run.ts';
import { startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { polarApi } from '#shared/polar/api.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import { settleEndpoint } from '#shared/polar/connection/endpoint.ts';
import { standardEventTypes } from '#shared/polar/event-types.ts';
import { polarApiVersion } from '#shared/polar/request.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';
import { memoryAudience } from '../backfill/backfill-at-work.ts';

const webhookUrl = 'https://hooks.example.com/webhooks/polar';
/** A connection that is well, and an order in Polar whose receipt is due and of which no webhook came. */
export async function startRecovery() {
  const polar = await startFakePolar({ customers: 2, orders: 1 });
  onTestFinished(() => polar.stop());
  const token = polar.organizationToken();
  const api = polarApi({ baseUrl: polar.url, token: async () => token });
  const organizationId = northlight.id;
  const { endpoint } = await settleEndpoint({
    ...{ api, webhookUrl, organizationId, mayName: false, knownId: undefined },
    ...{ events: standardEventTypes, mayTakeOver: () => undefined },
  });
  const connection: Connection = {
    ...{ version: 1, organizationId, organizationName: 'Northlight', by: 'ann' },
    ...{ organizationSlug: 'northlight', endpointId: endpoint.id, url: webhookUrl },
    ...{ apiVersion: polarApiVersion, connectedAt: '2020-01-01T00:00:00.000Z' },
    server: 'production',
    method: 'token',
  };
  const never = async () => {
    throw new Error('Nothing of the connection is to be changed');
  };
  const polarParts: ConnectionParts = {
    ...{ api, webhookUrl, apiUrl: polar.url, now: () => new Date(), inTurn: never },
    connections: {
      read: async () => connection,
      ...{ save: never, noteEmails: never, noteLook: never, remove: never, former: never },
      ...{ noteGap: never, closeGap: never },
    },
    webhookSecrets: {
      read: async () => ({ current: endpoint.secret, previous: '' }),
      changedAt: async () => undefined,
      write: never,
    },
    access: { isKept: never, save: never, forget: never },
    eventsWanted: async () => standardEventTypes,
  };
  const { store, living, organizationOf, records } = memoryAudience();
  const surroundings = { settings: defaultSettings, now: new Date(), newId: randomUUID };
  const { workflow } = approvedMail();
  if (!workflow) throw new Error('approvedMail has no workflow');
  const receipts: Workflow = {
    ...mailing(workflow, { kind: 'transactional' }),
    ...{ frequency: 'every-time', maxAgeHours: 8_760 },
    trigger: { event: 'order.paid', conditions: [] },
  };
  const parts: RecoverParts = {
    ...{ store, living, organizationOf, settings: defaultSettings, newId: randomUUID },
    ...{ polar: polarParts, connection, isMixed: false, appliesLost: false },
    ...{ now: () => new Date(), pause: async () => undefined, racePause: async () => undefined },
    ...{ isAccepted: async () => false, hasRecord: async (id) => records.has(id) },
    ...{ progress: () => undefined, isStopped: () => false },
    lost: {
      rehearsal: {
        ...{ surroundings, workflows: [receipts], hasSender: true },
        emailUnder: async () => undefined,
      },
      recordsOf: async (id) =>
        [...records.values()].map(({ record }) => record).filter((one) => one.customerId === id),
      retentionDays: 3_650,
      enqueue: never,
    },
  };
  return { parts, polar };
}

export const nothing = () => undefined;
export const hooks: RecoverHooks = {
  ...{ health: nothing, repaired: nothing, waiting: nothing, redelivered: nothing },
  ...{ backfilled: nothing, lost: nothing, settling: nothing, applied: nothing },
  deletions: async () => 'leave',
};
