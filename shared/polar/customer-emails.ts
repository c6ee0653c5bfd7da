import * as z from 'zod/mini';

/** Every mail that Polar can send to customers itself, by the names of its switches. All are on unless switched off. */
export const customerEmailKeys = [
  'order_confirmation',
  'subscription_confirmation',
  'subscription_cycled',
  'subscription_cycled_after_trial',
  'subscription_updated',
  'subscription_past_due',
  'subscription_cancellation',
  'subscription_uncanceled',
  'subscription_revoked',
  'subscription_paused',
  'subscription_resumed',
  'subscription_renewal_reminder',
  'subscription_trial_conversion_reminder',
  'payment_method_expiration_reminder',
] as const;
export type CustomerEmailKey = (typeof customerEmailKeys)[number];

/** Polar's switches as it gives them. A switch that is new in Polar has a name that is not among ours. */
export type CustomerEmails = Readonly<Record<string, boolean>>;

export const seenEmailsSchema = z.object({
  switches: z.record(z.string(), z.boolean()),
  seenAt: z.string(),
});

/** The switches as a person, or watch for the first time, last saw them. */
export type SeenEmails = z.infer<typeof seenEmailsSchema>;

/** What of the settings is on or off. Anything else says nothing, and is left out. */
export function customerEmailsOf(settings: Readonly<Record<string, unknown>>): CustomerEmails {
  return Object.fromEntries(
    Object.entries(settings).filter(
      (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
    ),
  );
}

export type Switch = 'on' | 'off' | 'unknown';

/** How a switch is; one that Polar does not tell is unknown, never taken for its default. */
export function switchOf(emails: CustomerEmails | undefined, key: string): Switch {
  if (!emails || !Object.hasOwn(emails, key)) return 'unknown';
  return emails[key] ? 'on' : 'off';
}

export type ChangedSwitch = Readonly<{ key: string; from: Switch; to: Switch }>;

/** Every switch that is another one now, those included that came or went. */
export function changedSwitches(before: CustomerEmails, now: CustomerEmails): ChangedSwitch[] {
  const keys = [...new Set([...customerEmailKeys, ...Object.keys(before), ...Object.keys(now)])];
  return keys
    .map((key) => ({ key, from: switchOf(before, key), to: switchOf(now, key) }))
    .filter(({ from, to }) => from !== to);
}
