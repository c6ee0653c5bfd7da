import type { Import } from '#shared/audience/backfill/import.ts';
import { type ActVerb, everything } from '#shared/audience/operator-act.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { reasonOf } from '#shared/failure.ts';
import { cached } from '#shared/in-time.ts';
import { connectedSince } from '#shared/polar/connection/connection.ts';
import { type Concern, concernsOf } from '#shared/status/concerns.ts';
import { readStatus, type Status } from '#shared/status/status.ts';
import type { ContactList } from '#shared/store/audience/contact-search.ts';
import { countedEmails } from '#shared/store/counts/counts.ts';
import { InvalidSettings } from '#shared/store/settings/settings.ts';
import type { ConsoleParts } from '../parts.ts';
import type { SetUp } from './next-steps.ts';
import type { Numbers } from './overview-data.ts';

/** Polar may be slow, and whoever opens the first page is not. */
const polarMs = 1_000;
const statusMaxAgeMs = 15_000;

/**
 * How everything is, as `npm run status` says it; `undefined`: it could not be read, and the log says why. `acts`: how
 * many this instance has done.
 */
export type StatusNow = (acts: number) => Promise<Status | undefined>;

/** Of this instance, one reading for all who ask within some seconds, unless somebody did something meanwhile. */
export function statusNow(parts: ConsoleParts): StatusNow {
  const { db, env, queues, queueCounts, workflows, hold, now, log, polar } = parts;
  const { connections, webhookSecrets } = polar;
  const read = () =>
    readStatus({
      ...{ db, queues, queueCounts, workflows, hold, now, polarMs },
      tables: { failures: env.FAILURES_TABLE, emails: env.EMAILS_TABLE },
      settings: () => settingsNow(parts),
      polar: {
        ...{ connections, webhookSecrets },
        partsFor: ({ server }) => polar.partsFor(server, { patienceMs: polarMs }),
      },
      emailsOfDay: countedEmails(parts.counts),
      // CloudWatch alone knows, and an alarm rings.
      oldestSeconds: async () => undefined,
    });
  const fresh = () => cached(read, statusMaxAgeMs, () => now().getTime());
  let known = { acts: 0, recent: fresh() };
  return async (acts) => {
    if (known.acts !== acts) known = { acts, recent: fresh() };
    try {
      return await known.recent();
    } catch (error) {
      log.error('status not read', { reason: reasonOf(error) });
      return undefined;
    }
  };
}

async function settingsNow({ settings }: ConsoleParts) {
  try {
    return { isValid: true, version: (await settings()).version } as const;
  } catch (error) {
    if (error instanceof InvalidSettings) return { isValid: false, reason: error.message } as const;
    throw error;
  }
}

/**
 * What is wrong, but for what the page says elsewhere: that mail is held, that nothing is connected yet, that Polar was
 * slower than this page waits, and what passes by itself.
 */
export function concernsShown(status: Status | undefined) {
  const elsewhere = ['held', 'not-connected', 'polar-silent'];
  const passes = (one: Concern) => one.kind === 'connection' && one.repair === 'wait';
  if (!status) return [];
  return concernsOf(status).filter((one) => !elsewhere.includes(one.kind) && !passes(one));
}

/** How long ago an act is looked for that did what the checklist asks for. What is older asks for none of it any more. */
const daysLookedBack = 7;

/** What there is of what a new deployment needs. Reads more only while something is missing. */
export async function setUpOf(
  { acts, contacts, imports, mailFrom, polar, settings, now }: SetUpParts,
  { status, numbers, workflows }: Known,
): Promise<SetUp> {
  const { connection } = status;
  const isConnected = connection.kind !== 'none';
  const hasSecret = isConnected || connection.hasSecret;
  const since = new Date(now().getTime() - daysLookedBack * 86_400_000).toISOString();
  // A page of the log is read for a match, so a short one would be many reads.
  const actsOf = async (what: ActVerb) => (await acts.page({ what }, since, 100)).acts;
  // Whoever has contacts and has been connected for longer has brought in whom they wanted.
  const wereBroughtIn = async (imported: Import | undefined) => {
    if (connection.kind === 'none') return false;
    const hasContacts = (numbers.contacts?.total ?? 0) > 0 || (await hasAny(contacts));
    if (!hasContacts) return false;
    if (connectedSince(connection.connection) < since) return true;
    const [backfills, recoveries] = await Promise.all([actsOf('backfill'), actsOf('recover')]);
    const whole = [
      ...backfills.filter(({ on }) => on['since'] === undefined),
      ...recoveries.filter(({ on }) => on['compared'] === everything),
    ];
    // A later look that found somebody new counts more than a backfill before it.
    const looked = imported?.state === 'done' ? imported.changedAt : since;
    return whole.some(({ outcome, at }) => outcome === 'done' && at > looked);
  };
  const hasActiveWorkflow = workflows.some(isActive);
  const isInUse = hasActiveWorkflow && isOlderThan(since, { connection, workflows });
  const reading = imports.read().then((known) => {
    const isOurs =
      connection.kind !== 'none' && known?.organizationId === connection.connection.organizationId;
    return isOurs ? known : undefined;
  });
  const [imported, wasBroughtIn, hasPostalAddress, needsNoTest] = await Promise.all([
    reading,
    reading.then((found) => (found?.kind === 'import' ? false : wereBroughtIn(found))),
    settings().then(
      ({ postalAddress }) => postalAddress !== undefined && postalAddress !== null,
      // That they cannot be read is said above, and no reason to ask for an address.
      () => true,
    ),
    isInUse || actsOf('test.sent').then((found) => found.some(({ outcome }) => outcome === 'done')),
  ]);
  const obstacle = polar.obstacle('production');
  return {
    ...{ isConnected, hasSecret, obstacle, imported, isInUse, hasActiveWorkflow },
    needsNoTest,
    needsNoImport: wasBroughtIn,
    hasSender: mailFrom !== undefined,
    hasPostalAddress,
  };
}

type Known = Readonly<{ status: Status; numbers: Numbers; workflows: readonly Workflow[] }>;

const isActive = ({ status }: Workflow) => status === 'active';

/** Whether a deployment was begun before: with a connection, or with a workflow where somebody set the secret by hand. */
function isOlderThan(
  time: string,
  { connection, workflows }: Pick<Status, 'connection'> & Pick<Known, 'workflows'>,
): boolean {
  const isConnectedLonger =
    connection.kind !== 'none' && connectedSince(connection.connection) < time;
  return isConnectedLonger || workflows.some(({ createdAt }) => createdAt < time);
}

type SetUpParts = Pick<
  ConsoleParts,
  'acts' | 'imports' | 'mailFrom' | 'polar' | 'settings' | 'now'
> &
  Readonly<{ contacts: Pick<ContactList, 'page'> }>;

async function hasAny(contacts: SetUpParts['contacts']): Promise<boolean> {
  return (await contacts.page({}, 1)).items.length > 0;
}
