import { isDeepStrictEqual } from 'node:util';
import type { SQSRecord } from 'aws-lambda';
import { bounce, complaint, delivery } from '#test/stack/functions/feedback/ses-notification.ts';
import { actOn } from './history-of-customers.ts';
import { asSent } from './history-of-mails.ts';
import type { Life } from './life.ts';
import type { KeptMessage } from './version-folder.ts';

type Mails = Readonly<Record<string, { ledgerKey: string; email: string; webhookId: string }>>;

const deadLetters = ['EventsDeadLetters', 'MailDeadLetters', 'FeedbackDeadLetters'];

/** One message of each kind on each queue, as at the moment of an upgrade; what was on the mail queue is among them. */
export async function messagesOnTheirWay(life: Life, mails: Mails): Promise<KeptMessage[]> {
  const { stack } = life;
  const kept: KeptMessage[] = [];
  const take = async (queue: string) => {
    const records = await stack.take(queue);
    kept.push(...records.map((record) => keptMessage(queue, record)));
    return records;
  };
  const mailsLeft = await take('MailQueue');
  await failsForNow(life, mailsLeft, mails['reserved']?.ledgerKey ?? '');
  await unreadable(life);
  for (const queue of deadLetters) await take(queue);

  await askedByHand(life, mails['sent']?.webhookId ?? '');
  await stack.handle('EventsQueue', await take('EventsQueue'));
  await take('EventsQueue');
  await take('MailQueue');
  await life.happens('customer.created', 'otto', { isNew: true });
  await life.sends('order.paid', 'inka');
  await stack.work('EventsQueue');
  await take('MailQueue');
  await actOn(life, 'otto', 'erase');

  await life.sends('customer.created', 'ingo', { isNew: true });
  await life.sends('customer.created', 'inge', { isNew: true, name: 'Inge 🌻 Example' });
  const manyWords = { metadata: { note: 'long '.repeat(220_000) } };
  await life.sends('customer.created', 'igor', { isNew: true, changed: manyWords });
  await take('EventsQueue');

  const at = new Date().toISOString();
  for (const [state, notification] of [
    ['delivering', (mail: ReturnType<typeof asSent>) => delivery(mail, at)],
    ['bouncing', (mail: ReturnType<typeof asSent>) => bounce(mail, 'Permanent', { at })],
    ['complaining', (mail: ReturnType<typeof asSent>) => complaint(mail, { at })],
  ] as const) {
    const mail = mails[state];
    if (mail) await stack.send('FeedbackQueue', notification(asSent(stack, mail)));
  }
  await take('FeedbackQueue');
  return kept.filter(
    (message, index) => kept.findIndex((other) => isDeepStrictEqual(other, message)) === index,
  );
}

/** Another mailer has just reserved this email, so that it is tried again later, for a reason that is kept. */
async function failsForNow({ stack }: Life, mails: readonly SQSRecord[], ledgerKey: string) {
  const meant = mails.filter(({ body }) => body.includes(ledgerKey));
  const failed = await stack.handle('MailQueue', meant);
  if (failed.length !== 1) throw new Error('The reserved email did not have to wait.');
}

/** Messages that no function can read end in the dead letters of each queue. */
async function unreadable(life: Life) {
  const { stack } = life;
  const body = JSON.stringify({ type: 'order.paid', timestamp: 'yesterday', data: {} });
  await life.posts({ webhookId: 'made-up-unreadable', body });
  await stack.work('EventsQueue');
  await stack.send('MailQueue', 'no mail');
  await stack.work('MailQueue');
  await stack.send('FeedbackQueue', '{"hello": "world"}');
  await stack.work('FeedbackQueue');
}

/** A person asks for the erasure of a customer who has moved, and for a replay. */
async function askedByHand(life: Life, webhookId: string) {
  await life.happens('order.paid', 'ivan');
  await life.happens('customer.updated', 'ivan', { email: 'ivan@moved.example' });
  await actOn(life, 'ivan', 'erase');
  const replay = { act: 'replay', triggers: 'on', again: 'on' };
  await life.posted(`/console/events/${webhookId}`, replay);
}

function keptMessage(queue: string, { body, messageAttributes }: SQSRecord): KeptMessage {
  const attributes = Object.entries(messageAttributes).map(([name, { stringValue = '' }]) => [
    name,
    stringValue,
  ]);
  return { queue, body, attributes: Object.fromEntries(attributes) };
}
