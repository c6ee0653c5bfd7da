import {
  type Counts,
  eventNumbers,
  recordedEvents,
  sumOf,
} from '#shared/audience/counts/counts.ts';
import { wasSettled } from '#shared/audience/counts/plan.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type CountStore, daysBefore, type TotalsOfDay } from '#shared/store/counts/counts.ts';
import { daySlots, hourSlots, type Slot, type Slots } from '#shared/store/counts/slots.ts';
import {
  dayBefore,
  type EventLog,
  type EventsOfDay,
  type ListedEvent,
} from '#shared/store/events/event-log.ts';
import { byName } from '../kit/by-name.ts';

export const periods = ['24h', '14d', '90d'] as const;
export type Period = (typeof periods)[number];

const daysOf = { '24h': 1, '14d': 14, '90d': 90 } as const;

export type Numbers = Slots &
  Readonly<{
    period: Period;
    sum: Counts;
    /** When the events were counted, where that is later than the rest. */
    eventsAsOf?: string;
    /** The newest count of all contacts; absent: they were not counted yet. */
    contacts: TotalsOfDay | undefined;
    /** How many contacts there were at the end of each slot, and how many of them could get marketing. */
    totals: readonly number[];
    mailable: readonly number[];
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
  const [{ slots, countedAt }, totals] = await Promise.all([
    period === '24h' ? hourSlots(counts, firstHour, 24) : daySlots(counts, today, daysOf[period]),
    counts.totals(first, today),
  ]);
  const contacts = totals.at(-1);
  return {
    period,
    ...{ slots, countedAt },
    sum: sumOf(slots.map((slot) => slot.counts)),
    contacts,
    totals: contacts ? contactsAt(contacts.total, slots) : [],
    mailable: totals.map((row) => row.mailable),
  };
}

/** From how many there are now, and who came when: contacts that are gone are left out of all of it. */
export function contactsAt(total: number, slots: readonly Slot[]): number[] {
  let then = total;
  const before = [...slots].reverse().map(({ counts }) => {
    const at = then;
    then = Math.max(0, then - counts.newContacts);
    return at;
  });
  return before.reverse();
}

export const daysLookedBack = 14;

/**
 * The newest events: those of today, then those of the day before them. That is yesterday, where it may have some that
 * are not counted yet, or the newest day of two weeks that has some in what was counted, by days. Looks back day by day
 * only where nothing was counted since yesterday.
 */
export async function latestEvents(
  events: Pick<EventLog, 'ofDay' | 'newest'>,
  counted: () => Promise<Slots>,
  today: EventsOfDay,
  limit: number,
): Promise<ListedEvent[]> {
  const missing = limit - today.items.length;
  if (missing <= 0) return [...today.items];
  const { slots, countedAt } = await counted();
  const yesterday = dayBefore(today.day);
  const before = await newestBefore();
  return [...today.items, ...before];

  async function newestBefore(): Promise<readonly ListedEvent[]> {
    if (!countedAt || countedAt < yesterday) {
      return (await events.newest(yesterday, {}, missing)).items;
    }
    const before = slots.filter(({ at }) => at < today.day).slice(-daysLookedBack);
    const busy = before.findLast((slot) => recordedEvents(slot.counts) > 0);
    const last = before.findLast(({ at }) => at === yesterday);
    const isCounted = last?.countedAt !== undefined && wasSettled(yesterday, last.countedAt);
    const days = new Set([...(isCounted ? [] : [yesterday]), ...(busy ? [busy.at] : [])]);
    const pages = await Promise.all([...days].map((day) => events.ofDay(day, {}, missing)));
    return pages.find(({ items }) => items.length > 0)?.items ?? [];
  }
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
export function shownWorkflows<T extends Pick<Workflow, 'workflowId' | 'name' | 'status'>>(
  workflows: readonly T[],
  { emails, runs }: Pick<Counts, 'emails' | 'runs'>,
  most: number,
): T[] {
  const rank = { active: 0, paused: 1, draft: 2 } as const;
  const isUsed = ({ workflowId, status }: T) =>
    status !== 'draft' || workflowId in emails || workflowId in runs;
  return workflows
    .filter(isUsed)
    .sort((a, b) => rank[a.status] - rank[b.status] || byName(a, b))
    .slice(0, most);
}
