import type { EmailAdmin, ReportedEmail } from './dynamo-email-admin.ts';
import type { MailMessage } from './mail-message.ts';
import { reasonOf } from './reason.ts';

export type Settled =
  | { kind: 'done' }
  /** Nothing was changed; `reason` is a sentence. */
  | { kind: 'refused'; reason: string }
  /** Free to be sent, but the queue did not take the message: the same once more does the rest. */
  | { kind: 'not-queued'; reason: string; cause: unknown };

export const canBeMarkedSent: readonly ReportedEmail['state'][] = ['unknown'];
export const canBeSentAgain: readonly ReportedEmail['state'][] = ['unknown', 'blocked', 'failed'];

/** What a person does about an email that waits for one. `queue` puts a message into the mail queue. */
export function settleEmail(
  emails: Pick<EmailAdmin, 'find' | 'markSent' | 'sendAgain'>,
  queue: (message: MailMessage) => Promise<unknown>,
) {
  async function refused(ledgerKey: string, wanted: string): Promise<Settled> {
    const email = await emails.find(ledgerKey);
    const reason = email
      ? `Nothing was changed: the email is ${email.state}, and only ${wanted}.`
      : `The ledger has no email ${ledgerKey}, so nothing was changed.`;
    return { kind: 'refused', reason };
  }

  return {
    /** It went out: it counts as sent, and is never sent again. */
    async markSent(ledgerKey: string, by: string): Promise<Settled> {
      if (await emails.markSent(ledgerKey, by)) return { kind: 'done' };
      return refused(ledgerKey, 'an unknown one can be marked as sent');
    },

    /** It has to go out. The mailer still judges whether it may. Safe to repeat until the attempt is made. */
    async sendAgain(ledgerKey: string, by: string): Promise<Settled> {
      const email = await emails.sendAgain(ledgerKey, by);
      if (!email) {
        return refused(ledgerKey, 'one that is unknown, blocked or failed can be sent again');
      }
      // In this order: a message that came first would find the email settled and be gone.
      try {
        await queue(email);
        return { kind: 'done' };
      } catch (cause) {
        const reason = `The email is marked to be sent again, but the queue did not take it (${reasonOf(cause)}).`;
        return { kind: 'not-queued', reason, cause };
      }
    },
  };
}
