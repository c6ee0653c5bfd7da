import {
  type Condition,
  type EventPropertyName,
  eventPropertyNames,
  scopedProperty,
} from '#shared/audience/conditions.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings, Writing } from '#shared/audience/settings/settings.ts';
import type { CompiledEmail, EmailNode, SendStep, Workflow } from '#shared/audience/workflow.ts';
import {
  booleanProperties,
  type EventProperties,
  eventPropertiesSchema,
  isNumber,
  withFormattedAmounts,
} from '#shared/polar/event-properties.ts';
import { isOfOrder, type SupportedEventType } from '#shared/polar/event-types.ts';
import { type Portal, withPortal } from '#shared/polar/portal.ts';
import { eventMayHave } from './event-variables.ts';
import {
  type EmailVariables,
  type Footer,
  type RenderedEmail,
  renderEmail,
} from './render-email.ts';
import type { OutgoingMail, SendMail } from './ses.ts';
import { subscriptionAsTold } from './subscription-variables.ts';
import { testToken } from './unsubscribe-token.ts';

type Preview = Readonly<{
  kind: EmailNode['kind'];
  event: SupportedEventType;
  compiled: CompiledEmail;
  variables: EmailVariables;
  settings: Pick<Settings, 'postalAddress'> & Writing;
  brand: Brand;
  unsubscribeUrl: string;
}>;

/** An email as it would go out, but that its link to unsubscribe is nobody's, see `footerForNobody`. */
export function previewEmail(preview: Preview): RenderedEmail {
  const { kind, event, compiled, variables, settings, brand, unsubscribeUrl } = preview;
  const footer = kind === 'marketing' ? footerForNobody(settings, unsubscribeUrl) : undefined;
  const postalAddress = footer?.postalAddress ?? settings.postalAddress;
  return renderEmail(compiled, variables, footer, settings, { brand, postalAddress, event });
}

/** The link leads to the real page, which says that it was a test. */
function footerForNobody(
  { postalAddress }: Pick<Settings, 'postalAddress'>,
  unsubscribeUrl: string,
): Footer {
  return {
    unsubscribeUrl: `${unsubscribeUrl}/${testToken}`,
    postalAddress: postalAddress?.trim() ? postalAddress : '(Your postal address goes here.)',
  };
}

const dayMs = 86_400_000;

/** Made-up values for what the event of a workflow mostly has, such that the conditions hold. */
export function sampleVariables(
  { trigger: { event, conditions } }: Pick<Workflow, 'trigger'>,
  email: string,
  now: Date,
  portal?: Portal,
  brand: Brand = {},
): EmailVariables {
  const properties = sampleProperties(event, conditions, now);
  return {
    contact: {
      firstName: 'Ada',
      lastName: 'Lovelace',
      name: 'Ada Lovelace',
      email,
      externalId: 'user_42',
      userGroup: 'buyers',
    },
    event: withPortal(properties, portal, email, brand.portalUrl),
    subscription: subscriptionAsTold(properties),
  };
}

function sampleProperties(
  event: SupportedEventType,
  conditions: readonly Condition[],
  now: Date,
): EventProperties {
  const values = new Map<string, unknown>(Object.entries(usualProperties(event, now)));
  for (const name of eventPropertyNames) if (!eventMayHave(event, name)) values.delete(name);
  for (const { property, operator, value, values: [first] = [] } of conditions) {
    const { scope, name } = scopedProperty(property);
    if (scope !== 'event') continue;
    if (operator === 'is-not-set') values.delete(name);
    if (operator === 'is') values.set(name, asProperty(name, value));
    if (operator === 'is-one-of') values.set(name, asProperty(name, first));
    if (operator === 'is-set' && !values.has(name)) values.set(name, rareProperties(now)[name]);
  }
  return withFormattedAmounts(eventPropertiesSchema.parse(Object.fromEntries(values)));
}

const inDays = (now: Date, days: number) => new Date(now.getTime() + days * dayMs).toISOString();

/** One purchase as it mostly is: with what all of them have, and no more than fits together. */
function usualProperties(event: SupportedEventType, now: Date): EventProperties {
  return {
    customerId: '00000000-0000-4000-8000-000000000001',
    externalId: 'user_42',
    country: 'SE',
    locale: 'en',
    productId: '00000000-0000-4000-8000-000000000002',
    productName: 'Example Pro',
    currency: 'usd',
    subscriptionId: '00000000-0000-4000-8000-000000000004',
    interval: 'month',
    periodStart: inDays(now, 0),
    periodEnd: inDays(now, 30),
    trialEnd: inDays(now, 14),
    trialDays: 14,
    ...(isOfOrder(event) ? usualOrder(event, now) : usualSubscription(event, now)),
  };
}

function usualOrder(event: SupportedEventType, now: Date): EventProperties {
  const isRefunded = event === 'order.refunded';
  return {
    status: isRefunded ? 'refunded' : 'paid',
    ...(isRefunded ? { refundedAmount: 2375 } : { paidUntil: inDays(now, 30) }),
    subscriptionStatus: 'active',
    amount: 2375,
    chargedAmount: 2375,
    taxAmount: 475,
    priceBeforeDiscount: 1900,
    discountAmount: 0,
    billingReason: 'subscription_create',
    orderId: '00000000-0000-4000-8000-000000000003',
    orderDate: inDays(now, 0),
    invoiceNumber: 'EXAMPLE-0001',
    receiptNumber: 'RCPT-EXAMPLE-0001',
    renewsAt: inDays(now, 30),
  };
}

function usualSubscription(event: SupportedEventType, now: Date): EventProperties {
  const status = usualStatus(event);
  const goesOn = status === 'active' && event !== 'subscription.canceled';
  return {
    status,
    subscriptionStatus: status,
    amount: 1900,
    priceBeforeDiscount: 1900,
    priceKind: 'fixed',
    taxIncluded: false,
    isFirstPeriod: true,
    pauseAtPeriodEnd: false,
    endsAt: inDays(now, status === 'canceled' ? 0 : 30),
    endedAt: inDays(now, 0),
    endReason: 'planned',
    cancelAtPeriodEnd: event === 'subscription.canceled',
    cancellationReason: 'too_expensive',
    ...(goesOn && { recurringAmount: 1900, renewsAt: inDays(now, 30) }),
    ...(status === 'paused' && { resumesAt: inDays(now, 60) }),
    ...(status === 'past_due' && { pastDueSince: inDays(now, 0) }),
  };
}

/** What a purchase has only now and then; for conditions that ask for it. */
function rareProperties(now: Date): EventProperties {
  return withFormattedAmounts({
    currency: 'usd',
    balanceUsed: 500,
    balanceOwed: 500,
    creditedAmount: 500,
    discountName: 'Welcome',
    discountDuration: 'repeating',
    discountMonths: 3,
    discountAmount: 950,
    discountUntil: inDays(now, 90),
    seats: 5,
    refundedAmount: 500,
    recurringAmount: 1900,
    renewsAt: inDays(now, 30),
    pastDueSince: inDays(now, 0),
    nextPaymentAttempt: inDays(now, 2),
    resumesAt: inDays(now, 60),
  });
}

function usualStatus(event: SupportedEventType): string {
  if (event === 'subscription.past_due') return 'past_due';
  if (event === 'subscription.paused') return 'paused';
  return event === 'subscription.revoked' ? 'canceled' : 'active';
}

/** Conditions are written as text. */
function asProperty(property: EventPropertyName, value: string | undefined): unknown {
  if (isNumber(property)) return Number(value);
  return booleanProperties.includes(property) ? value === 'true' : value;
}

type Test = Readonly<{
  workflow: Pick<Workflow, 'trigger'>;
  step: Pick<SendStep, 'email' | 'compiled'>;
  to: string;
  settings: Pick<Settings, 'postalAddress'> & Writing;
  brand: Brand;
  /** Absent: the deployment has no sender of its own. */
  mailFrom: string | undefined;
  unsubscribeUrl: string;
  /** Absent: Polar is not connected. */
  portal?: Portal | undefined;
  now: Date;
}>;

type TestEmail =
  | { kind: 'made'; mail: OutgoingMail }
  /** Neither the workflow nor the deployment says from whom. */
  | { kind: 'no-sender' }
  | { kind: 'blocked'; reason: string };

/** The email of a workflow with made-up values, as it would go out but for its subject and the link to unsubscribe. */
export function testEmail(test: Test): TestEmail {
  const { workflow, step, to, settings, brand, mailFrom, unsubscribeUrl, portal, now } = test;
  const { email, compiled } = step;
  const from = email.from ?? mailFrom;
  if (from === undefined) return { kind: 'no-sender' };
  const variables = sampleVariables(workflow, to, now, portal, brand);
  const { kind } = email;
  const { event } = workflow.trigger;
  const look = { kind, event, compiled, variables, settings, brand, unsubscribeUrl };
  const rendered = previewEmail(look);
  if (rendered.kind === 'blocked') return rendered;
  const { subject, html, text } = rendered;
  const unsubscribe = footerForNobody(settings, unsubscribeUrl).unsubscribeUrl;
  return {
    kind: 'made',
    mail: {
      from,
      to,
      replyTo: email.replyTo ?? brand.supportAddress,
      subject: `[Test] ${subject}`,
      html,
      text,
      headers:
        kind === 'marketing'
          ? {
              'List-Unsubscribe': `<${unsubscribe}>`,
              'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
            }
          : {},
      ledgerKey: 'test',
    },
  };
}

type TestSending =
  | { kind: 'sent'; sesMessageId: string }
  /** Or perhaps sent after all: the sentence says it. */
  | { kind: 'not-sent'; sentence: string };

/** Sends a test once. `send` must not report to the ledger, which knows nothing of tests. */
export async function sendTestEmail(mail: OutgoingMail, send: SendMail): Promise<TestSending> {
  const result = await send(mail);
  if (result.kind === 'sent') return result;
  const sentence =
    result.kind === 'unknown'
      ? `It may have been sent, look into the mailbox: ${result.reason}`
      : `It was not sent. SES says: ${result.reason}`;
  return { kind: 'not-sent', sentence };
}
