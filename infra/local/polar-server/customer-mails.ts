/** The emails that Polar itself sends to customers, by the switch that an organization has for each. */
export const mailSettings = [
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

export type MailSetting = (typeof mailSettings)[number];

const subjects: Readonly<Record<MailSetting, (product: string) => string>> = {
  order_confirmation: (product) => `${product} order confirmation`,
  subscription_confirmation: (product) => `Your ${product} subscription`,
  subscription_cycled: (product) => `Your ${product} subscription has been renewed`,
  subscription_cycled_after_trial: (product) => `Your ${product} subscription is now active`,
  subscription_updated: (product) => `Your subscription has changed to ${product}`,
  subscription_past_due: (product) => `Your ${product} payment failed`,
  subscription_cancellation: (product) => `Your ${product} subscription cancellation`,
  subscription_uncanceled: (product) => `Your ${product} subscription is uncanceled`,
  subscription_revoked: (product) => `Your ${product} subscription has ended`,
  subscription_paused: (product) => `Your ${product} subscription is paused`,
  subscription_resumed: (product) => `Your ${product} subscription has resumed`,
  subscription_renewal_reminder: (product) => `Your ${product} subscription renews soon`,
  subscription_trial_conversion_reminder: (product) => `Your ${product} trial is ending soon`,
  payment_method_expiration_reminder: () => 'Your card expires soon',
};

/** What Polar writes in the subject, in meaning. */
export function mailSubject(setting: MailSetting, product: string): string {
  return subjects[setting](product);
}

/** The settings of an organization as its API shows them. One that a stored row lacks is on. */
export function mailSettingsOf(stored: Readonly<Record<string, boolean>> = {}) {
  const usual = mailSettings.map((name): [string, boolean] => [name, true]);
  return { ...Object.fromEntries(usual), ...stored };
}
