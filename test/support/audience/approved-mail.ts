import type { Known } from '#functions/mailer/situation.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import {
  type CompiledEmail,
  type EmailNode,
  firstSend,
  plainSteps,
  type Workflow,
} from '#shared/audience/workflow.ts';

/** What the mailer knows of an email that nothing stands against. */
export function approvedMail(happened = new Date('2026-11-23T11:58:00.000Z')): Known {
  const at = '2026-11-23T11:59:00.000Z';
  const email = normalisedEmail('ann@example.com');
  return {
    settings: { ...defaultSettings, postalAddress: 'Shop, Main Street 1, Springfield' },
    suppression: undefined,
    customer: { customerId: 'c1', addresses: [email] },
    contact: {
      contactId: 'contact-1',
      email,
      address: 'Ann@example.com',
      customerId: 'c1',
      createdAt: at,
      updatedAt: at,
      source: 'Polar webhook',
      consent: {},
      subscribed: true,
    },
    record: {
      webhookId: 'evt-1',
      type: 'customer.created',
      occurredAt: happened.toISOString(),
      receivedAt: at,
      outcome: 'applied',
      changes: [],
      settingsVersion: 0,
      customerId: 'c1',
      properties: { customerId: 'c1' },
    },
    workflow: {
      workflowId: 'welcome',
      version: 1,
      name: 'Welcome',
      status: 'active',
      trigger: { event: 'customer.created', conditions: [] },
      frequency: 'once-per-contact',
      maxAgeHours: 72,
      ...plainSteps(
        { kind: 'marketing', subject: 'Hello', preheader: '', body: 'Hello' },
        { subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' },
      ),
      createdAt: at,
      updatedAt: at,
    },
  };
}

/** The workflow with another email. */
export function mailing(
  workflow: Workflow,
  email: Partial<EmailNode>,
  compiled: Partial<CompiledEmail> = {},
): Workflow {
  const before = firstSend(workflow);
  const steps = plainSteps({ ...before.email, ...email }, { ...before.compiled, ...compiled });
  return { ...workflow, ...steps };
}
