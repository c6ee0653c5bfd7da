import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Step, Until } from '#shared/audience/workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import { eventMayHave } from '#shared/mail/event-variables.ts';
import { isOfOrder, type SupportedEventType } from '#shared/polar/event-types.ts';
import { checkConditions, type Verdicts } from './check-conditions.ts';
import type { DraftProblem } from './draft-problem.ts';
import type { WorkflowDraft } from './written-draft.ts';

export type DraftStep = WorkflowDraft['steps'][number];

const mostSteps = 20;
const yearHours = 365 * 24;
const idPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** What a step is called in a sentence about it; absent: what it is called in files. */
export type StepName = (step: DraftStep, index: number) => string;

/** A sentence about a step, which says about which one where there are several. */
function ofStep(
  text: string,
  { steps, index, stepName = ({ id }) => `Step ${id}` }: OfStep,
): string {
  const step = steps[index];
  return step && steps.length > 1 ? `${stepName(step, index)}: ${text}` : text;
}

/** The same of a problem, which does not say at its field which step that is. */
export function problemOfStep(problem: DraftProblem, of: OfStep): DraftProblem {
  const text = ofStep(problem.text, of);
  if (text === problem.text) return problem;
  return { ...problem, text, atField: problem.atField ?? problem.text };
}

type OfStep = Readonly<{
  steps: readonly DraftStep[];
  index: number;
  stepName?: StepName | undefined;
}>;

/** Checks the steps of a workflow, and compiles their emails. `steps` are all of them where there is no problem. */
export function checkSteps(
  { steps, trigger: { event } }: WorkflowDraft,
  events: Settings['events'],
  stepName?: StepName,
): Verdicts & { steps: Step[] } {
  const problems: DraftProblem[] = [];
  const warnings: string[] = [];
  const checked: Step[] = [];
  for (const [index, step] of steps.entries()) {
    const of = { steps, index, stepName };
    const found =
      step.kind === 'send' ? checkSend(step, index, event) : checkWait(step, index, event, events);
    problems.push(...found.problems.map((one) => problemOfStep(one, of)));
    warnings.push(...found.warnings.map((text) => ofStep(text, of)));
    if (found.step) checked.push(found.step);
  }
  problems.push(...ofAll(steps));
  return { problems, warnings, steps: checked };
}

function ofAll(steps: readonly DraftStep[]): DraftProblem[] {
  const problems: DraftProblem[] = [];
  const problem = (index: number | undefined, text: string) =>
    problems.push({ field: index === undefined ? undefined : `steps.${index}`, text });
  if (!steps.some(({ kind }) => kind === 'send')) {
    problem(undefined, 'A workflow needs a step that sends an email.');
  } else if (steps.at(-1)?.kind === 'wait') {
    problem(
      steps.length - 1,
      'Nothing is sent after the last wait: add an email, or remove the wait.',
    );
  }
  if (steps.length > mostSteps)
    problem(undefined, `A workflow can have at most ${mostSteps} steps.`);
  for (const [index, { id }] of steps.entries()) {
    if (!idPattern.test(id)) {
      problem(
        index,
        `The id ${JSON.stringify(id.slice(0, 60))} must have at most 40 characters: lowercase letters, digits and hyphens.`,
      );
    }
    if (steps.findIndex((one) => one.id === id) < index) {
      problem(index, `Two steps have the id ${id}; each needs its own.`);
    }
  }
  return problems;
}

type Found = Verdicts & { step?: Step };

function checkSend(
  step: Extract<DraftStep, { kind: 'send' }>,
  index: number,
  event: SupportedEventType,
): Found {
  const { problems, warnings } = checkConditions(step.onlyIf, {
    type: event,
    place: 'onlyIf',
    fieldOf: (position) => `steps.${index}.onlyIf.${position}`,
  });
  const compilation = compileEmail(step.email, event);
  if (compilation.kind === 'refused') {
    const places = compilation.places.map(
      (one): DraftProblem => ({ ...one, field: `steps.${index}.${one.field}` }),
    );
    return { problems: [...problems, ...places], warnings };
  }
  return {
    problems,
    warnings: [...warnings, ...compilation.warnings],
    step: { ...step, compiled: compilation.compiled },
  };
}

function checkWait(
  step: Extract<DraftStep, { kind: 'wait' }>,
  index: number,
  event: SupportedEventType,
  events: Settings['events'],
): Found {
  const { kind, id } = step;
  const problem = (text: string): Found => ({
    problems: [{ field: `steps.${index}`, text }],
    warnings: [],
  });
  if (step.for && !step.until) {
    const { hours } = step.for;
    if (!(Number.isInteger(hours) && hours >= 1 && hours <= yearHours)) {
      return problem('A wait must be 1 hour to 365 days, in whole hours.');
    }
    return { problems: [], warnings: [], step: { kind, id, for: { hours } } };
  }
  if (!step.until || step.for) {
    return problem('A wait must be either for a time, or until a time before or after a date.');
  }
  const { date, offsetHours } = step.until;
  if (!(Number.isInteger(offsetHours) && Math.abs(offsetHours) <= yearHours)) {
    return problem(`The time before or after ${date} must be at most 365 days, in whole hours.`);
  }
  if (!eventMayHave(event, 'subscriptionId')) {
    return problem(`${event} has no subscription, so no ${date} to wait for.`);
  }
  const isOrder = isOfOrder(event);
  return {
    problems: [],
    warnings: [
      ...(isOrder ? [`Orders without a subscription have no ${date}: their runs end here.`] : []),
      ...movedDates(date, events),
    ],
    step: { kind, id, until: { date, offsetHours } },
  };
}

/** What subscription.updated costs, for those who consider switching it on. */
export const costOfUpdates =
  'Polar sends subscription.updated for every change to a subscription and every batch of metered usage; a million cost about $6.50.';

/** Only subscription.updated tells of a date when it is moved. */
function movedDates(date: Until['date'], events: Settings['events']): string[] {
  if (events['subscription.updated'].enabled) return [];
  return [
    `If ${date} moves in Polar, the wait learns of it only with the subscription's next event, so it may be out of date. If dates move in your shop, switch on subscription.updated in Events & groups: then the new date counts immediately. ${costOfUpdates}`,
  ];
}
