import { startOfHour } from '#shared/audience/count-plan.ts';
import { type Counts, eventNumbers, sumOf } from '#shared/audience/counts.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type CountStore, daysBefore, type TotalsOfDay } from '#shared/store/counts/counts.ts';

export const periods = ['24h', '14d', '90d'] as const;
export type Period = (typeof periods)[number];

const daysOf = { '24h': 1, '14d': 14, '90d': 90 } as const;

/** A day, or an hour, of the period. */
export type Slot = Readonly<{
  /** `YYYY-MM-DD` or `YYYY-MM-DDTHH`, of UTC. */
  at: string;
  counts: Counts;
}>;

export type Numbers = Readonly<{
  period: Period;
  /** The oldest first, without a gap. */
  slots: readonly Slot[];
  sum: Counts;
  /** The newest count of all contacts; absent: they were not counted yet. */
  contacts: TotalsOfDay | undefined;
  /** How many contacts there were at the end of each slot, and how many of them could get marketing. */
  totals: readonly number[];
  mailable: readonly number[];
  /** When the newest of it was counted; absent: nothing was yet. */
  countedAt: string | undefined;
}>;

const hourMs = 3_600_000;

/** What was counted in a period: two reads, whatever happened in it. */
export async function numbersOf(
  counts: Pick<CountStore, 'days' | 'hours' | 'totals'>,
  period: Period,
  now: Date,
): Promise<Numbers> {
  const today = daysBefore(now, 0);
  const first = daysBefore(now, daysOf[period] - (period === '24h' ? 0 : 1));
  const firstHour = new Date(now.getTime() - 23 * hourMs).toISOString().slice(0, 13);
  const [rows, totals] = await Promise.all([
    period === '24h'
      ? counts.hours(firstHour, now.toISOString().slice(0, 13))
      : counts.days(first, today),
    counts.totals(first, today),
  ]);
  const known = new Map(rows.map((row) => ['hour' in row ? row.hour : row.day, row]));
  const names =
    period === '24h'
      ? Array.from({ length: 24 }, (_, at) =>
          new Date(startOfHour(firstHour) + at * hourMs).toISOString().slice(0, 13),
        )
      : Array.from({ length: daysOf[period] }, (_, at) => daysBefore(now, daysOf[period] - 1 - at));
  const slots = names.map((at) => ({ at, counts: known.get(at)?.counts ?? nothing }));
  const contacts = totals.at(-1);
  return {
    period,
    slots,
    sum: sumOf(slots.map((slot) => slot.counts)),
    contacts,
    totals: contacts ? backwards(contacts.total, slots) : [],
    mailable: totals.map((row) => row.mailable),
    countedAt: [...rows.map((row) => row.countedAt)].sort().at(-1),
  };
}

const nothing: Counts = { events: {}, emails: {}, runs: {}, newContacts: 0 };

/** From how many there are now, and who came when: contacts that are gone are left out of all of it. */
function backwards(total: number, slots: readonly Slot[]): number[] {
  let then = total;
  const before = [...slots].reverse().map(({ counts }) => {
    const at = then;
    then = Math.max(0, then - counts.newContacts);
    return at;
  });
  return before.reverse();
}

/** How many emails SES took in each slot, of which some have been delivered. */
export function mailSeries(slots: readonly Slot[]): number[] {
  return slots.map(({ counts }) =>
    Object.values(counts.emails).reduce(
      (all, fates) => all + (fates['delivered'] ?? 0) + (fates['complained'] ?? 0),
      0,
    ),
  );
}

export function eventSeries(slots: readonly Slot[]): number[] {
  return slots.map(({ counts }) => eventNumbers(counts).all);
}

/** Those that send come first, then by name; drafts only where nothing else is. */
export function shownWorkflows(
  workflows: readonly Workflow[],
  { emails, runs }: Pick<Counts, 'emails' | 'runs'>,
  most: number,
): Workflow[] {
  const rank = { active: 0, paused: 1, draft: 2 } as const;
  const isUsed = ({ workflowId, status }: Workflow) =>
    status !== 'draft' || workflowId in emails || workflowId in runs;
  return workflows
    .filter(isUsed)
    .sort((a, b) => rank[a.status] - rank[b.status] || a.name.localeCompare(b.name))
    .slice(0, most);
}
