import type { Settings } from '#shared/audience/settings.ts';
import {
  type CompiledEmail,
  type Condition,
  type EmailNode,
  eventPropertyNames,
  type Workflow,
} from '#shared/audience/workflow.ts';
import { type EventProperties, eventPropertiesSchema } from '#shared/polar/event-properties.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { eventMayHave } from './event-variables.ts';
import {
  type EmailVariables,
  type Footer,
  type RenderedEmail,
  renderEmail,
} from './render-email.ts';
import type { OutgoingMail, SendMail } from './ses.ts';

type Preview = Readonly<{
  kind: EmailNode['kind'];
  compiled: CompiledEmail;
  variables: EmailVariables;
  settings: Pick<Settings, 'postalAddress'>;
  unsubscribeUrl: string;
}>;

/** An email as it would go out, but that its link to unsubscribe is nobody's, see `footerForNobody`. */
export function previewEmail(preview: Preview): RenderedEmail {
  const { kind, compiled, variables, settings, unsubscribeUrl } = preview;
  const footer = kind === 'marketing' ? footerForNobody(settings, unsubscribeUrl) : undefined;
  return renderEmail(compiled, variables, footer);
}

/** The link leads to the real page, which takes its token for a mangled one. */
export function footerForNobody(
  { postalAddress }: Pick<Settings, 'postalAddress'>,
  unsubscribeUrl: string,
): Footer {
  return {
    unsubscribeUrl: `${unsubscribeUrl}/test`,
    postalAddress: postalAddress?.trim() ? postalAddress : '(Here stands your postal address.)',
  };
}

const dayMs = 86_400_000;

/** Made-up values for everything that the event of a workflow may have, such that the conditions hold. */
export function sampleVariables(
  { trigger: { event, conditions } }: Pick<Workflow, 'trigger'>,
  email: string,
  now: Date,
): EmailVariables {
  return {
    contact: {
      firstName: 'Ada',
      lastName: 'Lovelace',
      name: 'Ada Lovelace',
      email,
      externalId: 'user_42',
      userGroup: 'buyers',
    },
    event: sampleProperties(event, conditions, now),
  };
}

function sampleProperties(
  event: SupportedEventType,
  conditions: readonly Condition[],
  now: Date,
): EventProperties {
  const values = new Map<string, unknown>(Object.entries(usualProperties(event, now)));
  for (const name of eventPropertyNames) if (!eventMayHave(event, name)) values.delete(name);
  for (const { property, operator, value } of conditions) {
    if (operator === 'is-not-set') values.delete(property);
    if (operator === 'is') values.set(property, asProperty(property, value));
  }
  return eventPropertiesSchema.parse(Object.fromEntries(values));
}

function usualProperties(event: SupportedEventType, now: Date): Required<EventProperties> {
  const inDays = (days: number) => new Date(now.getTime() + days * dayMs).toISOString();
  return {
    customerId: '00000000-0000-4000-8000-000000000001',
    externalId: 'user_42',
    productId: '00000000-0000-4000-8000-000000000002',
    productName: 'Example Pro',
    amount: 1900,
    formattedAmount: '$19.00',
    currency: 'usd',
    billingReason: 'subscription_create',
    orderId: '00000000-0000-4000-8000-000000000003',
    invoiceNumber: 'EXAMPLE-0001',
    subscriptionId: '00000000-0000-4000-8000-000000000004',
    status: usualStatus(event),
    interval: 'month',
    periodEnd: inDays(30),
    trialEnd: inDays(14),
    endsAt: inDays(30),
    endedAt: inDays(0),
    cancelAtPeriodEnd: event === 'subscription.canceled',
    cancellationReason: 'too_expensive',
  };
}

function usualStatus(event: SupportedEventType): string {
  switch (event) {
    case 'order.paid':
      return 'paid';
    case 'subscription.past_due':
      return 'past_due';
    case 'subscription.revoked':
      return 'canceled';
    default:
      return 'active';
  }
}

/** Conditions are written as text. */
function asProperty(property: Condition['property'], value: string | undefined): unknown {
  if (property === 'amount') return Number(value);
  return property === 'cancelAtPeriodEnd' ? value === 'true' : value;
}

type Test = Readonly<{
  workflow: Pick<Workflow, 'trigger' | 'email' | 'compiled'>;
  to: string;
  settings: Pick<Settings, 'postalAddress'>;
  /** Absent: the deployment has no sender of its own. */
  mailFrom: string | undefined;
  unsubscribeUrl: string;
  now: Date;
}>;

export type TestEmail =
  | { kind: 'made'; mail: OutgoingMail }
  /** Neither the workflow nor the deployment says from whom. */
  | { kind: 'no-sender' }
  | { kind: 'blocked'; reason: string };

/** The email of a workflow with made-up values, as it would go out but for its subject and the link to unsubscribe. */
export function testEmail(test: Test): TestEmail {
  const { workflow, to, settings, mailFrom, unsubscribeUrl, now } = test;
  const { email, compiled } = workflow;
  const from = email.from ?? mailFrom;
  if (from === undefined) return { kind: 'no-sender' };
  const variables = sampleVariables(workflow, to, now);
  const { kind } = email;
  const rendered = previewEmail({ kind, compiled, variables, settings, unsubscribeUrl });
  if (rendered.kind === 'blocked') return rendered;
  const { subject, html, text } = rendered;
  const unsubscribe = footerForNobody(settings, unsubscribeUrl).unsubscribeUrl;
  return {
    kind: 'made',
    mail: {
      from,
      to,
      replyTo: email.replyTo,
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

export type TestSending =
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
