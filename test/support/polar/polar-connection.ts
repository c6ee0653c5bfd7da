import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { secretStore, startSecretsManager } from '#infra/local/emulators/secrets-manager.ts';
import { type FakePolarOptions, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { type Access, accessDocument } from '#shared/polar/access.ts';
import { polarApi } from '#shared/polar/api.ts';
import type { ConnectionParts } from '#shared/polar/connection/connection.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoLease } from '#shared/store/lease.ts';
import {
  accessLease,
  bearerOf,
  type PolarAccessParts,
  polarAccess,
} from '#shared/store/polar/access.ts';
import {
  connectionLease,
  connectionTurn,
  dynamoConnection,
  webhookSecretDocument,
} from '#shared/store/polar/connection.ts';
import { eventsWanted } from '#shared/store/polar/events-wanted.ts';
import { polarSignIn } from '#shared/store/polar/sign-in.ts';
import { clientConfig } from '../cloud/emulators.ts';
import { createPlainTable } from '../cloud/plain-table.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

export type PolarConnection = Awaited<ReturnType<typeof startPolarConnection>>;

/** A fake Polar, an address for its webhooks, and the stores of a deployment that is not connected yet. */
export async function startPolarConnection(client: DynamoDBClient, options: FakePolarOptions = {}) {
  const polar = await startFakePolar(options);
  const values = await secretStore();
  await values.put('WebhookSecret', '{"current":"","previous":""}');
  await values.put('PolarAccess', '{}');
  let puts: boolean[] = [];
  const failing = {
    ...values,
    put: async (name: string, value: string) => {
      if (puts.shift()) throw new Error('Secrets Manager is away');
      await values.put(name, value);
    },
  };
  const secretsManager = await startSecretsManager(failing, 0);
  const secrets = new SecretsManagerClient({
    ...clientConfig(secretsManager.address),
    maxAttempts: 1,
  });
  const receiver = await startWebhookReceiver(() => values.get('WebhookSecret') ?? '');
  const table = await createPlainTable(client, 'name');
  const db = documentClient(client);
  const clock = { ms: Date.now() };
  const now = () => new Date(clock.ms);
  const connections = dynamoConnection(db, table);
  const lease = dynamoLease(db, { table, ...connectionLease, now });
  const inTurn = connectionTurn({ lease, newId: randomUUID });
  const webhookSecrets = webhookSecretDocument(secrets, 'WebhookSecret');

  /** As one more process on the same stores, which may have a network of its own. */
  function process(own: Pick<PolarAccessParts, 'fetch'> = {}) {
    const parts = {
      secrets,
      secretId: 'PolarAccess',
      lease: dynamoLease(db, { table, ...accessLease, now }),
      addresses: () => polar.addresses,
      now,
      newId: randomUUID,
      ...own,
    };
    const access = polarAccess(parts);
    return { access, signIn: polarSignIn(access, parts) };
  }

  const { access, signIn } = process();

  /** `given`: an access that is not kept yet. */
  const parts = (given?: Access): ConnectionParts => ({
    api: polarApi({
      baseUrl: polar.url,
      token: given ? async () => bearerOf(given) : access.token,
      pause: async () => undefined,
    }),
    connections,
    webhookSecrets,
    access,
    inTurn,
    webhookUrl: receiver.url,
    eventsWanted: eventsWanted(db, table),
    apiUrl: polar.url,
    now: () => new Date(),
  });

  return {
    polar,
    receiver,
    secretsEndpoint: secretsManager.address,
    secrets,
    values,
    db,
    table,
    clock,
    access,
    signIn,
    process,
    parts,
    connections,
    webhookSecret: () => JSON.parse(values.get('WebhookSecret') ?? ''),
    accessDocument: () => accessDocument(values.get('PolarAccess') ?? ''),
    /** Which of the next writes of a secret fail. */
    failPuts: (...next: boolean[]) => {
      puts = next;
    },
    token: (scopes?: readonly string[]): Access => ({
      kind: 'token',
      server: 'production',
      token: polar.organizationToken(scopes),
    }),
    /** Signs in as a person in a browser would. */
    async signedIn(): Promise<Access> {
      const redirectUri = 'http://localhost:4747/console/polar/callback';
      const { url, state } = await signIn.start({ server: 'production', redirectUri });
      const response = await fetch(url, { redirect: 'manual' });
      const back = new URL(response.headers.get('location') ?? '');
      return signIn.finish(back.searchParams, state);
    },
    stop: async () => {
      secrets.destroy();
      await Promise.all([polar.stop(), receiver.stop(), secretsManager.stop()]);
    },
  };
}
