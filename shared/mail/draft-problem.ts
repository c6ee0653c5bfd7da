import type * as z from 'zod/mini';
import { issueSentence } from './issue-sentence.ts';

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
