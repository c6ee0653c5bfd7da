import { type BackfillHooks, type BackfillParts, backfill } from '#infra/commands/backfill/run.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import { lastDelivery } from '#shared/polar/connection/gap.ts';
import type { ConnectionHealth } from '#shared/polar/connection/health.ts';
import { isSupportedEventType } from '#shared/polar/event-types.ts';
import { instant } from '#shared/polar/instant.ts';
import { lostSince, watchGap } from './gap.ts';
import type { LostParts } from './lost.ts';
import type { RedeliverParts } from './redeliver.ts';

export type RecoverParts = Omit<BackfillParts, 'api' | 'organizationId' | 'pause'> &
  Readonly<{
    polar: ConnectionParts;
    connection: Connection;
    hasRecord: RedeliverParts['hasRecord'];
    isAccepted: RedeliverParts['isAccepted'];
    /** A person knows that customers of other organizations are here. */
    isMixed: boolean;
    /** Orders of which Polar never told are applied with triggers. */
    appliesLost: boolean;
    lost: Pick<LostParts, 'rehearsal' | 'recordsOf' | 'retentionDays' | 'enqueue'>;
    pause: RedeliverParts['pause'];
    /** Between lost races for a row. */
    racePause: BackfillParts['pause'];
    progress: (text: string) => void;
    isStopped: () => boolean;
  }>;

type Clues = Readonly<{
  /** The endpoint was found disabled. */
  wasDisabled: boolean;
  /** ISO 8601, as Polar tells them. */
  lastSuccess: string | undefined;
  oldestFailure: string | undefined;
  /** Since when webhooks may be missing, by the connection. */
  noted: string | undefined;
}>;

const marginMs = 3_600_000;

/**
 * When the gap began, an hour early for safety, as `instant` writes it. `undefined`: nothing tells, so that everything is
 * to be compared. That is so whenever the endpoint is enabled: somebody enabled it by hand, or a recovery was broken off.
 */
export function beginningOfGap({
  wasDisabled,
  lastSuccess,
  oldestFailure = lastSuccess,
  noted = lastSuccess,
}: Clues): string | undefined {
  if (!wasDisabled || !lastSuccess || !oldestFailure || !noted) return undefined;
  const earliest = Math.min(...[lastSuccess, oldestFailure, noted].map((time) => Date.parse(time)));
  return instant(new Date(earliest - marginMs).toISOString());
}

/** When the gap began, seen before anything is repaired; `undefined`: nothing tells. */
export async function gapOf(
  parts: RecoverParts,
  { endpoint }: ConnectionHealth,
  oldestFailure: string | undefined,
): Promise<string | undefined> {
  const lastSuccess = await newestSuccess(parts);
  const wasDisabled = endpoint?.enabled === false;
  const noted = parts.connection.gap?.since;
  return beginningOfGap({ wasDisabled, lastSuccess, oldestFailure, noted });
}

/** When Polar delivered something last. */
export function newestSuccess({ polar, connection }: RecoverParts): Promise<string | undefined> {
  return lastDelivery(polar.api, connection.endpointId);
}

/** Watches what was listed of the gap, as far back as orders may have been lost. */
export function gapSince(parts: RecoverParts, since: string | undefined) {
  const { connection } = parts;
  const { workflows } = parts.lost.rehearsal;
  return watchGap(lostSince({ since, connection }, workflows, parts.now()));
}

/** What lost orders are looked for with. */
export function lostParts({ lost, ...parts }: RecoverParts): LostParts {
  return { ...parts, ...lost };
}

/** What Polar is asked to deliver again with. */
export function redeliverParts(parts: RecoverParts, { endpointId }: Connection): RedeliverParts {
  return { ...parts, api: parts.polar.api, endpointId, silenced: silencedBy(parts) };
}

/** Compares all that Polar lists, and repairs it unless it is a dry run. */
export function compare(
  parts: RecoverParts,
  wish: Readonly<{ since: string | undefined; isDryRun: boolean }>,
  hooks: Partial<Pick<BackfillHooks, 'found' | 'refused' | 'deletions' | 'listed'>>,
) {
  const { polar, connection, isMixed, racePause, progress, isStopped } = parts;
  const { organizationId } = connection;
  return backfill(
    { ...parts, api: polar.api, organizationId, pause: racePause },
    { ...wish, isMixed },
    {
      found: () => undefined,
      deletions: async () => 'leave',
      ...hooks,
      save: async () => undefined,
      progress,
      isStopped,
    },
  );
}

/** The active workflows that would mail about an event of this type and age. */
export function silencedBy({ lost: { rehearsal }, now }: RecoverParts): RedeliverParts['silenced'] {
  return ({ type, createdAt }) => {
    const { events } = rehearsal.surroundings.settings;
    if (!isSupportedEventType(type) || !events[type].enabled || !events[type].trigger) return [];
    const ageHours = (now().getTime() - Date.parse(createdAt)) / 3_600_000;
    return rehearsal.workflows
      .filter(({ status, trigger }) => status === 'active' && trigger.event === type)
      .filter(({ maxAgeHours }) => ageHours <= maxAgeHours)
      .map(({ name }) => name);
  };
}
