import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { textOf } from '../kit/fields.ts';
import { frequencyWords } from '../kit/words.ts';
import type { Look } from './preview.ts';
import {
  type TypedCondition,
  type TypedStep,
  type TypedWorkflow,
  typedIn,
} from './typed-workflow.ts';

export type WorkflowPost = Readonly<{
  /** As it is after the button: with another row or step, or without one. */
  typed: TypedWorkflow;
  act: 'save' | 'preview';
  /** The version of the workflow that the form was made from; NaN where it says none. */
  version: number;
  /** The event whose values the preview shows. */
  example: string;
  /** The id of the email that the preview shows. */
  shown: string;
  look: Look;
  /** Said where the frequency was made to fit another event. */
  frequencyNote: string | undefined;
  /** The script asks, and takes nothing but the preview from the page. */
  isLive: boolean;
  /** The person has read that people wait at steps that go. */
  isSure: boolean;
}>;

/** What a person sent, and what its button makes of it. */
export function readWorkflowPost(form: FormData, newTag: () => string): WorkflowPost {
  const act = textOf(form, 'act');
  const given = typedIn(form);
  const fitting = fittingFrequency(given, textOf(form, 'event-was'));
  const start = act === 'save' || !fitting ? given : { ...given, frequency: fitting };
  const { typed, shown = textOf(form, 'shown') } = changed(start, act, newTag);
  const version = textOf(form, 'version');
  return {
    typed,
    act: act === 'save' ? 'save' : 'preview',
    version: /^\d{1,9}$/.test(version) ? Number(version) : Number.NaN,
    example: textOf(form, 'example'),
    shown,
    look: { isNarrow: textOf(form, 'look') === 'phone', isDark: textOf(form, 'dark') !== '' },
    frequencyNote:
      typed.frequency === given.frequency
        ? undefined
        : `Changed to fit ${typed.event}: it was “${wordsOf(given.frequency)}”.`,
    isLive: textOf(form, 'live') !== '',
    isSure: textOf(form, 'sure') !== '',
  };
}

/** How often ready-made workflows of this event send, where the event is another one than before. */
function fittingFrequency({ event }: TypedWorkflow, before: string): string | undefined {
  if (before === '' || before === event) return undefined;
  return readyMade.find((one) => one.event === event)?.frequency;
}

const wordsOf = (frequency: string) =>
  Object.entries(frequencyWords).find(([name]) => name === frequency)?.[1] ?? frequency;

type Changed = Readonly<{ typed: TypedWorkflow; shown?: string }>;

function changed(typed: TypedWorkflow, act: string, newTag: () => string): Changed {
  const parts = /^([a-z]+)-([a-z]+)(?:-(\d{1,3}))?(?:-(\d{1,3}))?$/.exec(act);
  const [, verb = '', what = '', first, second] = parts ?? [];
  const [at, more] = [Number(first), Number(second)];
  switch (what) {
    case 'condition':
      return { typed: { ...typed, conditions: rows(typed.conditions, verb, at) } };
    case 'audience':
      return { typed: { ...typed, audience: rows(typed.audience, verb, at) } };
    case 'exit':
      return { typed: { ...typed, exitWhen: rows(typed.exitWhen, verb, at) } };
    case 'only': {
      const steps = typed.steps.map((step, index) =>
        step.kind === 'send' && index === at
          ? { ...step, onlyIf: rows(step.onlyIf, verb, more) }
          : step,
      );
      return { typed: { ...typed, steps } };
    }
    case 'email':
    case 'wait':
    case 'step':
      return ofSteps(typed, { verb, what, at, newTag });
    default:
      return { typed };
  }
}

const nothing: TypedCondition = { property: '', operator: 'is', value: '' };

function rows(conditions: readonly TypedCondition[], verb: string, at: number): TypedCondition[] {
  if (verb === 'add') return [...conditions, nothing];
  return conditions.filter((_, index) => verb !== 'remove' || index !== at);
}

type StepAct = Readonly<{
  verb: string;
  what: 'email' | 'wait' | 'step';
  at: number;
  newTag: () => string;
}>;

/** An id is never used twice, also not after its step went: what was sent is known by it. */
function ofSteps(typed: TypedWorkflow, { verb, what, at, newTag }: StepAct): Changed {
  const steps = [...typed.steps];
  const step = steps[at];
  if (verb === 'add' && what !== 'step') {
    const added = what === 'email' ? newEmail(typed, newTag()) : newWait(newTag());
    steps.splice(Math.min(at, steps.length), 0, added);
    return { typed: { ...typed, steps }, ...(what === 'email' && { shown: added.id }) };
  }
  if (!step) return { typed };
  if (verb === 'show') return { typed, shown: step.id };
  if (verb === 'remove') steps.splice(at, 1);
  const to = verb === 'raise' ? at - 1 : verb === 'lower' ? at + 1 : at;
  if (verb !== 'remove' && to >= 0 && to < steps.length) {
    steps.splice(at, 1);
    steps.splice(to, 0, step);
  }
  return { typed: { ...typed, steps } };
}

function newEmail({ steps }: TypedWorkflow, tag: string): TypedStep {
  const before = steps.find((step) => step.kind === 'send');
  return {
    ...{ kind: 'send', id: `email-${tag}`, onlyIf: [] },
    email: {
      ...{ kind: before?.email.kind ?? 'transactional', from: before?.email.from ?? '' },
      ...{ replyTo: before?.email.replyTo ?? '', subject: '', preheader: '' },
      body: 'Hi {{ contact.firstName | default: "there" }},\n\n',
    },
  };
}

function newWait(tag: string): TypedStep {
  return { kind: 'wait', id: `wait-${tag}`, count: '3', unit: 'days', end: 'for' };
}
