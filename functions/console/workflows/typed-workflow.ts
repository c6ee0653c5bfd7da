import type { WorkflowDraft } from '#shared/mail/check/written-draft.ts';
import { textOf } from '../kit/fields.ts';

/** A row of a form; an empty one is about nothing. */
export type TypedCondition = Readonly<{ property: string; operator: string; value: string }>;
type TypedConditions = readonly TypedCondition[];

const emailFields = ['kind', 'from', 'replyTo', 'subject', 'preheader', 'body'] as const;
export type TypedEmail = Readonly<Record<(typeof emailFields)[number], string>>;

export type TypedSend = Readonly<{
  kind: 'send';
  id: string;
  onlyIf: TypedConditions;
  email: TypedEmail;
}>;
/** `end`: `for` that time, or that long before or after a date: `before trialEnd`. */
export type TypedWait = Readonly<
  { kind: 'wait'; id: string } & Record<'count' | 'unit' | 'end', string>
>;
export type TypedStep = TypedSend | TypedWait;

const textFields = ['name', 'event', 'frequency', 'maxAgeHours'] as const;

/** A workflow as it is in the fields of a form, right or wrong. */
export type TypedWorkflow = Readonly<
  Record<(typeof textFields)[number], string> & {
    conditions: TypedConditions;
    audience: TypedConditions;
    exitWhen: TypedConditions;
    steps: readonly TypedStep[];
  }
>;

export function typedOf(draft: WorkflowDraft): TypedWorkflow {
  const { name, trigger, audience, frequency, maxAgeHours, exitWhen, steps } = draft;
  return {
    ...{ name, event: trigger.event, frequency, maxAgeHours: String(maxAgeHours) },
    conditions: trigger.conditions.map(typedCondition),
    audience: audience.map(typedCondition),
    exitWhen: exitWhen.map(typedCondition),
    steps: steps.map((step) => (step.kind === 'send' ? typedSend(step) : typedWait(step))),
  };
}

function typedCondition({
  property,
  operator,
  value = '',
  values,
}: WorkflowDraft['audience'][number]): TypedCondition {
  return { property, operator, value: values?.map(quotedWhereNeeded).join(', ') ?? value };
}

type DraftStep = WorkflowDraft['steps'][number];

function typedSend({ id, onlyIf, email }: Extract<DraftStep, { kind: 'send' }>): TypedSend {
  const { from = '', replyTo = '', ...rest } = email;
  return {
    kind: 'send',
    id,
    onlyIf: onlyIf.map(typedCondition),
    email: { ...rest, from, replyTo },
  };
}

function typedWait({ id, for: time, until }: Extract<DraftStep, { kind: 'wait' }>): TypedWait {
  const offset = until?.offsetHours ?? time?.hours ?? 0;
  const hours = Math.abs(offset);
  const isDays = hours % 24 === 0;
  return {
    ...{ kind: 'wait', id, count: String(isDays ? hours / 24 : hours) },
    unit: isDays ? 'days' : 'hours',
    end: until ? `${offset < 0 ? 'before' : 'after'} ${until.date}` : 'for',
  };
}

/** Whether a row says what it is about, or nothing at all. */
export function isWhole({ property, value }: TypedCondition): boolean {
  return property !== '' || value === '';
}

/** All lists of conditions, each with the beginning of its fields' names. */
export function conditionLists(typed: TypedWorkflow): (readonly [string, TypedConditions])[] {
  return [
    ['conditions', typed.conditions],
    ['audience', typed.audience],
    ['exitWhen', typed.exitWhen],
    ...typed.steps.flatMap((step, index) =>
      step.kind === 'send' ? [[`steps.${index}.onlyIf`, step.onlyIf] as const] : [],
    ),
  ];
}

/** With more conditions than these, not each of them offers all that a condition can be about. */
const fewConditions = 12;

export function hasManyConditions(typed: TypedWorkflow): boolean {
  return conditionLists(typed).flatMap(([, rows]) => rows).length > fewConditions;
}

/** What was typed in the shape of a workflow, for `checkWorkflow` to judge; of conditions, those that are about something. */
export function writtenOf(typed: TypedWorkflow) {
  const { name, event, frequency, maxAgeHours } = typed;
  return {
    name: name.trim(),
    trigger: { event, conditions: writtenConditions(typed.conditions) },
    audience: writtenConditions(typed.audience),
    frequency,
    // What is no number is as wrong as 0, and is told so.
    maxAgeHours: Number(maxAgeHours) || 0,
    exitWhen: writtenConditions(typed.exitWhen),
    steps: typed.steps.map((step) =>
      step.kind === 'send' ? writtenSend(step) : writtenWait(step),
    ),
  };
}

function writtenConditions(conditions: TypedConditions) {
  return conditions
    .filter(({ property }) => property !== '')
    .map(({ property, operator, value }) => ({
      property,
      operator,
      ...(operator === 'is-one-of' ? { values: listOf(value) } : value !== '' && { value }),
    }));
}

/** Several values are typed with commas between them; one that has a comma itself, in double quotes. */
function listOf(value: string): string[] {
  const typed = value.matchAll(/\s*(?:"((?:[^"]|"")*)"\s*(?:,|$)|([^,]+)|,)/g);
  return [...typed].flatMap(([, quoted, plain = '']) => {
    return (quoted?.replaceAll('""', '"') ?? plain.trim()) || [];
  });
}

function quotedWhereNeeded(value: string): string {
  const isPlain = !value.includes(',') && !value.startsWith('"') && value === value.trim();
  return isPlain ? value : `"${value.replaceAll('"', '""')}"`;
}

function writtenSend({ id, onlyIf, email }: TypedSend) {
  const { kind, subject, preheader, body } = email;
  const [from, replyTo] = [email.from.trim(), email.replyTo.trim()];
  return {
    ...{ kind: 'send' as const, id, onlyIf: writtenConditions(onlyIf) },
    email: { kind, ...(from && { from }), ...(replyTo && { replyTo }), subject, preheader, body },
  };
}

/** Longer than any wait may be. */
const tooLong = 1_000_000;

function writtenWait({ id, count, unit, end }: TypedWait) {
  const isCount = /^\d{1,4}$/.test(count.trim());
  const hours = isCount ? Number(count) * (unit === 'hours' ? 1 : 24) : tooLong;
  const wait = { kind: 'wait' as const, id };
  if (end === 'for') return { ...wait, for: { hours } };
  const [side, date] = end.split(' ');
  return { ...wait, until: { date, offsetHours: side === 'before' && hours > 0 ? -hours : hours } };
}

/** A form must end somewhere. What is beyond this would be lost when it is saved, so it's far more than anybody has. */
const mostConditions = 200;
const mostSteps = 40;

/** What is in the fields, whatever was sent. */
export function typedIn(form: FormData): TypedWorkflow {
  const text = (name: (typeof textFields)[number]) => textOf(form, name);
  return {
    ...{ name: text('name'), event: text('event') },
    ...{ frequency: text('frequency'), maxAgeHours: text('maxAgeHours') },
    conditions: conditionsIn(form, ''),
    audience: conditionsIn(form, 'audience-'),
    exitWhen: conditionsIn(form, 'exit-'),
    steps: stepsIn(form),
  };
}

function conditionsIn(form: FormData, prefix: string): TypedCondition[] {
  const rows: TypedCondition[] = [];
  while (form.has(`${prefix}property-${rows.length}`) && rows.length < mostConditions) {
    const [property, operator, value] = ['property', 'operator', 'value'].map((name) =>
      textOf(form, `${prefix}${name}-${rows.length}`).trim(),
    );
    rows.push({ property: property ?? '', operator: operator ?? '', value: value ?? '' });
  }
  return rows;
}

function stepsIn(form: FormData): TypedStep[] {
  const steps: TypedStep[] = [];
  while (form.has(`step-${steps.length}`) && steps.length < mostSteps) {
    const prefix = `step-${steps.length}`;
    const text = (name: string) => textOf(form, `${prefix}-${name}`);
    const id = text('id');
    steps.push(
      textOf(form, prefix) === 'wait'
        ? { kind: 'wait', id, count: text('count'), unit: text('unit'), end: text('end') }
        : {
            ...{ kind: 'send', id, onlyIf: conditionsIn(form, `${prefix}-only-`) },
            email: {
              ...{ kind: text('kind'), from: text('from'), replyTo: text('replyTo') },
              ...{ subject: text('subject'), preheader: text('preheader'), body: text('body') },
            },
          },
    );
  }
  return steps;
}
