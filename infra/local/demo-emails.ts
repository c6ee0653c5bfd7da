import * as z from 'zod';
import type { LocalItems } from './local-items.ts';
import type { LocalSes } from './ses.ts';

const rowSchema = z.object({
  workflowId: z.string(),
  state: z.string(),
  reason: z.string().optional(),
  feedback: z.object({ deliveredAt: z.string().optional() }).default({}),
});

export type DemoEmail = Readonly<{
  workflowId: string;
  /** As in table Emails; `queued` before it is there. */
  state: string;
  reason: string | undefined;
  delivered: boolean;
  subject: string | undefined;
  to: string | undefined;
}>;

/** What became of the emails with these ledger keys, until now. */
export function demoEmails(
  ledgerKeys: readonly string[],
  items: LocalItems,
  ses: Pick<LocalSes, 'mailOf'> | undefined,
): Promise<DemoEmail[]> {
  return Promise.all(
    ledgerKeys.map(async (ledgerKey) => {
      const item = await items.get('Emails', { ledgerKey });
      const row = rowSchema.parse(item ?? { workflowId: ledgerKey, state: 'queued' });
      const mail = ses?.mailOf(ledgerKey);
      return {
        workflowId: row.workflowId,
        state: row.state,
        reason: row.reason,
        delivered: row.feedback.deliveredAt !== undefined,
        subject: mail?.subject,
        to: mail?.to.join(', '),
      };
    }),
  );
}

/** Nothing more is to come: it was delivered, or it was not sent and will not be. */
export function isOver({ state, delivered }: DemoEmail): boolean {
  return delivered || state === 'blocked' || state === 'failed';
}

export function emailLines(emails: readonly DemoEmail[]): string[] {
  const rows = emails.map(({ workflowId, subject, to, state, reason, delivered }) => {
    const fate = [state, delivered && 'delivered', reason].filter(Boolean).join(', ');
    return `  ${(subject ?? workflowId).padEnd(36)} ${(to ?? '').padEnd(28)} ${fate}`.trimEnd();
  });
  return [`and ${emails.length} emails (table Emails):`, '', ...rows, ''];
}
