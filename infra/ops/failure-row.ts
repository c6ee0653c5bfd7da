import * as z from 'zod';

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

/** Nobody could note why: the function that worked on it ended before it could. */
export const noReason = 'No reason is kept: its function crashed or ran out of time (see its log).';
