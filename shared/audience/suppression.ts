import * as z from 'zod/mini';

const refusalSchema = z.object({ at: z.string(), by: z.string() });

/** A person's "no". It holds for the person and for the address. */
export const personRefusalsSchema = z.object({
  unsubscribed: z.optional(refusalSchema),
  complained: z.optional(refusalSchema),
});
export type PersonRefusals = z.infer<typeof personRefusalsSchema>;

/** Why nothing may be mailed to an address, first time and author of each reason. `bounced` is the mailbox's own "no". */
export const suppressionSchema = z.object({
  reasons: z.object({
    unsubscribed: z.optional(refusalSchema),
    complained: z.optional(refusalSchema),
    bounced: z.optional(refusalSchema),
  }),
});
export type Suppression = z.infer<typeof suppressionSchema>;
export type SuppressionReason = keyof Suppression['reasons'];
type Refusal = z.infer<typeof refusalSchema>;

/** Both together; of two refusals for one reason the earlier stays. */
export function refusalsOf<T extends Partial<Record<SuppressionReason, Refusal | undefined>>>(
  known: T,
  more: T,
): T {
  const merged = { ...more, ...known };
  for (const reason of ['unsubscribed', 'complained', 'bounced'] as const) {
    const [a, b] = [known[reason], more[reason]];
    if (a && b) merged[reason] = a.at <= b.at ? a : b;
  }
  return merged;
}

/** The part of a suppression that goes with the person who has, or had, the address. */
export function personRefusals(suppression: Suppression | undefined): PersonRefusals {
  const { unsubscribed, complained } = suppression?.reasons ?? {};
  return { ...(unsubscribed && { unsubscribed }), ...(complained && { complained }) };
}
