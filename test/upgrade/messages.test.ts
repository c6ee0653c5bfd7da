import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fedFrom } from './stack-in-process.ts';
import { startUpgraded, type Upgraded } from './upgraded-stack.ts';
import { type KeptMessage, keptVersion, keptVersions } from './version-folder.ts';

const deadLetters = ['EventsDeadLetters', 'MailDeadLetters', 'FeedbackDeadLetters'];

describe.each(keptVersions)('of what was on its way in version %s,', (version) => {
  const { messages, story } = keptVersion(version);
  const onTheirWay = messages.filter(({ queue }) => queue in fedFrom);

  let upgraded: Upgraded;
  beforeAll(async () => {
    upgraded = await startUpgraded(version);
  });
  afterAll(() => upgraded?.stop());

  const mail = (state: string) =>
    upgraded.stack.parts.emails.find(story.mails[state]?.ledgerKey ?? '');
  const contact = (name: string) => upgraded.contactAt(story.customers[name]?.email ?? '');

  it('there are messages of each kind', () => {
    expect(new Set(onTheirWay.map(kindOf))).toEqual(
      new Set([
        'EventsQueue event',
        'EventsQueue event base64',
        'EventsQueue event gzip',
        'EventsQueue replay',
        'EventsQueue erasure of a contact',
        'EventsQueue erasure of the records of a contact',
        'EventsQueue erasure of the records of a customer',
        'MailQueue mail',
        'MailQueue mail again',
        'MailQueue check',
        'FeedbackQueue Delivery',
        'FeedbackQueue Bounce',
        'FeedbackQueue Complaint',
      ]),
    );
  });

  it.each(onTheirWay.map((message) => [kindOf(message), message] as const))(
    '%s is taken by its function',
    async (_, message) => {
      expect(await upgraded.deliver(message)).toEqual([]);
      for (const queue of deadLetters) expect(await upgraded.stack.take(queue)).toEqual([]);
    },
  );

  it.each(['ingo', 'inge', 'igor'])('the event of %s made its contact', async (name) => {
    const { customerId } = story.customers[name] ?? {};
    expect(await contact(name)).toMatchObject({ customerId, subscribed: true });
  });

  it('the erasure that a person asked for is done', async () => {
    expect(await contact('otto')).toBeUndefined();
    const key = story.customers['otto']?.customerId ?? '';
    const known = await upgraded.stack.parts.store.load([{ kind: 'customers', key }]);
    expect(known.customers.get(key)?.row).toMatchObject({ erased: true, addresses: [] });
  });

  it('the replay is noted on its event, once however often it comes', async () => {
    const replays = onTheirWay.filter((message) => kindOf(message) === 'EventsQueue replay');
    for (const message of replays) expect(await upgraded.deliver(message)).toEqual([]);
    const recorded = await upgraded.stack.parts.store.recorded(
      story.mails['sent']?.webhookId ?? '',
    );
    expect(recorded?.record).toMatchObject({ replayCount: 1, replays: [{ triggers: true }] });
  });

  it('each email went out once, or not if nobody knows whether it had', async () => {
    const keys = upgraded.stack.ses.sent.map(({ ledgerKey }) => ledgerKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await mail('waiting')).toMatchObject({ state: 'sent' });
    expect(await mail('unknown')).toMatchObject({ state: 'unknown' });
    expect(await mail('reserved')).toMatchObject({ state: 'unknown' });
    const to = upgraded.stack.ses.sent.map((one) => one.to).sort();
    const expected = ['wes', 'inka', 'sara'].map((name) => story.customers[name]?.email);
    expect(to).toEqual(expected.sort());
  });

  it.each([
    ['delivering', 'deliveredAt', true],
    ['bouncing', 'bouncedAt', false],
    ['complaining', 'complainedAt', false],
  ])('what SES says of the email that is %s counts', async (state, mark, subscribed) => {
    expect(await mail(state)).toMatchObject({ feedback: { [mark]: expect.any(String) } });
    const { email = '' } = story.mails[state] ?? {};
    expect(await upgraded.contactAt(email)).toMatchObject({ subscribed });
  });

  it.each(
    messages
      .filter(({ queue }) => deadLetters.includes(queue))
      .map((one) => [one.queue, one] as const),
  )(
    'a message of %s, sent through again, dies again with its reason',
    async (deadQueue, message) => {
      const queue = deadQueue.replace('DeadLetters', 'Queue');
      expect(await upgraded.deliver({ ...message, queue })).toEqual([]);
      const again = await upgraded.stack.take(deadQueue);
      expect(again.map(({ body }) => body)).toEqual([message.body]);
    },
  );
});

function kindOf({ queue, body, attributes }: KeptMessage): string {
  const { kind, encoding } = attributes;
  if (queue === 'FeedbackQueue') return `${queue} ${JSON.parse(body).eventType}`;
  if (queue === 'MailQueue') {
    if (/"check":true/.test(body)) return `${queue} check`;
    return /"again":true/.test(body) ? `${queue} mail again` : `${queue} mail`;
  }
  if (kind === undefined) return [queue, 'event', encoding].filter(Boolean).join(' ');
  if (kind !== 'erasure') return `${queue} ${kind}`;
  if (/"recordsOfContact"/.test(body)) return `${queue} erasure of the records of a contact`;
  if (/"contactId"/.test(body)) return `${queue} erasure of a contact`;
  return `${queue} erasure of the records of a customer`;
}
