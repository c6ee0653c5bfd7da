import type * as z from 'zod/mini';
import { nearestName } from './nearest-name.ts';

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
