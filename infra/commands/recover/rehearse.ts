import type { BackfillHooks } from '#infra/commands/backfill/run.ts';
import { type BackfillCounts, sumOf } from '#shared/audience/backfill/page.ts';
import { connectionHealth } from '#shared/polar/connection-health.ts';
import type { UndeliveredEvent } from '#shared/polar/redelivery.ts';
import { compare, gapOf, gapSince, lostParts, type RecoverParts, redeliverParts } from './look.ts';
import { lostInGap } from './lost.ts';
import { brokenOff, type Redelivery, undeliveredHere } from './redeliver.ts';
import type { Recovered, RecoverHooks } from './run.ts';

/** What a dry run shows besides. */
export type RehearsalHooks = Pick<RecoverHooks, 'health' | 'backfilled' | 'lost'> &
  Readonly<{
    undelivered: (events: readonly UndeliveredEvent[]) => void;
    found: BackfillHooks['found'];
  }>;

/** Shows all that a recovery would do, and changes nothing. `true`: there is something. */
export async function rehearseRecovery(
  parts: RecoverParts,
  since: string | undefined,
  hooks: RehearsalHooks,
): Promise<
  Extract<Recovered, { kind: 'unfinished' }> | Readonly<{ kind: 'shown'; isLeft: boolean }>
> {
  const { polar, connection } = parts;
  const health = await connectionHealth(polar, connection);
  hooks.health(health);
  const inTheWay = health.faults.find(({ kind }) => kind === 'access' || kind === 'unreachable');
  if (inTheWay) return { kind: 'unfinished', reason: inTheWay.sentence };
  const seen: Pick<Redelivery, 'here' | 'accepted' | 'oldest'> = { here: 0, accepted: 0 };
  const undelivered: UndeliveredEvent[] = [];
  for await (const event of undeliveredHere(redeliverParts(parts, connection), seen)) {
    undelivered.push(event);
  }
  hooks.undelivered(undelivered);
  const from = since ?? (await gapOf(parts, health, seen.oldest));
  const gap = gapSince(parts, from);
  const wish = { since: from, isDryRun: true };
  const compared = await compare(parts, wish, { found: hooks.found, listed: gap.see });
  if (compared.kind === 'refused') return { ...compared, kind: 'unfinished' };
  if (compared.kind === 'stopped') return { kind: 'unfinished', reason: brokenOff };
  hooks.backfilled(compared.counts, from, compared.tooMany);
  const lost = await lostInGap(gap.seen(), lostParts(parts));
  hooks.lost(lost);
  const isDue = lost.orders.some(({ due }) => due.length > 0);
  // Deliveries that failed count only where their events never arrived, as at the end of a run.
  const faults = health.faults.filter(({ kind }) => kind !== 'failed');
  const isLeft = faults.length + undelivered.length > 0 || isDifferent(compared.counts);
  return { kind: 'shown', isLeft: isLeft || isDue };
}

function isDifferent({ drift, refused }: BackfillCounts): boolean {
  return sumOf(drift) + sumOf(refused) > 0;
}
