import { reasonOf } from '#shared/failure.ts';
import { localPolarAway } from '#shared/polar/access.ts';
import type { PolarOrganization } from '#shared/polar/api.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { type ConnectionHealth, connectionHealth } from '#shared/polar/connection/health.ts';
import { type CustomerEmails, customerEmailsOf } from '#shared/polar/customer-emails.ts';
import { isPreviousAccepted, type SecretNote, secretNotes } from '#shared/polar/webhook-secret.ts';
import { daysBefore } from '#shared/store/counts/counts.ts';
import { type LastSent, lastSent } from '#shared/store/events/last-sent.ts';
import { maySwitchEmails } from '../kit/polar-sign-in.ts';
import { inTime, type PolarLink } from './polar-link.ts';

/** What Polar tells, or a sentence why it is not known. */
export type Told<T> = { kind: 'told'; value: T } | { kind: 'not-told'; reason: string };

export type ConnectionState =
  | {
      kind: 'connected';
      connection: Connection;
      health: Told<ConnectionHealth>;
      /** The switches of Polar's own mails. */
      emails: Told<CustomerEmails>;
      /** Whether the access covers switching them; `undefined`: it does not say. */
      maySwitch: boolean | undefined;
      /** Of the days that were looked at. */
      lastReceived: LastSent;
      /** Whether it was made in those days. */
      isNew: boolean;
    }
  | { kind: 'signed-in'; organizations: Told<readonly PolarOrganization[]> }
  /** `isBrokenOff`: an access is kept, from connecting or disconnecting that ended midway. */
  | { kind: 'none'; isBrokenOff: boolean };

/** The rest of the page does not wait longer than this for Polar. */
const patienceMs = 3_500;
const isSlow =
  'Polar is slow right now, so its side of the connection isn’t shown. Try again in a moment.';

export const daysLookedBack = 7;
const dayMs = 86_400_000;

export async function connectionState(link: PolarLink): Promise<ConnectionState> {
  const connection = await link.connections.read();
  if (!connection) return stateOfSignIn(link);
  const isNew = Date.parse(connection.connectedAt) > link.now().getTime() - daysLookedBack * dayMs;
  // No other Polar could have been connected with this address.
  if (link.obstacle(connection.server) !== undefined) {
    const away = { kind: 'not-told', reason: localPolarAway } as const;
    const lastReceived = await lastReceivedBy(link);
    const asked = { health: away, emails: away, maySwitch: undefined };
    return { kind: 'connected', connection, ...asked, lastReceived, isNew };
  }
  const parts = link.partsFor(connection.server, { isHasty: true });
  const [health, emails, maySwitch, lastReceived] = await Promise.all([
    told(link, () => connectionHealth(parts, connection)),
    told(link, async () =>
      customerEmailsOf(await parts.api.emailSettings(connection.organizationId)),
    ),
    maySwitchEmails(link.access, link.log),
    lastReceivedBy(link),
  ]);
  return { kind: 'connected', connection, health, emails, maySwitch, lastReceived, isNew };
}

/** What a person should know of our webhook secrets, and whether there is a previous one to drop. */
export type SecretsShown = Readonly<{ notes: readonly SecretNote[]; mayDrop: boolean }>;

export async function secretsShown({ webhookSecrets, now, log }: PolarLink): Promise<SecretsShown> {
  try {
    const secrets = await webhookSecrets.read();
    const mayDrop = secrets.current !== '' && isPreviousAccepted(secrets, now());
    return { notes: secretNotes(secrets, now()), mayDrop };
  } catch (error) {
    log.error('polar page', { reason: reasonOf(error) });
    return { notes: [], mayDrop: false };
  }
}

async function stateOfSignIn(link: PolarLink): Promise<ConnectionState> {
  const { candidate, access } = await link.access.read();
  if (!candidate) return { kind: 'none', isBrokenOff: access !== undefined };
  const { api } = link.partsFor(candidate.server, { given: candidate, isHasty: true });
  return { kind: 'signed-in', organizations: await told(link, () => api.organizations()) };
}

async function told<T>({ log }: PolarLink, ask: () => Promise<T>): Promise<Told<T>> {
  try {
    return { kind: 'told', value: await inTime(ask, { patienceMs, sentence: isSlow }) };
  } catch (error) {
    if (isPolarApiError(error)) return { kind: 'not-told', reason: error.message };
    log.error('polar page', { reason: reasonOf(error) });
    const reason =
      'Asking Polar failed on our side. Try again; if it keeps failing, see the console function’s log.';
    return { kind: 'not-told', reason };
  }
}

function lastReceivedBy({ events, now }: PolarLink): Promise<LastSent> {
  const [from, downTo] = [daysBefore(now(), 0), daysBefore(now(), daysLookedBack - 1)];
  return lastSent(events, { from, downTo });
}
