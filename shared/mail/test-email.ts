import type { Settings } from '../audience/settings.ts';
import type { Workflow } from '../audience/workflow.ts';
import type { OutgoingMail, SendMail } from '../aws/ses-sender.ts';
import { footerForNobody, previewEmail } from './preview-email.ts';
import { sampleVariables } from './sample-variables.ts';

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
