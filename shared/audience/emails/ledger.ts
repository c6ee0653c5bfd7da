import type { Counted, Email, EmailIdentity } from './email.ts';
import type { Quota } from './mailbox.ts';

export type Reservation = Readonly<{
  token: string;
  leaseUntil: string;
  addressHash: string;
  /** The customer as the email was judged by, in the same transaction: what ends a run after that ends this email. */
  unchanged?: Readonly<{ customerId: string; revision: string | undefined }> | undefined;
  /** What the email was counted for before, which must not have been given back since. */
  counted?: Counted | undefined;
}>;

/** `taken`: the row was no longer as the caller believed. */
type ReservedWithin = 'reserved' | 'taken' | 'full of mails' | 'full of marketing';

/** Every verb is one conditional write; `false` means that the row was no longer as the caller believed. */
export type Emails = Readonly<{
  find(ledgerKey: string): Promise<Email | undefined>;
  /**
   * Takes the key for one attempt to send. Only a key that is free, waiting, blocked or failed can be taken, and only
   * while the customer is `unchanged`, where that is asked for.
   */
  reserve(email: EmailIdentity, reservation: Reservation): Promise<boolean>;
  /** The same where its mailbox has not had its share of the day, which it takes one of in the same transaction. */
  reserveWithin(
    email: EmailIdentity,
    reservation: Reservation,
    quota: Quota,
  ): Promise<ReservedWithin>;
  /** SES took it. Also where SES's own events have said so before. */
  sent(ledgerKey: string, token: string, sesMessageId: string): Promise<boolean>;
  /** SES refused it for now: the key is free for the next attempt, for which the clock asks at `dueAt`. */
  wait(
    ledgerKey: string,
    token: string,
    waiting: Readonly<{ reason: string; waitingSince: string; dueAt: string }>,
  ): Promise<boolean>;
  /**
   * All mail is held: it waits, and is not due before that is over. What SES refused before is forgotten: its two days
   * begin again.
   */
  putAside(email: EmailIdentity, reason: string, heldSince: string): Promise<boolean>;
  /** SES refused it for good. What it was counted for today is given back. */
  fail(ledgerKey: string, token: string, reason: string, counted?: Counted): Promise<boolean>;
  /** Nobody knows whether SES took it, so it is not sent again. The clock looks at it from `dueAt` on. */
  loseSight(ledgerKey: string, token: string, reason: string, dueAt: string): Promise<boolean>;
  /** Lets the clock look at an unknown one of 0.1.0, which it does not know yet. */
  keepInSight(ledgerKey: string, dueAt: string): Promise<boolean>;
  /**
   * It must not be sent. Never touches one that was sent or may have been, or waits for another event or replay. What it
   * was counted for today is given back.
   */
  block(email: EmailIdentity, reason: string, counted?: Counted): Promise<boolean>;
  /** The same for one that waits, only as it was read: whoever asked for its key since then goes first. */
  giveUp(seen: Email, reason: string, counted?: Counted): Promise<boolean>;
}>;
