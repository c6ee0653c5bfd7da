import * as z from 'zod/mini';

const failureRowSchema = z.object({
  firstReason: z.string(),
  firstAt: z.string(),
  lastReason: z.string(),
  lastAt: z.string(),
  attempts: z.number(),
  isFinal: z.boolean(),
});

/** Why a message failed, first and last, and how often a function tried it. */
export type FailureRow = z.infer<typeof failureRowSchema>;

export function failureRowOf(item: unknown): FailureRow | undefined {
  return failureRowSchema.safeParse(item).data;
}

/** Its function ended before it could note why, or had no id to note it under that its copy has, too. */
export const noReason =
  'No reason is kept: its function crashed, ran out of time or could not tell what it is (see its log).';
