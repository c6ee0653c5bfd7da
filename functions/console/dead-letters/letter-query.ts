import * as z from 'zod/mini';
import { queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { durationMs, type LetterFilter } from '#shared/queue/dead-letters/letter-choice.ts';

const optional = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);
const text = optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(500)));

const schema = z.object({
  queue: optional(z.enum(queueNames)),
  /** Of the filter. */
  about: text,
  type: text,
  older: optional(z.string().check(z.refine((given) => durationMs(given) !== undefined))),
  /** Of a run that goes on. */
  goOn: optional(z.enum(['all', 'reason', 'filter'])),
  reason: optional(z.string()),
  since: optional(z.iso.datetime()),
});

/** What the address of the list, or one of its forms, asks for. What makes no sense counts as not given. */
export type LetterQuery = z.infer<typeof schema>;

export function letterQuery(given: Readonly<Record<string, unknown>>): LetterQuery {
  return schema.parse(given);
}

/** The filter as the fields of a form; those that are not set are left out. */
export function filterFields({ about, type, older }: LetterQuery): Record<string, string> {
  return { ...(about && { about }), ...(type && { type }), ...(older && { older }) };
}

/** `undefined`: all are meant. */
export function filterOf({ about, type, older }: LetterQuery): LetterFilter | undefined {
  if (about === undefined && type === undefined && older === undefined) return undefined;
  return { reason: about, type, olderThanMs: older === undefined ? undefined : durationMs(older) };
}
