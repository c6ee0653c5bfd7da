import { SESv2Client } from '@aws-sdk/client-sesv2';
import type { Deployment } from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { SendStep, Workflow } from '#shared/audience/workflow.ts';
import { type OutgoingMail, sesSender } from '#shared/mail/ses.ts';
import { sendTestEmail, testEmail } from '#shared/mail/test-email.ts';
import type { Portal } from '#shared/polar/portal.ts';

type Test = Readonly<{
  workflow: Workflow;
  step: SendStep;
  to: string;
  settings: Settings;
  brand: Brand;
  portal: Portal | undefined;
  deployment: Pick<Deployment, 'mailFrom' | 'unsubscribeUrl'>;
  now: Date;
}>;

/** The email of a workflow with made-up values. Throws Advice where it cannot be made. */
export function testMail({ deployment, ...test }: Test): OutgoingMail {
  const { mailFrom, unsubscribeUrl } = deployment;
  const made = testEmail({ ...test, mailFrom, unsubscribeUrl });
  switch (made.kind) {
    case 'made':
      return made.mail;
    case 'no-sender':
      throw new Advice(
        'No sender is set up. Deploy with -c mailFrom=example.com (see the README).',
      );
    case 'blocked':
      throw new Advice(`With made-up values it cannot be rendered: ${made.reason}`);
  }
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
    const sending = await sendTestEmail(mail, sesSender(client, undefined));
    if (sending.kind === 'sent') return sending.sesMessageId;
    throw new Advice(sending.sentence);
  } finally {
    client.destroy();
  }
}
