import type { NormalisedEmail } from '#shared/audience/person/address.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Counted, Email } from './email.ts';
import type { MailVerdict } from './judge-mail.ts';

/** Providers that ignore dots before the `@`, and the name under which each of them has its mailboxes. */
const withoutDots: ReadonlyMap<string, string> = new Map([
  ['gmail.com', 'gmail.com'],
  ['googlemail.com', 'gmail.com'],
  ['proton.me', 'proton.me'],
  ['protonmail.com', 'proton.me'],
  ['pm.me', 'proton.me'],
]);

/**
 * The mailbox that an address reaches: without `+tag`, and without dots where the provider ignores them. For counting
 * alone: contacts stay as many as there are addresses.
 */
export function mailboxOf(email: NormalisedEmail): string {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  const name = email.slice(0, at).replace(/(?<=.)\+.*$/, '');
  const provider = withoutDots.get(domain);
  if (provider === undefined) return `${name}@${domain}`;
  return `${name.replaceAll('.', '')}@${provider}`;
}

/** How much marketing a mailbox gets in a day at most; the settings say how many emails in all. */
export const mostMarketingADay = 2;

/** Within what an email must fit, to be sent. */
export type Quota = Counted & Readonly<{ mails: number }>;

const dayOf = (now: Date) => now.toISOString().slice(0, 10);

type Approved = Extract<MailVerdict, { kind: 'send' }>;

/** Whether an email counts: all do but receipts of what was paid, which a stranger who floods a mailbox would have to pay for. */
export function isCounted({ step, record: { type, properties } }: Approved): boolean {
  const { chargedAmount, amount } = properties;
  const isPaid = Number(chargedAmount ?? amount ?? 0) > 0;
  return !(type === 'order.paid' && step.email.kind === 'transactional' && isPaid);
}

/**
 * Whether it tells of a payment that failed. A stranger can use up the share of a mailbox with checkouts that cost
 * nothing; the customer must hear of this all the same, so that a second share is there for it alone.
 */
function isOfFailedPayment({ step, record: { type } }: Approved): boolean {
  return type === 'subscription.past_due' && step.email.kind === 'transactional';
}

/** What an email counts for: the mailbox by its keyed hash, and the day in UTC. */
export function quotaOf(
  approved: Approved,
  { dailyLimit }: Settings,
  mailboxHash: string,
  now: Date,
): Quota {
  return {
    key: `${mailboxHash}#${dayOf(now)}`,
    isMarketing: approved.step.email.kind === 'marketing',
    mails: isOfFailedPayment(approved) ? 2 * dailyLimit : dailyLimit,
  };
}

/** What an email that waits was counted for, if that was on this day. */
export function countedToday(email: Email | undefined, now: Date): Counted | undefined {
  const counted = email?.state === 'waiting' ? email.counted : undefined;
  return counted?.key.endsWith(`#${dayOf(now)}`) ? counted : undefined;
}

/** Why an email is not sent whose mailbox has had its share. */
export function fullReason(
  { mails }: Quota,
  reserved: 'full of mails' | 'full of marketing',
): string {
  const had =
    reserved === 'full of marketing'
      ? `${mostMarketingADay} marketing emails`
      : `${mails} ${mails === 1 ? 'email' : 'emails'}`;
  return `This mailbox has had ${had} today (UTC), the most that it gets in a day.`;
}
