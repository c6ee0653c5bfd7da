import { withOptions } from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import {
  type BackfillCounts,
  type FoundDrift,
  notAgreed,
  sumOf,
} from '#shared/audience/backfill/page.ts';
import type { DriftKind } from '#shared/audience/drift.ts';

const words: Record<DriftKind, string> = {
  missing: 'missing',
  stale: 'stale',
  'wrong-group': 'wrong group',
  extra: 'extra',
};

/** One customer that differs, for a terminal. */
export function driftLine(
  { drift, customerId, address }: FoundDrift,
  shown: (address: string) => string,
  word = words[drift],
): string {
  const cells = [word.padEnd(11), customerId, address === undefined ? '' : shown(address)];
  const [line = ''] = columns([cells]);
  return line;
}

/** Customers that differ, for a terminal: one line for each person, by what was found first. */
export function driftLines(
  shown: (address: string) => string,
  print: (line: string) => void,
): (found: FoundDrift) => void {
  const told = new Set<string>();
  return (found) => {
    if (told.has(found.customerId)) return;
    told.add(found.customerId);
    print(driftLine(found, shown));
  };
}

/** One customer that differs, for a program. */
export function driftDocument(
  { drift, customerId, address }: FoundDrift,
  shown: (address: string) => string,
) {
  return { drift, customerId, email: address === undefined ? null : shown(address) };
}

/** Whether a run left something that differs and that the settings want. */
export function isLeft(
  { drift, repaired, refused, subscriptions }: BackfillCounts,
  isDryRun: boolean,
): boolean {
  return sumOf(refused) > 0 || (isDryRun && sumOf(drift) + subscriptions > repaired);
}

type Command = 'backfill' | 'recover';

type Shown = Readonly<{
  /** Whose output it is part of. */
  command: Command;
  isDryRun: boolean;
  /** So many that a run asks for their number. */
  tooMany?: number | undefined;
  options: string;
  /** Absent: it came to its end. */
  brokenOff?: BrokenOff | undefined;
}>;

/** Whether the next run goes on where this one was, or starts over. */
type BrokenOff = 'goes-on' | 'starts-over';

/** Why nothing was compared, and what to type where customers are to be taken for deleted all the same. */
export function refusalText(
  { reason, deletions }: Readonly<{ reason: string; deletions?: number }>,
  command: Command,
  options: string,
): string {
  if (deletions === undefined) return reason;
  return `${reason} Check that Polar is up and the access is the right one. If they really are deleted: npm run ${command} -- --accept-deletions ${deletions}${options}`;
}

/** What a backfill came to, for a terminal. `options` stand behind each command that is proposed. */
export function backfillLines(counts: BackfillCounts, told: Shown): string[] {
  const { isDryRun, brokenOff } = told;
  if (brokenOff && isNothing(counts)) return ['Interrupted before anything was compared.'];
  const { customers, purchases, inStep, erased, withoutAddress, unsubscribed, drift } = counts;
  const rows: [string, number, string][] = [
    ['compared', customers, 'customers that Polar lists'],
    ['', purchases, 'subscriptions and paid orders'],
    ['same details', inStep, 'address, name and external id match'],
    ['missing', drift.missing, "Polar has them, but they weren't here"],
    ['stale', drift.stale, 'address, name or external id was out of date'],
    [
      'wrong group',
      drift['wrong-group'],
      'an order or a subscription gives another group; each may also be counted above',
    ],
    ['extra', drift.extra, 'they were here, but Polar has deleted them'],
    ['subscriptions', counts.subscriptions, 'their state here was missing or out of date'],
    ['erased', erased, 'erased here, and stay erased'],
    ['no address', withoutAddress, "so they can't have a contact"],
    ['unsubscribed', unsubscribed, 'for information: existing consent is never changed'],
    ...(isDryRun ? [] : [['repaired', counts.repaired, ''] satisfies [string, number, string]]),
    ['refused', sumOf(counts.refused), ''],
  ];
  const nextLines = brokenOff
    ? [brokenOffText(brokenOff, isDryRun)]
    : [...deletionLines(counts, told), ...endingLines(counts, told)];
  return [
    ...columns(rows.map(([name, count, meaning]) => [name, String(count).padStart(7), meaning])),
    ...reasonLines("Couldn't be repaired:", counts.refused),
    ...reasonLines('Left alone, as the settings say:', counts.unwanted),
    ...(nextLines.length > 0 ? ['', ...nextLines] : []),
  ];
}

function isNothing({ customers, purchases, drift, refused }: BackfillCounts): boolean {
  return customers + purchases + sumOf(drift) + sumOf(refused) === 0;
}

function brokenOffText(next: BrokenOff, isDryRun: boolean): string {
  const so = 'Interrupted before the end.';
  if (isDryRun) return `${so} Nothing was changed.`;
  return next === 'goes-on'
    ? `${so} Run the same command to continue where it stopped.`
    : `${so} Run the same command to start over. Nothing is done twice.`;
}

function deletionLines(
  { drift: { extra }, refused }: BackfillCounts,
  { command, isDryRun, tooMany, options }: Shown,
): string[] {
  const accept = `npm run ${command} -- --accept-deletions ${tooMany ?? extra}${options}`;
  if (isDryRun && tooMany !== undefined) {
    return [
      `${tooMany} customers would be treated as deleted. That's so many that a run stops before it changes anything. If they really are deleted: ${accept}`,
    ];
  }
  if (isDryRun && extra > 0) return [`A run asks whether to treat the ${extra} extra as deleted.`];
  return notAgreed in refused ? [`To treat the ${extra} extra as deleted: ${accept}`] : [];
}

function reasonLines(title: string, reasons: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(reasons).sort(([, one], [, other]) => other - one);
  if (rows.length === 0) return [];
  return [
    '',
    title,
    ...columns(rows.map(([reason, count]) => [String(count).padStart(7), reason])),
  ];
}

function endingLines(
  counts: BackfillCounts,
  { command, isDryRun, options }: Pick<Shown, 'command' | 'isDryRun' | 'options'>,
): string[] {
  if (isDryRun && isLeft(counts, true)) {
    // A dry run of recover goes on, and says it at its own end.
    return command === 'backfill'
      ? [`Nothing was changed. To repair it: ${withOptions('npm run backfill', options)}`]
      : [];
  }
  if (isLeft(counts, isDryRun)) {
    return [
      `Some differences remain. Check one with: npm run why -- <email>${options}, then run the command again.`,
    ];
  }
  if (sumOf(counts.drift) > 0) {
    return [
      'The audience now matches Polar. Each repair is an event of its customer, with an id that begins with "backfill-".',
    ];
  }
  const now = counts.subscriptions > 0 ? ' now' : '';
  return [`The audience${now} matches Polar.`];
}
