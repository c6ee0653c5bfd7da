import * as z from 'zod/mini';
import type { SesEvent } from './ses-event.ts';

const feedbackSchema = z.object({
  sentAt: z.optional(z.string()),
  deliveredAt: z.optional(z.string()),
  bouncedAt: z.optional(z.string()),
  complainedAt: z.optional(z.string()),
  rejectedAt: z.optional(z.string()),
});
type Feedback = z.infer<typeof feedbackSchema>;

/** What SES's events change of a row of the ledger. */
export const emailMarksSchema = z.object({
  state: z.string(),
  reason: z.optional(z.string()),
  sesMessageId: z.optional(z.string()),
  feedback: z.optional(feedbackSchema),
});
export type EmailMarks = z.infer<typeof emailMarksSchema>;

const unsettled = new Set(['reserved', 'waiting', 'unknown']);

/**
 * The row after an event: the same one after the same events in any order, however often each comes. Every event but
 * a rejection proves that SES sent the email, and `sent` stays; so a key whose email went out is never free again.
 */
export function marked(email: EmailMarks, event: SesEvent): EmailMarks {
  const feedback = earliest(email.feedback ?? {}, timesOf(event));
  const sesMessageId = email.sesMessageId ?? event.messageId;
  if (event.kind === 'reject') {
    const state = unsettled.has(email.state) ? 'failed' : email.state;
    return { state, reason: event.reason, sesMessageId, feedback };
  }
  const keepsReason = email.state === 'sent' || feedback.rejectedAt !== undefined;
  return {
    state: 'sent',
    reason: keepsReason ? email.reason : undefined,
    sesMessageId,
    feedback,
  };
}

function timesOf({ kind, sentAt, at }: SesEvent): Feedback {
  switch (kind) {
    case 'send':
    case 'delay':
      return { sentAt };
    case 'delivery':
      return { sentAt, deliveredAt: at };
    case 'bounce':
      return { sentAt, bouncedAt: at };
    case 'complaint':
      return { sentAt, complainedAt: at };
    case 'reject':
      return { rejectedAt: at };
  }
}

function earliest(known: Feedback, more: Feedback): Feedback {
  const merged = { ...known, ...more };
  for (const name of z.keyof(feedbackSchema).options) {
    const [a, b] = [known[name], more[name]];
    if (a !== undefined && b !== undefined) merged[name] = a <= b ? a : b;
  }
  return merged;
}
