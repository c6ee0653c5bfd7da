import * as z from 'zod/mini';

/** When an event happened. Its webhook id puts in order what happened at one time. */
export const momentSchema = z.object({ occurredAt: z.string(), webhookId: z.string() });
export type Moment = z.infer<typeof momentSchema>;

/** Negative when `a` is earlier. On equal timestamps the greater webhook id counts as later. */
export function compareMoments(a: Moment, b: Moment): number {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt < b.occurredAt ? -1 : 1;
  if (a.webhookId === b.webhookId) return 0;
  return a.webhookId < b.webhookId ? -1 : 1;
}
