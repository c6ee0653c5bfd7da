import { firstMail, type WorkflowDraft } from '#shared/mail/check-workflow.ts';
import { textOf } from '../kit/fields.ts';

export type TypedCondition = Readonly<{ property: string; operator: string; value: string }>;

/** A workflow as it stands in the fields of a form, right or wrong. */
export type TypedWorkflow = Readonly<
  Record<(typeof textFields)[number], string> & { conditions: readonly TypedCondition[] }
>;

const textFields = [
  'name',
  'event',
  'frequency',
  'maxAgeHours',
  'kind',
  'from',
  'replyTo',
  'subject',
  'preheader',
  'body',
] as const;

/** Nobody needs more, and a form must end somewhere. */
const mostConditions = 20;

export type WorkflowAct = 'save' | 'preview' | 'add-condition' | { removes: number };

export type WorkflowPost = Readonly<{
  typed: TypedWorkflow;
  act: WorkflowAct;
  /** How many empty rows for conditions are to be shown. */
  emptyRows: number;
  /** The version of the workflow that the form was made from; NaN where it says none. */
  version: number;
  /** The event whose values the preview shows. */
  example: string;
}>;

export function typedOf(draft: WorkflowDraft): TypedWorkflow {
  const { name, trigger, frequency, maxAgeHours } = draft;
  const { email } = firstMail(draft);
  return {
    name,
    event: trigger.event,
    conditions: trigger.conditions.map(({ property, operator, value, values }) => ({
      property,
      operator,
      value: values?.join(', ') ?? value ?? '',
    })),
    frequency,
    maxAgeHours: String(maxAgeHours),
    kind: email.kind,
    from: email.from ?? '',
    replyTo: email.replyTo ?? '',
    subject: email.subject,
    preheader: email.preheader,
    body: email.body,
  };
}

/** Several values are typed with commas between them. */
function listOf(value: string): string[] {
  return value.split(',').flatMap((one) => one.trim() || []);
}

/** Whether a row says what it is about. */
export function isWhole({ property }: TypedCondition): boolean {
  return property !== '';
}

/** What was typed in the shape of a workflow, for `checkWorkflow` to judge; of conditions, those that are about something. */
export function writtenOf(typed: TypedWorkflow) {
  const { name, event, conditions, frequency, maxAgeHours, kind } = typed;
  const [from, replyTo] = [typed.from.trim(), typed.replyTo.trim()];
  const { subject, preheader, body } = typed;
  return {
    name: name.trim(),
    trigger: {
      event,
      conditions: conditions.filter(isWhole).map(({ property, operator, value }) => ({
        property,
        operator,
        ...(operator === 'is-one-of' ? { values: listOf(value) } : value !== '' && { value }),
      })),
    },
    frequency,
    // What is no number is as wrong as 0, and is told so.
    maxAgeHours: Number(maxAgeHours) || 0,
    email: { kind, ...(from && { from }), ...(replyTo && { replyTo }), subject, preheader, body },
  };
}

export function readWorkflowPost(form: FormData): WorkflowPost {
  const act = actOf(textOf(form, 'act'));
  const rows = rowsOf(form).filter((_, index) => typeof act !== 'object' || act.removes !== index);
  const conditions = rows.filter(({ property, value }) => property !== '' || value !== '');
  const text = (name: (typeof textFields)[number]) => textOf(form, name);
  const version = textOf(form, 'version');
  return {
    typed: {
      name: text('name'),
      event: text('event'),
      frequency: text('frequency'),
      maxAgeHours: text('maxAgeHours'),
      kind: text('kind'),
      from: text('from'),
      replyTo: text('replyTo'),
      subject: text('subject'),
      preheader: text('preheader'),
      body: text('body'),
      conditions,
    },
    act,
    emptyRows: rows.length - conditions.length + (act === 'add-condition' ? 1 : 0),
    version: /^\d{1,9}$/.test(version) ? Number(version) : Number.NaN,
    example: textOf(form, 'example'),
  };
}

function rowsOf(form: FormData): TypedCondition[] {
  const rows: TypedCondition[] = [];
  while (form.has(`property-${rows.length}`) && rows.length < mostConditions) {
    const [property, operator, value] = ['property', 'operator', 'value'].map((name) =>
      textOf(form, `${name}-${rows.length}`).trim(),
    );
    rows.push({ property: property ?? '', operator: operator ?? '', value: value ?? '' });
  }
  return rows;
}

function actOf(text: string): WorkflowAct {
  if (text === 'save' || text === 'add-condition') return text;
  const removes = /^remove-condition-(\d{1,3})$/.exec(text)?.[1];
  return removes === undefined ? 'preview' : { removes: Number(removes) };
}
