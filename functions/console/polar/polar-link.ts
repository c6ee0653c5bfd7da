import { connectionLease, connectionTurn } from '#shared/aws/connection-turn.ts';
import { dynamoConnection } from '#shared/aws/dynamo-connection.ts';
import { dynamoEventLog } from '#shared/aws/dynamo-event-log.ts';
import { dynamoLease } from '#shared/aws/dynamo-lease.ts';
import { accessLease, polarAccess } from '#shared/aws/polar-access.ts';
import { polarSignIn } from '#shared/aws/polar-sign-in.ts';
import { webhookSecretDocument } from '#shared/aws/webhook-secret-document.ts';
import type { ConnectionParts } from '#shared/polar/connection.ts';
import { polarApi } from '#shared/polar/polar-api.ts';
import { type PolarServer, polarAddresses } from '#shared/polar/polar-server.ts';
import { problemOfWebhookUrl } from '#shared/polar/public-url.ts';
import type { ConsoleParts } from '../console-parts.ts';

/** How long Polar may ask for patience while a person waits for an act, and for a page that can do without. */
const patienceMs = { act: 3_000, page: 1_200 } as const;

type Call = Readonly<{
  /** That of an access that is not kept yet; absent: the one in use. */
  token?: string;
  isHasty?: boolean;
}>;

export type PolarLink = ReturnType<typeof polarLink>;

/** Everything that these pages speak with Polar through. */
export function polarLink(parts: ConsoleParts) {
  const { db, env, secrets, now, newId, log } = parts;
  const addresses = (server: PolarServer) => polarAddresses(server, env);
  const leaseOf = (lease: Readonly<{ name: string; leaseMs: number }>) =>
    dynamoLease(db, { table: env.SETTINGS_TABLE, ...lease, now });
  const access = polarAccess({
    ...{ secrets, secretId: env.POLAR_ACCESS_ID, lease: leaseOf(accessLease) },
    ...{ addresses, now, newId },
  });
  const connections = dynamoConnection(db, env.SETTINGS_TABLE);
  const inTurn = connectionTurn({ lease: leaseOf(connectionLease), newId });
  const webhookSecrets = webhookSecretDocument(secrets, env.WEBHOOK_SECRET_ID);
  const webhookUrl = env.WEBHOOK_URL;

  return {
    access,
    connections,
    webhookUrl,
    signIn: polarSignIn(access, { addresses, now }),
    events: dynamoEventLog(db, env.EVENTS_TABLE),
    now,
    log,

    /** Why Polar cannot send webhooks here at all. */
    obstacle: (server: PolarServer) => problemOfWebhookUrl(webhookUrl, addresses(server).apiUrl),

    partsFor(server: PolarServer, { token, isHasty = false }: Call = {}): ConnectionParts {
      const { apiUrl } = addresses(server);
      const api = polarApi({
        baseUrl: apiUrl,
        token: token === undefined ? access.token : async () => token,
        patienceMs: isHasty ? patienceMs.page : patienceMs.act,
        log,
      });
      return { api, connections, webhookSecrets, access, inTurn, webhookUrl, apiUrl, now };
    },
  };
}
