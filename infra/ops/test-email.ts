import { SESv2Client } from '@aws-sdk/client-sesv2';
import { Advice } from '#infra/local/advice.ts';
import type { Settings } from '#shared/audience/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type OutgoingMail, sesSender } from '#shared/aws/ses-sender.ts';
import { renderEmail } from '#shared/mail/render-email.ts';
import { sampleVariables } from '#shared/mail/sample-variables.ts';
import type { Deployment } from './deployment.ts';

type Test = Readonly<{
  workflow: Workflow;
  to: string;
  settings: Settings;
  deployment: Pick<Deployment, 'mailFrom' | 'unsubscribeUrl'>;
  now: Date;
}>;

/**
 * The email of a workflow with made-up values, as it would go out but for its subject. Its unsubscribe link leads to
 * the real page, which takes the token for a mangled one. Throws Advice where it cannot be made.
 */
export function testEmail({ workflow, to, settings, deployment, now }: Test): OutgoingMail {
  const { email, compiled } = workflow;
  const from = email.from ?? deployment.mailFrom;
  if (from === undefined) {
    throw new Advice('No sender is set up. Deploy with -c mailFrom=example.com (see the README).');
  }
  const isMarketing = email.kind === 'marketing';
  const unsubscribeUrl = `${deployment.unsubscribeUrl}/test`;
  const postalAddress = settings.postalAddress ?? '(Here stands your postal address.)';
  const footer = isMarketing ? { unsubscribeUrl, postalAddress } : undefined;
  const rendered = renderEmail(compiled, sampleVariables(workflow, to, now), footer);
  if (rendered.kind === 'blocked') {
    throw new Advice(`With made-up values it cannot be rendered: ${rendered.reason}`);
  }
  const { subject, html, text } = rendered;
  return {
    from,
    to,
    replyTo: email.replyTo,
    subject: `[Test] ${subject}`,
    html,
    text,
    headers: isMarketing
      ? {
          'List-Unsubscribe': `<${unsubscribeUrl}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }
      : {},
    ledgerKey: 'test',
  };
}

/**
 * Sends it once, past the ledger and without the configuration set, so that nobody waits for news of it. Gives SES's
 * message id. Throws Advice where SES does not take it.
 */
export async function sendTest(
  mail: OutgoingMail,
  config: Deployment['clientConfigs']['sesv2'],
): Promise<string> {
  const client = new SESv2Client({ ...config, maxAttempts: 1 });
  try {
    const result = await sesSender(client, undefined)(mail);
    if (result.kind === 'sent') return result.sesMessageId;
    throw new Advice(
      result.kind === 'unknown'
        ? `It may have been sent, look into the mailbox: ${result.reason}`
        : `It was not sent. SES says: ${result.reason}`,
    );
  } finally {
    client.destroy();
  }
}
