import type { Deployment } from '#infra/commands/deployment/deployment.ts';
import {
  addressedDocument,
  emailDocument,
  emailLines,
  emailListLines,
  type Recipient,
  recipientOf,
} from '#infra/commands/words.ts';
import { oneNamed } from '#infra/commands/workflows/short-ids.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { Output } from '#infra/terminal/output.ts';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { oneLine } from '#shared/safe-text.ts';
import { holdText } from '#shared/status/concerns.ts';
import type { KeptCustomer } from '#shared/store/audience/contact-lookup.ts';
import { keysAtOnce } from '#shared/store/dynamo.ts';
import type { HeldCount } from '#shared/store/mail/due-emails.ts';
import {
  canBeMarkedSent,
  canBeSentAgain,
  type EmailAdmin,
  type EmailFilter,
  type ReportedEmail,
  type Settled,
  settleEmail,
} from '#shared/store/mail/emails.ts';
import type { HoldStore } from '#shared/store/mail/hold.ts';

export type EmailParts = Readonly<{
  emails: EmailAdmin;
  workflows: () => Promise<Workflow[]>;
  /** Those of these customers who are known, with the contact that shows each; at most `keysAtOnce` at a time. */
  customers: (customerIds: readonly string[]) => Promise<readonly KeptCustomer[]>;
  hold: HoldStore;
  /** About how many emails are held. */
  countHeld: () => Promise<HeldCount>;
  now: () => Date;
  /** Puts a message into the mail queue. */
  queue: (message: MailMessage) => Promise<unknown>;
  deployment: Pick<Deployment, 'options'>;
  /** Who runs the command. */
  person: string;
}> &
  Output;

/** What `npm run emails` does, one function for each verb. All throw Advice about what cannot be done. */
export function emailVerbs({
  emails,
  workflows,
  customers,
  hold,
  countHeld,
  now,
  queue,
  deployment,
  person,
  print,
  document,
}: EmailParts) {
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

  /** The ledger keeps emails of workflows that are gone, so an id that none has is taken as it is. */
  async function meant(filter: EmailFilter): Promise<EmailFilter> {
    const { workflowId } = filter;
    if (workflowId === undefined) return filter;
    const workflow = oneNamed(await workflows(), workflowId);
    return { ...filter, workflowId: workflow?.workflowId ?? workflowId };
  }

  /** To whom each is. The ledger names no address, so this is the one that the contact has now. */
  async function addressed(
    found: readonly ReportedEmail[],
  ): Promise<(ReportedEmail & Recipient)[]> {
    const ids = [...new Set(found.map(({ customerId }) => customerId))];
    const known = new Map<string, KeptCustomer>();
    for (let start = 0; start < ids.length; start += keysAtOnce) {
      for (const one of await customers(ids.slice(start, start + keysAtOnce))) {
        known.set(one.customer.customerId, one);
      }
    }
    return found.map((email) => ({ ...email, ...recipientOf(known.get(email.customerId)) }));
  }

  return {
    async list(filter: EmailFilter, limit: number) {
      const found = await addressed(await emails.list(await meant(filter), limit));
      if (document) return document({ emails: found.map(addressedDocument) });
      if (found.length === 0) return print('No matching emails.');
      print(emailListLines(found).join('\n'));
      if (found.length === limit) print(`\nThese are the newest ${limit}; --limit shows more.`);
      const unknown = found.find(({ state }) => state === 'unknown');
      if (unknown) print(`\nUnknown ones need a decision:\n${npm(`show ${unknown.ledgerKey}`)}`);
    },

    async show(ledgerKey: string) {
      const email = await known(ledgerKey);
      if (document) return document(emailDocument(email));
      const ways = waysOut(email);
      print(emailLines(email).join('\n'));
      if (ways.length > 0) print(`\nNext:\n${ways.join('\n')}`);
    },

    async markSent(ledgerKey: string) {
      settledOrAdvice(await settle.markSent(ledgerKey, person));
      print("The email is marked as sent. It won't be sent again.");
    },

    async hold(why: string) {
      const reason = oneLine(why);
      if (!(await hold.hold(reason, person, now().toISOString()))) {
        const held = await hold.read();
        const since = held ? `${holdText(held)}. ` : '';
        throw new Advice(`${since}Nothing was changed.`);
      }
      print('All mail is held. This applies within two seconds.');
      print(
        'Events are still recorded; their emails are held. Tests that you send yourself still go out.',
      );
      print(`To release them:\n${npm('release')}`);
    },

    async release() {
      if (!(await hold.release(person, now().toISOString()))) {
        throw new Advice("Mail isn't held. Nothing was changed.");
      }
      const heldNow = await countHeld();
      if (heldNow.count === 0) return print('All mail is released. No email was held.');
      print(
        `All mail is released. ${heldText(heldNow)} checked and sent once, within a minute, or longer if many were held.`,
      );
      print("Those whose event is older than their workflow's maxAgeHours end as blocked.");
      print(`To see which are left:\n${npm('list --state waiting')}`);
    },

    async sendAgain(ledgerKey: string) {
      settledOrAdvice(await settle.sendAgain(ledgerKey, person));
      print("It's queued again, and goes out unless something still blocks it.");
      print(`To see what happened to it:\n${npm(`show ${ledgerKey}`)}`);
    },
  };
}

function heldText({ count, isMore }: HeldCount): string {
  if (isMore) return `More than ${count} held emails are`;
  return count === 1 ? '1 held email is' : `${count} held emails are`;
}

function settledOrAdvice(settled: Settled): void {
  if (settled.kind === 'refused') throw new Advice(settled.reason);
  if (settled.kind === 'not-queued') {
    throw new Advice(`${settled.reason} To try now, run the same command again.`, {
      cause: settled.cause,
    });
  }
}
