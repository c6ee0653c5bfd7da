import { otherOrganization } from '#infra/commands/backfill/gone.ts';
import type { BackfillHooks } from '#infra/commands/backfill/run.ts';
import { isLeft as isLeftByBackfill } from '#infra/commands/backfill/text.ts';
import { countLiving } from '#shared/audience/backfill/living.ts';
import {
  type BackfillCounts,
  type FoundDrift,
  noCounts,
  sumOf,
} from '#shared/audience/backfill/page.ts';
import type {
  Connection,
  Connections,
  Gap,
  WebhookSecrets,
} from '#shared/polar/connection/connection.ts';
import { isCovered } from '#shared/polar/connection/gap.ts';
import { type ConnectionHealth, connectionHealth } from '#shared/polar/connection/health.ts';
import { repairConnection } from '#shared/polar/connection/tend-connection.ts';
import type { UndeliveredEvent } from '#shared/polar/redelivery.ts';
import { secretRereadMs } from '#shared/polar/webhook-secret.ts';
import {
  beginningOfGap,
  compare,
  gapOf,
  gapSince,
  lostParts,
  newestSuccess,
  type RecoverParts,
  redeliverParts,
  silencedBy,
} from './look.ts';
import { applyLost, type Lost, lostInGap } from './lost.ts';
import {
  brokenOff,
  lastAnswer,
  type Redelivery,
  redeliverLost,
  type Undelivered,
  undeliveredHere,
  withFacts,
} from './redeliver.ts';

/** What is shown as soon as it is known. */
export type RecoverHooks = Readonly<{
  health: (health: ConnectionHealth) => void;
  repaired: (done: readonly string[]) => void;
  waiting: (seconds: number) => void;
  redelivered: (redelivery: Redelivery) => void;
  deletions: BackfillHooks['deletions'];
  backfilled: (counts: BackfillCounts, since: string | undefined, tooMany?: number) => void;
  lost: (lost: Lost) => void;
  settling: (seconds: number) => void;
  /** How many of the lost orders are applied now, of how many. */
  applied: (count: number, of: number) => void;
}>;

export type Refusal = Readonly<{ reason: string; count: number; customerIds: readonly string[] }>;

/** What was looked at again at the end. All empty: the gap is closed. */
export type Proof = Readonly<{
  faults: readonly string[];
  undelivered: readonly Undelivered[];
  differing: number;
  /** How often somebody could not be compared or repaired. */
  refused: number;
  /** The same by why, with whom it is about where that is known. */
  refusals: readonly Refusal[];
  /** Orders without a webhook whose mails are due. */
  due: number;
}>;

type Recovered =
  /** `from`: since when all was compared; absent: everything was. `gap`: the one that was open by then. */
  | Readonly<{ kind: 'proved'; proof: Proof; from: string | undefined; gap: Gap | undefined }>
  /** Why it went no further. `deletions`: so many customers would have been taken for deleted. */
  | Readonly<{ kind: 'unfinished'; reason: string; deletions?: number }>;

/**
 * Closes the gap that an outage left: sets the endpoint right, has Polar deliver again what never arrived, backfills
 * what it never recorded, and then looks at all of it once more. Safe to repeat and to break off. Throws a
 * `PolarApiError`.
 */
export async function recover(
  parts: RecoverParts,
  since: string | undefined,
  hooks: RecoverHooks,
): Promise<Recovered> {
  const { polar, connection, isStopped } = parts;
  const living = await countLiving(parts.living(), connection.organizationId);
  const others = parts.isMixed
    ? undefined
    : await otherOrganization(living, connection.organizationId, polar.api);
  if (others !== undefined) return { kind: 'unfinished', reason: others };
  const health = await connectionHealth(polar, connection);
  hooks.health(health);
  const inTheWay = health.faults.find(({ kind }) => kind === 'access' || kind === 'unreachable');
  if (inTheWay) return { kind: 'unfinished', reason: inTheWay.sentence };
  const lastSuccess = await newestSuccess(parts);

  const mended = await mend(parts, health);
  if (mended.kind === 'unfinished') return mended;
  hooks.repaired(mended.done);
  await untilSecretCounts(parts, hooks);

  const redelivery = await redeliverLost(redeliverParts(parts, mended.connection));
  hooks.redelivered(redelivery);
  if (redelivery.stopped !== undefined) return { kind: 'unfinished', reason: redelivery.stopped };

  const from =
    since ??
    beginningOfGap({
      wasDisabled: health.endpoint?.enabled === false,
      lastSuccess,
      oldestFailure: redelivery.oldest,
      noted: mended.connection.gap?.since,
    });
  const { deletions } = hooks;
  const gap = gapSince({ ...parts, connection: mended.connection }, from);
  const wish = { since: from, isDryRun: false };
  const backfilled = await compare(parts, wish, { deletions, listed: gap.see });
  if (backfilled.kind === 'refused') return { ...backfilled, kind: 'unfinished' };
  if (backfilled.kind === 'stopped' || isStopped()) {
    return { kind: 'unfinished', reason: brokenOff };
  }
  hooks.backfilled(backfilled.counts, from);
  const lost = await lostInGap(gap.seen(), lostParts(parts));
  if (isStopped()) return { kind: 'unfinished', reason: brokenOff };
  hooks.lost(lost);
  const due = lost.orders.filter((order) => order.due.length > 0);
  if (parts.appliesLost && due.length > 0) {
    hooks.applied(await applyLost(due, lostParts(parts), hooks.settling), due.length);
    if (isStopped()) return { kind: 'unfinished', reason: brokenOff };
  }
  const proof = await prove(parts, mended.connection, { since: from, redelivery });
  // What was not looked at to the end proves nothing.
  if (isStopped()) return { kind: 'unfinished', reason: brokenOff };
  return { kind: 'proved', proof, from, gap: mended.connection.gap };
}

type Mended =
  | Readonly<{ kind: 'done'; done: readonly string[]; connection: Connection }>
  | Extract<Recovered, { kind: 'unfinished' }>;

async function mend(
  { polar, connection }: RecoverParts,
  health: ConnectionHealth,
): Promise<Mended> {
  if (health.faults.every(({ kind }) => kind === 'failed')) {
    return { kind: 'done', done: [], connection };
  }
  const tended = await repairConnection(polar, connection);
  if (tended.kind === 'unfinished') return tended;
  // Where Polar had lost the endpoint, there is another one now.
  const after = await polar.connections.read();
  const isAnother = after !== undefined && after.endpointId !== connection.endpointId;
  const done = isAnother ? [...tended.done, otherEndpoint] : tended.done;
  return { kind: 'done', done, connection: after ?? connection };
}

const skewMs = 5_000;
const stepMs = 500;

type SecretWait = Pick<RecoverParts, 'now' | 'pause' | 'isStopped'> &
  Readonly<{ polar: Readonly<{ webhookSecrets: Pick<WebhookSecrets, 'changedAt'> }> }>;

/** What is redelivered before ingest has read a changed secret is refused, and looks as if it could never arrive. */
export async function untilSecretCounts(
  { polar, now, pause, isStopped }: SecretWait,
  { waiting }: Pick<RecoverHooks, 'waiting'>,
): Promise<void> {
  const changedAt = await polar.webhookSecrets.changedAt();
  if (changedAt === undefined) return;
  const countsMs = changedAt.getTime() + secretRereadMs + skewMs;
  let leftMs = Math.min(countsMs - now().getTime(), secretRereadMs + skewMs);
  if (leftMs <= 0) return;
  waiting(Math.ceil(leftMs / 1_000));
  for (; leftMs > 0 && !isStopped(); leftMs -= stepMs) await pause(stepMs);
}

const otherEndpoint =
  "This is a new endpoint. Polar won't redeliver what failed at the old one: the backfill brings in what it said, and no workflow sees it.";

async function prove(
  parts: RecoverParts,
  connection: Connection,
  { since, redelivery }: Readonly<{ since: string | undefined; redelivery: Redelivery }>,
): Promise<Proof> {
  const { faults } = await connectionHealth(parts.polar, connection);
  const left: Omit<Undelivered, 'facts'>[] = [];
  const seen = { here: 0, accepted: 0 };
  for await (const event of undeliveredHere(redeliverParts(parts, connection), seen)) {
    // What Polar keeps no payload of came with the backfill.
    if (!event.isLost) left.push(await told(parts, connection, event, redelivery));
  }
  const about = new Set(left.map(({ customerId }) => customerId));
  const differing = new Set<string>();
  const found = ({ customerId }: FoundDrift) => {
    if (about.has(customerId)) differing.add(customerId);
  };
  const gap = gapSince({ ...parts, connection }, since);
  const whom = new Map<string, Set<string>>();
  const refusedHere = (customerId: string, reason: string) => {
    if (customerId !== '') whom.set(reason, (whom.get(reason) ?? new Set()).add(customerId));
  };
  const compared = await compare(
    parts,
    { since, isDryRun: true },
    { found, refused: refusedHere, listed: gap.see },
  );
  const lost = await lostInGap(gap.seen(), lostParts(parts));
  const counts = compared.kind === 'refused' ? noCounts() : compared.counts;
  const refused = sumOf(counts.refused);
  const known = { store: parts.store, since, differing, isPartial: refused > 0 };
  return {
    faults: [
      ...faults.filter(({ kind }) => kind !== 'failed').map(({ sentence }) => sentence),
      ...(compared.kind === 'refused' ? [compared.reason] : []),
    ],
    undelivered: await withFacts(left, known),
    differing: sumOf(counts.drift),
    refused,
    refusals: Object.entries(counts.refused).map(([reason, count]) => ({
      ...{ reason, count, customerIds: [...(whom.get(reason) ?? [])] },
    })),
    due: lost.orders.filter((order) => order.due.length > 0).length,
  };
}

async function told(
  parts: RecoverParts,
  connection: Connection,
  event: UndeliveredEvent,
  { refused }: Redelivery,
): Promise<Omit<Undelivered, 'facts'>> {
  const refusal = refused.get(event.id);
  const silenced = silencedBy(parts)(event);
  if (refusal !== undefined) return { ...event, silenced, refusal };
  const { text } = await lastAnswer(redeliverParts(parts, connection), event);
  return { ...event, silenced, answer: text };
}

export function isClosed({ faults, undelivered, differing, refused, due }: Proof): boolean {
  return faults.length + undelivered.length + differing + refused + due === 0;
}

/**
 * Forgets the open gap once it is closed. What it gives is still open: this recovery did not compare all of it, or
 * somebody changed the connection at the same moment.
 */
export async function settleGap(
  connections: Pick<Connections, 'read' | 'closeGap'>,
  { proof, from, gap }: Extract<Recovered, { kind: 'proved' }>,
): Promise<Gap | undefined> {
  if (!gap || !isClosed(proof)) return gap;
  if (!isCovered(gap, from)) return gap;
  const known = await connections.read();
  return known && (await connections.closeGap(known, gap)) ? undefined : known?.gap;
}

/** What a dry run shows besides. */
type RehearsalHooks = Pick<RecoverHooks, 'health' | 'backfilled' | 'lost'> &
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
  if (parts.isStopped()) return { kind: 'unfinished', reason: brokenOff };
  hooks.lost(lost);
  const isDue = lost.orders.some(({ due }) => due.length > 0);
  // Deliveries that failed count only where their events never arrived, as at the end of a run.
  const faults = health.faults.filter(({ kind }) => kind !== 'failed');
  // What Polar keeps no payload of is left to the backfill, which counts by itself.
  const mayCome = undelivered.filter(({ isLost }) => !isLost);
  const isLeft = faults.length + mayCome.length > 0 || isLeftByBackfill(compared.counts, true);
  return { kind: 'shown', isLeft: isLeft || isDue || connection.gap !== undefined };
}
