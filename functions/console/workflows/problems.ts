import type { Context } from 'hono';
import { html } from 'hono/html';
import { type AlsoMailing, alsoMailingText } from '#shared/audience/also-mailing.ts';
import { type StoppedAt, stoppedText } from '#shared/audience/runs/steps-gone.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import {
  type MailSurroundings,
  type PolarMails,
  polarWarnings,
  switchOn,
  triggerWarning,
  type WorkflowCheck,
} from '#shared/mail/check/check-workflow.ts';
import type { DraftField, DraftProblem } from '#shared/mail/check/draft-problem.ts';
import { type Overlap, overlapsOf, sandboxNote } from '#shared/mail/moments.ts';
import { organizationsWrite } from '#shared/polar/api.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { brandPath, pathsOfTending, polarPath, settingsPath, workflowPath } from '../kit/paths.ts';
import { firstToSwitchHere, signInToSwitch } from '../kit/polar-sign-in.ts';
import { stepInSentence } from '../kit/run-view.ts';
import { badge, problemFlash } from '../kit/shown.ts';
import { conditionLists, isWhole, type TypedWorkflow } from './typed-workflow.ts';

/** What is wrong with a form, by field. */
export type Problems = Readonly<{
  all: readonly DraftProblem[];
  /** The sentences about one field, or nothing. */
  at(field: DraftField): string | undefined;
  /** Whether anything is wrong there, or in a field of it. */
  isIn(part: string): boolean;
}>;

export const noProblems: Problems = { all: [], at: () => undefined, isIn: () => false };

/** What `checkWorkflow` says of what was typed, and what it was not shown: see `writtenOf`. */
export function problemsOf(check: WorkflowCheck, typed: TypedWorkflow): Problems {
  const found = check.kind === 'refused' ? check.places.map((place) => inForm(place, typed)) : [];
  const all = [...found, ...incomplete(typed)];
  return {
    all,
    at: (field) => {
      const texts = all
        .filter((one) => one.field === field)
        .map(({ text, atField = text }) => atField);
      return texts.length > 0 ? [...new Set(texts)].join(' ') : undefined;
    },
    isIn: (part) => all.some(({ field = '' }) => field === part || field.startsWith(`${part}.`)),
  };
}

/** The place of a row in a list of conditions. */
const rowField = /^(?:(conditions|audience|exitWhen)|steps\.(\d+)\.onlyIf)\.(\d+)$/;

function fieldOfRow(list: string, index: number): DraftField | undefined {
  const [, name, step] = rowField.exec(`${list}.${index}`) ?? [];
  if (name === 'conditions' || name === 'audience' || name === 'exitWhen') {
    return `${name}.${index}`;
  }
  return step === undefined ? undefined : `steps.${Number(step)}.onlyIf.${index}`;
}

function incomplete(typed: TypedWorkflow): DraftProblem[] {
  return conditionLists(typed).flatMap(([list, rows]) =>
    rows.flatMap((row, index) =>
      isWhole(row)
        ? []
        : [{ field: fieldOfRow(list, index), text: 'Choose what this condition is about.' }],
    ),
  );
}

/** Conditions are counted among all rows, not among those that were checked. */
function inForm(problem: DraftProblem, typed: TypedWorkflow): DraftProblem {
  const { field = '' } = problem;
  const checked = rowField.exec(field)?.[3];
  if (checked === undefined) return problem;
  const list = field.slice(0, -checked.length - 1);
  const rows = conditionLists(typed).find(([name]) => name === list)?.[1] ?? [];
  const positions = [...rows.keys()].filter((index) => rows[index]?.property !== '');
  return { ...problem, field: fieldOfRow(list, positions[Number(checked)] ?? 0) };
}

/** The id of the element that a field is filled in with. */
export function idOf(field: DraftField): string {
  return field
    .replace(/^conditions\./, 'property-')
    .replace(/^audience\./, 'audience-property-')
    .replace(/^exitWhen\./, 'exit-property-')
    .replace(/\.onlyIf\.(\d+)$/, '-only-property-$1')
    .replace(/^steps\./, 'step-')
    .replace('.', '-');
}

/** What a save would do to people who wait. */
export function stopsNote(stopped: readonly StoppedAt[], { steps }: Pick<Workflow, 'steps'>): Html {
  if (stopped.length === 0) return html``;
  return problemFlash(html`<p>Nothing was saved yet. This removes steps where people are waiting. They’d get nothing more from this workflow:</p>
<ul>${stopped.map((one) => html`<li>${stoppedText({ ...one, stepId: nameIn(steps, one.stepId) })}</li>`)}</ul>
<p>Choose <strong>${stopLabel}</strong>, or keep the steps.</p>`);
}

/** Who waits in a workflow that is to go, and does not come back with it. */
export function waitingNote(
  waiting: readonly StoppedAt[],
  { steps }: Pick<Workflow, 'steps'>,
): Html {
  if (waiting.length === 0) return html``;
  const texts = waiting.map((one) => stoppedText({ ...one, stepId: nameIn(steps, one.stepId) }));
  return html`<p class="note">People are waiting in it: ${texts.join(', ')}. Those whose wait ends before you bring it back get nothing more from it. Pausing it keeps their place.</p>`;
}

function nameIn(steps: Workflow['steps'], stepId: string): string {
  const index = steps.findIndex(({ id }) => id === stepId);
  const step = steps[index];
  return step ? stepInSentence(step, index).replace('Step', 'step') : stepId;
}

export const stopLabel = 'Save and stop them';

type Surrounding = MailSurroundings['settings'];

/** What is switched off around an event so that its workflows send nothing, with the way to switch it on. */
export function triggerNote(
  event: SupportedEventType | undefined,
  settings: Surrounding,
): Html | undefined {
  const warning = event && triggerWarning(event, settings);
  if (warning === undefined) return undefined;
  const [before, after] = warning.split(switchOn);
  if (after !== undefined) {
    return html`<p class="note">${before}<a href="${settingsPath}">${switchOn}</a>${after}</p>`;
  }
  return html`<p class="note">${warning} <a href="${settingsPath}">Change it in the settings</a>.</p>`;
}

type Overlapping = Readonly<{
  polar: Connection | undefined;
  /** Whether the sign-in covers switching Polar's mails; `undefined`: it does not say. */
  maySwitch: boolean | undefined;
}>;

/**
 * Polar mails its customers at the same moment, too, or may: what to know before a workflow is activated, with the one
 * next step to switch Polar's mail off.
 */
export function overlapNote(
  c: Context<ConsoleEnv>,
  workflow: Parameters<typeof overlapsOf>[0],
  { polar, maySwitch, isActive }: Overlapping & Readonly<{ isActive: boolean }>,
): Html {
  const overlaps = polar ? overlapsOf(workflow, polar.emails?.switches) : [];
  if (!polar || overlaps.length === 0) return html``;
  const on = overlaps.filter((one) => one.polar === 'on');
  const unknown = overlaps.filter((one) => one.polar === 'unknown');
  const keys = on.map(({ key }) => key);
  const since = isActive ? '' : ' once this workflow is active';
  return html`<div class="note">
${on.length > 0 && moments('Polar also mails', `so customers get both emails${since}`, on)}
${unknown.length > 0 && moments('Polar may also mail', `so customers may get both emails${since}`, unknown)}
${polar.server === 'sandbox' && html`<p>${sandboxNote}</p>`}
${keys.length > 0 ? switching(c, keys, { polar, maySwitch }) : toMoments}
</div>`;
}

const toMoments = html`<a href="${polarPath}#emails">Who mails at each moment</a>`;

function switching(
  c: Context<ConsoleEnv>,
  keys: readonly string[],
  { polar, maySwitch }: Overlapping & Readonly<{ polar: Connection }>,
): Html {
  const back = c.req.path;
  const button = act(c, 'Switch Polar’s off', pathsOfTending.emailsOff, {
    fields: { keys: keys.join(','), back },
  });
  const scope = html`<span class="code">${organizationsWrite}</span>`;
  switch (firstToSwitchHere(c, polar, maySwitch)) {
    case 'switch':
      return html`<div class="row">${button} ${toMoments}</div>`;
    case 'sign-in':
      return html`<p>To switch Polar’s off, sign in again with the scope ${scope}, and come back here.</p>
<div class="row">${signInToSwitch(c, 'Sign in again with this scope', polar, back)} ${toMoments}</div>`;
    case 'check-token':
      return html`<p>This needs the scope ${scope}. Without it, switch Polar’s off in Polar, under Settings → Customer notifications.</p>
<div class="row">${button} ${toMoments}</div>`;
  }
}

function moments(polar: string, effect: string, overlaps: readonly Overlap[]): Html {
  const [only, ...more] = overlaps;
  if (only && more.length === 0) return html`<p>${polar} when ${only.title}, ${effect}.</p>`;
  return html`<p>${polar} at these moments, ${effect}:</p>
<ul>${overlaps.map(({ title }) => html`<li>when ${title}</li>`)}</ul>`;
}

/** The same where there is room for a word only. `isBrief`: not even for the moments. */
export function overlapBadge(
  workflow: Parameters<typeof overlapsOf>[0],
  polar: PolarMails | undefined,
  { isBrief = false } = {},
): Html {
  const overlaps = overlapsOf(workflow, polar?.emails?.switches);
  if (overlaps.length === 0) return html``;
  const isOn = overlaps.some((one) => one.polar === 'on');
  const when = overlaps.map(({ title }) => title).join('; ');
  const word = badge(isOn ? 'Polar mails then, too' : 'Polar may mail then, too', 'warn');
  if (isBrief) return html` ${word}`;
  return html` ${word}<br><span class="small soft">When ${when}.</span>`;
}

/** Other workflows mail the same people, or some of them, at the same event. */
export function alsoMailingNotes(beside: readonly AlsoMailing[]): Html {
  return html`${beside.map(
    (one) =>
      html`<p class="note">${alsoMailingText(one, `Another workflow, “${one.name}”,`)} <a href="${workflowPath(one)}">Open the other one</a>.</p>`,
  )}`;
}

/** What is odd beside that, and what keeps a workflow from being activated. Neither keeps it from being saved. */
export function checkNotes(check: WorkflowCheck, { settings, polar }: MailSurroundings): Html {
  if (check.kind === 'refused') return html``;
  const { draft, warnings, obstacles } = check;
  const shownElsewhere = [
    triggerWarning(draft.trigger.event, settings),
    ...polarWarnings(draft, polar),
  ];
  return html`${obstacles.map(
    (text) =>
      html`<p class="note">Before it can be active: ${text} <a href="${brandPath}">Open Sender &amp; brand</a>.</p>`,
  )}${warnings
    .filter((text) => !shownElsewhere.includes(text))
    .map((text) => html`<p class="note">${text}</p>`)}`;
}

/** Why a workflow that was saved once would not be accepted now: rules and deployments change. */
export function outdatedNote(check: WorkflowCheck, path: string): Html {
  if (check.kind === 'accepted') return html``;
  return html`<p class="note">This workflow can no longer be saved as it is: ${check.problems.join(' ')} <a href="${path}/edit">Edit it</a>.</p>`;
}

/** What is wrong, with links to the fields it is wrong at. */
export function problemSummary({ all }: Problems): Html {
  if (all.length === 0) return html``;
  return problemFlash(html`<p>Nothing was saved. ${all.length === 1 ? 'One thing is' : `${all.length} things are`} wrong:</p>
<ul>${all.map(({ field, text }) => html`<li>${field ? html`<a href="#${idOf(field)}">${text}</a>` : text}</li>`)}</ul>`);
}
