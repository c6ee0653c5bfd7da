import type { Email } from './email.ts';

/** What became of an email, in the order in which people ask for it. */
export const emailFates = [
  'delivered',
  'sent',
  'bounced',
  'complained',
  'rejected',
  'blocked',
  'failed',
  'unknown',
  'held',
  'waiting',
  'reserved',
] as const;
export type EmailFate = (typeof emailFates)[number];

export type Fated = Readonly<{
  state: Email['state'];
  heldSince?: string | undefined;
  /** What SES has said of it since. */
  feedback?:
    | Readonly<{
        deliveredAt?: string | undefined;
        bouncedAt?: string | undefined;
        /** The bounce may pass. */
        transientAt?: string | undefined;
        complainedAt?: string | undefined;
        rejectedAt?: string | undefined;
      }>
    | undefined;
}>;

/** The state of an email in the ledger; one that waits because all mail is held is `held`. */
export type StateOrHeld = Email['state'] | 'held';

export function stateOrHeld({ state, heldSince }: Omit<Fated, 'feedback'>): StateOrHeld {
  return state === 'waiting' && heldSince !== undefined ? 'held' : state;
}

/** What SES can report of an email, what weighs most first: one that was delivered may be complained about. */
export const reportedFates = [
  ['complained', 'complainedAt'],
  ['bounced', 'bouncedAt'],
  ['rejected', 'rejectedAt'],
  ['delivered', 'deliveredAt'],
] as const;

/**
 * What became of an email, as far as SES has told: one that was sent may have bounced since. A bounce that may pass
 * counts for nothing once the email was delivered: so holiday notes come.
 */
export function fateOf({ feedback = {}, ...email }: Fated): EmailFate {
  const hasPassed = feedback.transientAt !== undefined && feedback.deliveredAt !== undefined;
  const reported = reportedFates.find(
    ([fate, at]) => feedback[at] !== undefined && !(fate === 'bounced' && hasPassed),
  );
  return reported ? reported[0] : stateOrHeld(email);
}

/** How many emails there are of each fate. */
export function countedFates(emails: readonly Fated[]): ReadonlyMap<EmailFate, number> {
  const groups = Map.groupBy(emails, fateOf);
  return new Map([...groups].map(([fate, ofFate]) => [fate, ofFate.length]));
}

/** How the reason begins of an email that counts as sent because a person says so. */
export const markedAsSent = 'Marked as sent by ';

/** Whether only a person says that it was sent: SES may never have taken it. Version 0.1.0 wrote it in lower case. */
export function isMarkedAsSent(reason: string | undefined): boolean {
  return reason?.toLowerCase().startsWith(markedAsSent.toLowerCase()) === true;
}
