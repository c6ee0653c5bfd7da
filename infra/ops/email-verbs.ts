import { Advice } from '#infra/local/advice.ts';
import type { EmailAdmin, EmailFilter, ReportedEmail } from '#shared/aws/dynamo-email-admin.ts';
import type { MailMessage } from '#shared/aws/mail-message.ts';
import {
  canBeMarkedSent,
  canBeSentAgain,
  type Settled,
  settleEmail,
} from '#shared/aws/settle-email.ts';
import type { Deployment } from './deployment.ts';
import { emailLines, emailListLines } from './email-text.ts';

export type EmailParts = Readonly<{
  emails: EmailAdmin;
  /** Puts a message into the mail queue. */
  queue: (message: MailMessage) => Promise<unknown>;
  deployment: Pick<Deployment, 'options'>;
  /** Who runs the command. */
  person: string;
  print: (line: string) => void;
}>;

/** What `npm run emails` does, one function for each verb. All throw Advice about what cannot be done. */
export function emailVerbs({ emails, queue, deployment, person, print }: EmailParts) {
  const settle = settleEmail(emails, queue);
  const npm = (command: string) => `  npm run emails -- ${command}${deployment.options}`;
  const waysOut = ({ state, ledgerKey }: Pick<ReportedEmail, 'state' | 'ledgerKey'>) => [
    ...(canBeMarkedSent.includes(state) ? [npm(`mark-sent ${ledgerKey}`)] : []),
    ...(canBeSentAgain.includes(state) ? [npm(`send-again ${ledgerKey}`)] : []),
  ];

  async function known(ledgerKey: string): Promise<ReportedEmail> {
    const email = await emails.find(ledgerKey);
    if (email) return email;
    throw new Advice(
      `The ledger has no email ${ledgerKey}. Its keys have 43 characters; "list" shows them.`,
    );
  }

  return {
    async list(filter: EmailFilter, limit: number) {
      const found = await emails.list(filter, limit);
      if (found.length === 0) return print('There are no such emails.');
      print(emailListLines(found).join('\n'));
      if (found.length === limit) print(`\nThese are the newest ${limit}; --limit shows more.`);
      const unknown = found.find(({ state }) => state === 'unknown');
      if (unknown) print(`\nUnknown ones wait for a person:\n${npm(`show ${unknown.ledgerKey}`)}`);
    },

    async show(ledgerKey: string) {
      const email = await known(ledgerKey);
      const ways = waysOut(email);
      print(emailLines(email).join('\n'));
      if (ways.length > 0) print(`\nNext:\n${ways.join('\n')}`);
    },

    async markSent(ledgerKey: string) {
      settledOrAdvice(await settle.markSent(ledgerKey, person));
      print('The email counts as sent now. It will not be sent again.');
    },

    async sendAgain(ledgerKey: string) {
      settledOrAdvice(await settle.sendAgain(ledgerKey, person));
      print('It is queued again, and goes out unless something still speaks against it.');
      print(`To see what became of it:\n${npm(`show ${ledgerKey}`)}`);
    },
  };
}

function settledOrAdvice(settled: Settled): void {
  if (settled.kind === 'refused') throw new Advice(settled.reason);
  if (settled.kind === 'not-queued') {
    throw new Advice(`${settled.reason} Run the same command again.`, { cause: settled.cause });
  }
}
