import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import {
  bounce,
  complaint,
  delivery,
  sesNotification,
} from '#test/stack/functions/feedback/ses-notification.ts';
import { actOn } from './history-of-customers.ts';
import type { Life } from './life.ts';

type Mail = Awaited<ReturnType<Life['mailOf']>>;

/** An email in every state of the ledger. Gives them by state, with the messages that are still on their way. */
export async function historyOfMails(life: Life): Promise<Record<string, Mail>> {
  const { stack, happens, mailedWhile, mailOf } = life;
  const sent = async (name: string) => mailOf(name, await happens('order.paid', name));
  const during = async (mood: Parameters<typeof mailedWhile>[0], name: string) =>
    mailOf(name, await mailedWhile(mood, 'order.paid', name));

  const delivered = await sent('delia');
  await hears(life, delivery(asSent(stack, delivered), new Date().toISOString()));
  const bounced = await sent('pete');
  const at = new Date().toISOString();
  await hears(life, bounce(asSent(stack, bounced), 'Permanent', { at }));
  const wrongly = await sent('lars');
  await hears(life, bounce(asSent(stack, wrongly), 'Permanent', { at }));
  await actOn(life, 'lars', 'lift-bounce');
  const complained = await sent('olga');
  await hears(life, complaint(asSent(stack, complained), { at }));
  const rejected = await during('lost', 'rita');
  const reject = { reject: { reason: 'Bad content' } };
  await hears(life, sesNotification('Reject', asSent(stack, rejected), reject));
  await stack.take('MailQueue');
  return {
    sent: await sent('sara'),
    delivered,
    bounced,
    complained,
    rejected,
    blocked: await sent('pete'),
    delivering: await sent('dirk'),
    bouncing: await sent('berta'),
    complaining: await sent('carl'),
    failed: await during('reject', 'fritz'),
    // From here on messages stay on the queue.
    unknown: await during('lost', 'vic'),
    waiting: await during('throttle', 'wes'),
    reserved: await reserved(life),
  };
}

/** A mailer took the key, and was gone before it had called SES. */
async function reserved(life: Life): Promise<Mail> {
  const { stack } = life;
  const webhook = await life.sends('order.paid', 'yan');
  await stack.work('EventsQueue');
  const mail = await life.mailOf('yan', webhook);
  const { email, ledgerKey, workflowId, workflowVersion, webhookId, customerId } = mail;
  const ledger = dynamoEmails(stack.db, stack.tables['Emails'] ?? '', () => new Date());
  const identity = { ledgerKey, workflowId, workflowVersion, webhookId, customerId };
  const contactId = await life.contactIdOf('yan');
  await ledger.reserve(
    { ...identity, contactId },
    {
      token: 'f2a5c0de-0000-4000-8000-000000000001',
      leaseUntil: new Date(Date.now() + 120_000).toISOString(),
      addressHash: (await stack.parts.addressHash())(email),
    },
  );
  return mail;
}

/** An email as SES speaks of it. */
export function asSent(
  { ses }: Life['stack'],
  { ledgerKey, email }: Pick<Mail, 'ledgerKey' | 'email'>,
) {
  const messageId = ses.sent.find((one) => one.ledgerKey === ledgerKey)?.messageId ?? 'ses-0';
  return { ledgerKey, to: email, messageId, timestamp: new Date().toISOString() };
}

async function hears({ stack }: Life, notification: string) {
  await stack.send('FeedbackQueue', notification);
  await stack.work('FeedbackQueue');
}
