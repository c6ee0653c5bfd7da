import { type Condition, scopedProperty } from '#shared/audience/conditions.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Until, Workflow } from '#shared/audience/workflow.ts';
import {
  type CustomerEmailKey,
  type CustomerEmails,
  customerEmailKeys,
  type Switch,
  switchOf,
} from '#shared/polar/customer-emails.ts';
import { anything, moments, type Occasion } from './moment-table.ts';

/** Of steps only whether they wait counts, and for what. */
type Trigger = Pick<Workflow, 'trigger' | 'frequency'> &
  Readonly<{ steps?: readonly Readonly<{ kind: 'send' | 'wait'; until?: Until | undefined }>[] }>;
type Fit = 'always' | 'sometimes' | 'never';

/** Polar reminds of these dates, too, a few days before. */
const reminders: Partial<Record<CustomerEmailKey, Until['date']>> = {
  subscription_renewal_reminder: 'periodEnd',
  subscription_trial_conversion_reminder: 'trialEnd',
};

/** Whether a workflow mails at a moment, as far as its conditions, its frequency and its steps tell. */
function fitAt({ trigger, frequency, steps = [] }: Trigger, key: CustomerEmailKey): Fit {
  const isReminder = steps.some(
    ({ until }) => until && until.offsetHours < 0 && until.date === reminders[key],
  );
  if (isReminder) return 'sometimes';
  if (steps[0]?.kind === 'wait') return 'never';
  const { occasions, isOnce } = moments[key];
  const own = occasions.filter(({ event }) => event === trigger.event);
  const fits = own.map(({ says, isRare }) => {
    const fit = fitOf(trigger.conditions, says);
    return isRare && fit === 'always' ? 'sometimes' : fit;
  });
  if (fits.every((fit) => fit === 'never')) return 'never';
  const isLimited =
    frequency === 'once-per-contact' || (frequency === 'once-per-subscription' && !isOnce);
  return !isLimited && fits.every((fit) => fit === 'always') ? 'always' : 'sometimes';
}

function fitOf(conditions: readonly Condition[], says: Occasion['says']): Fit {
  const fits = conditions.map((condition) => fitOfOne(condition, says));
  if (fits.includes('never')) return 'never';
  return fits.includes('sometimes') ? 'sometimes' : 'always';
}

function fitOfOne(condition: Condition, says: Occasion['says']): Fit {
  const { property, operator, value, values = [] } = condition;
  const about = scopedProperty(property);
  const said = about.scope === 'event' ? says[about.name] : undefined;
  if (said === undefined) return 'sometimes';
  if (operator === 'is-set' || operator === 'is-not-set') {
    return (said !== null) === (operator === 'is-set') ? 'always' : 'never';
  }
  if (said === anything) return 'sometimes';
  if (operator === 'is-one-of') {
    return said !== null && values.includes(said) ? 'always' : 'never';
  }
  return (said === value) === (operator === 'is') ? 'always' : 'never';
}

type Ours = Pick<Workflow, 'workflowId' | 'name' | 'status' | 'version'> & Trigger;

export type MomentRow = Readonly<{
  key: string;
  title: string;
  /** Whether Polar mails then. */
  polar: Switch;
  /** Whether one of our workflows does. Drafts are none. */
  ours: 'active' | 'paused' | 'none' | 'unknown';
  /** Those of ours that are active or paused. `isSure`: whether each such moment starts it. */
  workflows: readonly (Ours & { isSure: boolean })[];
  /** How many mails the customer gets: `nothing`, `one`, `two`, `one or two`. */
  gets: string;
  /** `twice`: more than one mail, or perhaps; `nobody`: money is moved, and nobody mails. */
  mark: 'twice' | 'nobody' | undefined;
}>;

/**
 * Who mails customers at each moment at which Polar can. `emails`: Polar's switches, absent where they are not known. A
 * switch that only a newer Polar has comes last: what it is about is not known.
 */
export function momentRows(
  emails: CustomerEmails | undefined,
  workflows: readonly Ours[],
  events: Settings['events'],
): MomentRow[] {
  const unfamiliar = Object.keys(emails ?? {}).filter((key) => !isFamiliar(key));
  return [
    ...customerEmailKeys.map((key) => rowOf(key, switchOf(emails, key), workflows, events)),
    ...unfamiliar.map((key): MomentRow => {
      const title = 'Polar has an email that Polar Audience does not know';
      const polar = switchOf(emails, key);
      return {
        key,
        title,
        polar,
        ours: 'unknown',
        workflows: [],
        gets: 'unknown',
        mark: undefined,
      };
    }),
  ];
}

function isFamiliar(key: string): boolean {
  return Object.hasOwn(moments, key);
}

function rowOf(
  key: CustomerEmailKey,
  polar: Switch,
  workflows: readonly Ours[],
  events: Settings['events'],
): MomentRow {
  const moment = moments[key];
  const fitting = workflows.flatMap((workflow) => {
    const fit = fitAt(workflow, key);
    return workflow.status === 'draft' || fit === 'never'
      ? []
      : [{ ...workflow, isSure: fit === 'always' }];
  });
  const sending = fitting.filter(({ status, trigger }) => {
    const { enabled, trigger: isTrigger } = events[trigger.event];
    return status === 'active' && enabled && isTrigger;
  });
  const most = (polar === 'off' ? 0 : 1) + sending.length;
  const least = (polar === 'on' ? 1 : 0) + sending.filter(({ isSure }) => isSure).length;
  const paused = fitting.length > 0 ? 'paused' : 'none';
  return {
    key,
    title: moment.title,
    polar,
    ours: sending.length > 0 ? 'active' : paused,
    workflows: fitting,
    gets: countText(least, most),
    mark: most > 1 ? 'twice' : most === 0 && moment.isBilling ? 'nobody' : undefined,
  };
}

/** Whether a workflow is paused while another of the same moment mails, so that the word for all of ours isn't true of it. */
export function isPausedBeside(
  ours: MomentRow['ours'],
  { status }: Pick<MomentRow['workflows'][number], 'status'>,
): boolean {
  return ours === 'active' && status === 'paused';
}

const counts = [
  ...['nothing', 'one', 'two', 'three', 'four'],
  ...['five', 'six', 'seven', 'eight', 'nine'],
];

function countText(least: number, most: number): string {
  const [from, to] = [counts[least] ?? String(least), counts[most] ?? String(most)];
  if (least === most) return from;
  return most - least === 1 ? `${from} or ${to}` : `${from} to ${to}`;
}

/** The moments at which a workflow mails and Polar does, too, or may. */
export type Overlap = Readonly<{ key: CustomerEmailKey; title: string; polar: 'on' | 'unknown' }>;

export function overlapsOf(workflow: Trigger, emails: CustomerEmails | undefined): Overlap[] {
  return customerEmailKeys.flatMap((key) => {
    const polar = switchOf(emails, key);
    const isOurs = fitAt(workflow, key) !== 'never';
    return polar === 'off' || !isOurs ? [] : [{ key, title: moments[key].title, polar }];
  });
}

/** Whether Polar surely mails at a moment of this workflow, too. */
export function mailsTwice(workflow: Trigger, emails: CustomerEmails | undefined): boolean {
  return overlapsOf(workflow, emails).some(({ polar }) => polar === 'on');
}

const also = { on: 'Polar also mails', unknown: 'Polar may also mail' } as const;

/** Whether a warning is of overlaps, which matter to nobody before the workflow is active. */
export function isOfOverlaps(warning: string): boolean {
  return [also.on, also.unknown, sandboxNote].some((beginning) => warning.startsWith(beginning));
}

/** What to know of the overlaps, whether the workflow is active or a draft: for those that are, and for those that may be. */
export function overlapWarnings(overlaps: readonly Overlap[]): string[] {
  const when = (polar: Overlap['polar']) =>
    listed(overlaps.filter((one) => one.polar === polar).map(({ title }) => `when ${title}`));
  const [on, unknown] = [when('on'), when('unknown')];
  return [
    ...(on
      ? [
          `${also.on} ${on}. While this workflow is active, customers get both emails: switch Polar's off, or keep this workflow paused.`,
        ]
      : []),
    ...(unknown
      ? [
          `${also.unknown} ${unknown}. While this workflow is active, customers may get both emails.`,
        ]
      : []),
  ];
}

const mostNamed = 2;

/** `npm run connect -- --status` and the console name them all. */
function listed(all: readonly string[]): string {
  const left = all.length - mostNamed;
  const texts = left > 1 ? [...all.slice(0, mostNamed), `at ${left} other moments`] : all;
  const last = texts.at(-1) ?? '';
  return texts.length > 1 ? `${texts.slice(0, -1).join(', ')} and ${last}` : last;
}

/** In the sandbox the table is true of few people. */
export const sandboxNote =
  'This is the sandbox: there Polar mails only members of your organization. Other customers get only what Polar Audience sends.';
