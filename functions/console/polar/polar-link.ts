import { within } from '#shared/in-time.ts';
import { type PolarServer, polarAddresses, problemOfWebhookUrl } from '#shared/polar/access.ts';
import { polarApi } from '#shared/polar/api.ts';
import { PolarUnavailable } from '#shared/polar/api-error.ts';
import type { ConnectionParts } from '#shared/polar/connection.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { dynamoLease } from '#shared/store/lease.ts';
import { accessLease, polarAccess, polarSignIn } from '#shared/store/polar/access.ts';
import {
  connectionLease,
  connectionTurn,
  dynamoConnection,
  webhookSecretDocument,
} from '#shared/store/polar/connection.ts';
import type { ConsoleParts } from '../parts.ts';

/** As long as a page may take that API Gateway still hands on, with some seconds for the rest. */
const longestActMs = 24_000;

const actIsLate =
  'Polar is slower than this page can wait, so it is not known whether that was done. Look at the connection in a minute and, if need be, do it again: that is safe.';

/** What `action` gives, or a `PolarUnavailable` that says `sentence` once that takes too long. */
export async function inTime<T>(
  action: () => Promise<T>,
  { patienceMs = longestActMs, sentence = actIsLate } = {},
): Promise<T> {
  let isLate = true;
  const watched = async () => {
    try {
      return await action();
    } finally {
      isLate = false;
    }
  };
  try {
    return await within(patienceMs, watched);
  } catch (error) {
    throw isLate ? new PolarUnavailable(sentence) : error;
  }
}

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
    webhookSecrets,
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
