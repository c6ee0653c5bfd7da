import type * as z from 'zod/mini';
import { nearestName } from '#shared/mail/nearest-name.ts';

/** A finding of a schema as a sentence for the person who wrote `written`. */
function issueSentence(issue: z.core.$ZodIssue, written: unknown): string {
  const place = issue.path.map(String).join('.');
  const value = valueAt(written, issue.path);
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return `${place || 'The workflow'} is missing.`;
      return `${place || 'The workflow'} must be of type ${issue.expected}.`;
    case 'invalid_value': {
      if (value === undefined) return `${place} is missing.`;
      const values = issue.values.map(String);
      const nearest = typeof value === 'string' ? nearestValue(value, values) : undefined;
      const advice = nearest
        ? `did you mean ${nearest}?`
        : `it must be one of: ${values.join(', ')}.`;
      return `${place} can't be ${JSON.stringify(value)?.slice(0, 60)}; ${advice}`;
    }
    case 'unrecognized_keys':
      return `${place ? `${place} has` : 'A workflow has'} no ${issue.keys.join(', ')}.`;
    default:
      return `${place || 'The workflow'} is invalid: ${issue.message}.`;
  }
}

/** Of `subscription.stauts`, what else `subscription` has comes first. */
function nearestValue(value: string, values: readonly string[]): string | undefined {
  const kin = values.filter((one) => one.split('.', 1)[0] === value.split('.', 1)[0]);
  return nearestName(value, kin) ?? nearestName(value, values);
}

function valueAt(written: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : undefined,
    written,
  );
}

const emailFields = ['kind', 'from', 'replyTo', 'subject', 'preheader', 'body'] as const;
export type EmailField = (typeof emailFields)[number];

/** What a person fills in of a workflow; conditions and steps are counted from 0. */
export type DraftField =
  | 'name'
  | 'event'
  | `conditions.${number}`
  | `audience.${number}`
  | 'frequency'
  | 'maxAgeHours'
  | `exitWhen.${number}`
  | `steps.${number}`
  | `steps.${number}.onlyIf.${number}`
  | `steps.${number}.${EmailField}`;

/** What is wrong, as a sentence, and where; `undefined`: with the whole. */
export type DraftProblem = Readonly<{
  field: DraftField | undefined;
  text: string;
  /** What to say at the field itself, where the sentence names it. */
  atField?: string | undefined;
}>;

export function draftProblem(issue: z.core.$ZodIssue, written: unknown): DraftProblem {
  return { field: fieldAt(issue.path), text: issueSentence(issue, written) };
}

/** The sentences alone, each once. */
export function sentencesOf(problems: readonly Pick<DraftProblem, 'text'>[]): string[] {
  return [...new Set(problems.map(({ text }) => text))];
}

function fieldAt([first, second, ...rest]: readonly PropertyKey[]): DraftField | undefined {
  const [third] = rest;
  switch (first) {
    case 'name':
    case 'frequency':
    case 'maxAgeHours':
      return first;
    case 'trigger':
      return second === 'conditions' && typeof third === 'number' ? `conditions.${third}` : 'event';
    case 'audience':
    case 'exitWhen':
      return typeof second === 'number' ? `${first}.${second}` : undefined;
    case 'email':
      return stepField(0, [first, second ?? '']);
    case 'steps':
      return typeof second === 'number' ? stepField(second, rest) : undefined;
    default:
      return undefined;
  }
}

function stepField(index: number, [part, name]: readonly PropertyKey[]): DraftField {
  if (part === 'onlyIf' && typeof name === 'number') return `steps.${index}.onlyIf.${name}`;
  const field = part === 'email' ? emailFields.find((one) => one === name) : undefined;
  return field ? `steps.${index}.${field}` : `steps.${index}`;
}
