import * as z from 'zod/mini';
import { type EmailFate, type Fated, fateOf } from '#shared/audience/emails/email-fate.ts';
import type { Run } from '#shared/audience/runs/run.ts';

const numbersSchema = z.record(z.string(), z.number());

/** What happened in an hour or a day, as numbers. Nothing of it names a person. */
export const countsSchema = z.object({
  /** By type and outcome: how many events were received. */
  events: z.record(z.string(), numbersSchema),
  /** By workflow and fate: what became of the emails that were first asked for then. */
  emails: z.record(z.string(), numbersSchema),
  /** By workflow: what became of the runs that began then. */
  runs: z.record(z.string(), numbersSchema),
  newContacts: z.number(),
});
export type Counts = Readonly<z.infer<typeof countsSchema>>;

/** `dead`: it is in the dead letters. Events of other types, which are answered and forgotten, are in no count. */
export const countedOutcomes = ['applied', 'unchanged', 'skipped', 'dead'] as const;
export type CountedOutcome = (typeof countedOutcomes)[number];

/** `accepted`: SES has it and has not said what became of it. `waiting`: put off, or being sent. */
const fates = [
  'delivered',
  'accepted',
  'bounced',
  'complained',
  'blocked',
  'failed',
  'unknown',
  'held',
  'waiting',
] as const;
export type CountedFate = (typeof fates)[number];

const sections = ['events', 'emails', 'runs'] as const;

/** A fate as it is counted: what SES refused, such as a virus, has failed, and what SES put off waits like what is being sent. */
const countedAs = {
  delivered: 'delivered',
  sent: 'accepted',
  bounced: 'bounced',
  complained: 'complained',
  rejected: 'failed',
  blocked: 'blocked',
  failed: 'failed',
  unknown: 'unknown',
  held: 'held',
  waiting: 'waiting',
  reserved: 'waiting',
} as const satisfies Record<EmailFate, CountedFate>;

/** How many emails ended how, of all workflows. */
export function fatesIn({ emails }: Pick<Counts, 'emails'>): ReadonlyMap<EmailFate, number> {
  const all = fates.map((fate) => {
    const count = Object.values(emails).reduce((sum, numbers) => sum + (numbers[fate] ?? 0), 0);
    return [fate === 'accepted' ? 'sent' : fate, count] as const;
  });
  return new Map(all.filter(([, count]) => count > 0));
}

/** One more of this. */
export type Tally = readonly [section: (typeof sections)[number], of: string, what: string];

export function emailTally(workflowId: string, email: Fated): Tally {
  return ['emails', workflowId, countedAs[fateOf(email)]];
}

/** A run is counted as entered, as mailed once it has asked for an email, and as ended early where its reason ended. */
export function runTallies(
  workflowId: string,
  { state, mailed = false }: Pick<Run, 'state'> & { mailed?: boolean | undefined },
): Tally[] {
  const told = {
    entered: true,
    mailed,
    endedEarly: state === 'exited',
  };
  return Object.entries(told).flatMap(([what, isSo]): Tally[] =>
    isSo ? [['runs', workflowId, what]] : [],
  );
}

export function countsOf(tallies: Iterable<Tally>, newContacts = 0): Counts {
  const sums = noSums();
  for (const [section, of, what] of tallies) add(sums[section], of, what, 1);
  return countsIn(sums, newContacts);
}

/** All of them together. */
export function sumOf(all: readonly Counts[]): Counts {
  const sums = noSums();
  for (const counts of all) {
    for (const section of sections) {
      for (const [of, numbers] of Object.entries(counts[section])) {
        for (const [what, count] of Object.entries(numbers)) add(sums[section], of, what, count);
      }
    }
  }
  return countsIn(
    sums,
    all.reduce((count, one) => count + one.newContacts, 0),
  );
}

/**
 * Records of events expire, and nothing else lessens them: where fewer are found than before, what was counted then is all
 * that is left of them.
 */
export function withKeptEvents(found: Counts, before: Counts | undefined): Counts {
  const isLess = before && recordedEvents(found) < recordedEvents(before);
  return isLess ? { ...found, events: before.events } : found;
}

/** Without what is in the dead letters, which has no record yet. */
export function recordedEvents(counts: Pick<Counts, 'events'>): number {
  const { all, dead } = eventNumbers(counts);
  return all - dead;
}

export function isEmpty({ newContacts, ...counts }: Counts): boolean {
  return newContacts === 0 && sections.every((name) => Object.keys(counts[name]).length === 0);
}

/** Maps, as a name may mean something to an object. */
type Sums = Readonly<Record<(typeof sections)[number], Map<string, Map<string, number>>>>;

const noSums = (): Sums => ({ events: new Map(), emails: new Map(), runs: new Map() });

function add(section: Sums['events'], of: string, what: string, count: number): void {
  const numbers = section.get(of) ?? new Map<string, number>();
  section.set(of, numbers.set(what, (numbers.get(what) ?? 0) + count));
}

function countsIn({ events, emails, runs }: Sums, newContacts: number): Counts {
  const plain = (section: Sums['events']) =>
    Object.fromEntries([...section].map(([of, numbers]) => [of, Object.fromEntries(numbers)]));
  return { events: plain(events), emails: plain(emails), runs: plain(runs), newContacts };
}

type EventNumbers = Readonly<Record<CountedOutcome, number> & { all: number }>;

/** How many events had which outcome, of all types. */
export function eventNumbers({ events }: Pick<Counts, 'events'>): EventNumbers {
  const of = (outcome: CountedOutcome) =>
    Object.values(events).reduce((sum, numbers) => sum + (numbers[outcome] ?? 0), 0);
  const [applied, unchanged, skipped, dead] = [
    of('applied'),
    of('unchanged'),
    of('skipped'),
    of('dead'),
  ];
  return { applied, unchanged, skipped, dead, all: applied + unchanged + skipped + dead };
}

export type MailNumbers = Readonly<
  Record<CountedFate, number> & {
    /** What SES took, whatever became of it. */
    sent: number;
    /** Of what was sent, from 0 to 1; `undefined` where nothing was. */
    bounceRate: number | undefined;
    deliveryRate: number | undefined;
  }
>;

export type WorkflowNumbers = MailNumbers &
  Readonly<Record<'entered' | 'mailed' | 'endedEarly', number>>;

/** The numbers of one workflow. */
export function workflowNumbers(
  { emails, runs }: Pick<Counts, 'emails' | 'runs'>,
  workflowId: string,
): WorkflowNumbers {
  const { entered = 0, mailed = 0, endedEarly = 0 } = runs[workflowId] ?? {};
  return { ...mailNumbers([emails[workflowId] ?? {}]), entered, mailed, endedEarly };
}

/** The numbers of all emails. */
export function allMail({ emails }: Pick<Counts, 'emails'>): MailNumbers {
  return mailNumbers(Object.values(emails));
}

function mailNumbers(all: readonly Readonly<Record<string, number>>[]): MailNumbers {
  const of = (fate: CountedFate) => all.reduce((sum, numbers) => sum + (numbers[fate] ?? 0), 0);
  const [delivered, accepted, bounced, complained] = [
    of('delivered'),
    of('accepted'),
    of('bounced'),
    of('complained'),
  ];
  const sent = delivered + accepted + bounced + complained;
  const rate = (count: number) => (sent === 0 ? undefined : count / sent);
  return {
    ...{ delivered, accepted, bounced, complained, sent },
    ...{ blocked: of('blocked'), failed: of('failed') },
    ...{ unknown: of('unknown'), held: of('held'), waiting: of('waiting') },
    bounceRate: rate(bounced),
    deliveryRate: rate(delivered + complained),
  };
}
