import type * as z from 'zod/mini';
import { nearestName } from '#shared/text.ts';

/** A finding of a schema as a sentence for the person who wrote `written`. */
export function issueSentence(issue: z.core.$ZodIssue, written: unknown): string {
  const place = issue.path.map(String).join('.');
  const value = valueAt(written, issue.path);
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return `${place || 'The workflow'} is missing.`;
      return `${place || 'The workflow'} must be of type ${issue.expected}.`;
    case 'invalid_value': {
      if (value === undefined) return `${place} is missing.`;
      const values = issue.values.map(String);
      const nearest = typeof value === 'string' ? nearestName(value, values) : undefined;
      const advice = nearest
        ? `did you mean ${nearest}?`
        : `it must be one of: ${values.join(', ')}.`;
      return `${place} cannot be ${JSON.stringify(value)?.slice(0, 60)}; ${advice}`;
    }
    case 'unrecognized_keys':
      return `${place ? `${place} has` : 'A workflow has'} no ${issue.keys.join(', ')}.`;
    default:
      return `${place || 'The workflow'} is not right: ${issue.message}.`;
  }
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

/** What a person fills in of a workflow; conditions are counted from 0. */
export type DraftField =
  | 'name'
  | 'event'
  | `conditions.${number}`
  | 'frequency'
  | 'maxAgeHours'
  | 'kind'
  | 'from'
  | 'replyTo'
  | 'subject'
  | 'preheader'
  | 'body';

/** What is wrong, as a sentence, and where; `undefined`: with the whole. */
export type DraftProblem = Readonly<{ field: DraftField | undefined; text: string }>;

export function draftProblem(issue: z.core.$ZodIssue, written: unknown): DraftProblem {
  return { field: fieldAt(issue.path), text: issueSentence(issue, written) };
}

/** The sentences alone, each once. */
export function sentencesOf(problems: readonly DraftProblem[]): string[] {
  return [...new Set(problems.map(({ text }) => text))];
}

function fieldAt([first, second, third]: readonly PropertyKey[]): DraftField | undefined {
  switch (first) {
    case 'name':
    case 'frequency':
    case 'maxAgeHours':
      return first;
    case 'trigger':
      return second === 'conditions' && typeof third === 'number' ? `conditions.${third}` : 'event';
    case 'email':
      return emailField(second);
    default:
      return undefined;
  }
}

const emailFields = ['kind', 'from', 'replyTo', 'subject', 'preheader', 'body'] as const;

function emailField(name: PropertyKey | undefined): DraftField | undefined {
  return emailFields.find((one) => one === name);
}
