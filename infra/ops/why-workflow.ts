import type { ConsideredWorkflow } from '#shared/audience/event-record.ts';
import type { ReportedEmail } from '#shared/aws/dynamo-email-admin.ts';
import type { FailureRow } from '#shared/aws/failure-row.ts';
import type { WhyRows } from './why-rows.ts';
import { emailFate, failureText, type WhyHow } from './why-text.ts';

type Mailed = ConsideredWorkflow &
  Readonly<{
    email: ReportedEmail | undefined;
    failures: readonly FailureRow[];
  }>;

/** What each workflow that was considered for a webhook made of it, and what became of its email. */
export async function consideredLines(
  workflows: readonly ConsideredWorkflow[],
  webhookId: string,
  rows: WhyRows,
  how: WhyHow,
): Promise<string[]> {
  const mailed = await Promise.all(workflows.map((one) => withEmail(one, rows)));
  return mailed.flatMap((one) => workflowLines(one, webhookId, how));
}

async function withEmail(one: ConsideredWorkflow, rows: WhyRows): Promise<Mailed> {
  const { ledgerKey } = one;
  if (ledgerKey === undefined) return { ...one, email: undefined, failures: [] };
  const [email, failures] = await Promise.all([
    rows.email(ledgerKey),
    rows.failures([ledgerKey, `feedback ${ledgerKey}`]),
  ]);
  return { ...one, email, failures: [...failures.values()] };
}

function workflowLines(mailed: Mailed, webhookId: string, { options }: WhyHow): string[] {
  const { workflowId, name, version, verdict, reason, ledgerKey, email } = mailed;
  const head = `workflow ${workflowId} ("${name}", version ${version})`;
  if (verdict === 'skip' || ledgerKey === undefined) {
    return [`${head}: sends nothing. ${reason ?? ''}`.trimEnd()];
  }
  const lines = [
    `${head}: asks for email ${ledgerKey}`,
    `  ${email ? emailFate(email) : 'Not in the ledger yet: it is on its way, or dead.'}`,
  ];
  if (email && email.webhookId !== webhookId) {
    lines.push(
      `  The key is that of webhook ${email.webhookId}: the workflow mails once for both.`,
    );
  }
  lines.push(...mailed.failures.map((failure) => `  ${failureText(failure)}`));
  if (!email) lines.push(`  npm run deadletters -- show ${ledgerKey}${options}`);
  else if (email.state !== 'sent') lines.push(`  npm run emails -- show ${ledgerKey}${options}`);
  return lines;
}
