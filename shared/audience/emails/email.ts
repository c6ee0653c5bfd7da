import * as z from 'zod/mini';

/** Whom and what one email is about: what its row in the ledger says from the first write on. */
export const emailIdentitySchema = z.object({
  /** Hashed from the workflow and what its frequency counts by: at most one email is sent under it. */
  ledgerKey: z.string(),
  workflowId: z.string(),
  workflowVersion: z.number(),
  webhookId: z.string(),
  customerId: z.string(),
  contactId: z.optional(z.string()),
  /** Where a replay of the event asked for it. */
  replayId: z.optional(z.string()),
  /** That asked for it although the contact may have had it before. */
  again: z.optional(z.boolean()),
  /** The step that it is of; absent: an earlier version asked for it, without a run. */
  stepId: z.optional(z.string()),
  /** Of an email of a run: the run, and when the step was due. `webhookId` is the event that began the run. */
  runId: z.optional(z.string()),
  stepDueAt: z.optional(z.string()),
});
export type EmailIdentity = z.infer<typeof emailIdentitySchema>;

/** What an email was counted for: a mailbox and a day, as marketing too or not. */
const countedSchema = z.object({ key: z.string(), isMarketing: z.boolean() });
export type Counted = Readonly<z.infer<typeof countedSchema>>;

/**
 * A row of the ledger. `reserved`: about to be sent, until `leaseUntil` · `waiting`: SES refused it for now ·
 * `sent` · `blocked` and `failed`: not sent, and the key is free again · `unknown`: nobody knows yet whether SES took it.
 */
export const emailSchema = z.extend(emailIdentitySchema, {
  state: z.enum(['reserved', 'waiting', 'sent', 'blocked', 'failed', 'unknown']),
  reason: z.optional(z.string()),
  token: z.optional(z.string()),
  leaseUntil: z.optional(z.string()),
  attempts: z.optional(z.number()),
  waitingSince: z.optional(z.string()),
  /** Since when it has been held with all mail; until it is tried again. */
  heldSince: z.optional(z.string()),
  /** When to look at it again; absent where nothing is left to do, and in rows of 0.1.0, whose message waits in the queue. */
  dueAt: z.optional(z.string()),
  sesMessageId: z.optional(z.string()),
  addressHash: z.optional(z.string()),
  /** Absent where it does not count, and where its count was given back. */
  counted: z.optional(countedSchema),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Email = z.infer<typeof emailSchema>;

/**
 * Asks to send an email. Names no address. `attempts`: the clock asks, and means the row only until it is tried once
 * more than so often, so that of several messages one counts, however late they come. `check`: 0.1.0 asks what became of an email whose fate was unknown.
 */
export type MailMessage = EmailIdentity &
  Readonly<{ attempts?: number | undefined; check?: boolean | undefined }>;
