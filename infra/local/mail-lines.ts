import * as z from 'zod';

/** What a log line says of one email. */
export type MailFate = Readonly<{
  ledgerKey: string;
  /** Of the event that asked for it; absent in what SES says later. */
  webhookId?: string | undefined;
  workflowId?: string | undefined;
  fate: string;
  reason?: string | undefined;
}>;

const decidedSchema = z.object({
  message: z.literal('email decided'),
  ledgerKey: z.string(),
  webhookId: z.string(),
  workflowId: z.string(),
  state: z.string(),
  reason: z.string().optional(),
});

const heardSchema = z.object({
  message: z.literal('feedback applied'),
  ledgerKey: z.string(),
  kind: z.enum(['bounce', 'complaint', 'reject']),
  refusal: z.string().optional(),
});

/** Reads a line of the mailer's or of feedback's log that is worth showing: a duplicate, or a delivery, is not. */
export function mailFate(entry: unknown): MailFate | undefined {
  const decided = decidedSchema.safeParse(entry).data;
  if (decided) return decided.state === 'settled' ? undefined : { ...decided, fate: decided.state };
  const heard = heardSchema.safeParse(entry).data;
  return heard && { ledgerKey: heard.ledgerKey, fate: heard.refusal ?? heard.kind };
}

/** Of an email that was not sent nobody knows a subject; its workflow has a name. */
export type ShownMail = Readonly<{ what: string; to: string | undefined }>;

export function mailLine({ fate, reason }: MailFate, { what, to }: ShownMail): string {
  return `${'mail'.padEnd(24)} ${what} → ${[to, fate, reason].filter(Boolean).join(', ')}`;
}
