import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sesMessage } from '#functions/feedback/ses-event.ts';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import { type LocalSes, sendsMail, startSes } from '#infra/local/emulators/ses.ts';
import { createQueues, type Sqs, startSqs } from '#infra/local/emulators/sqs.ts';
import { localClientConfig } from '#infra/local/local-account.ts';

const destination = (types: string[], topic: string) => ({
  Type: 'AWS::SES::ConfigurationSetEventDestination',
  Properties: {
    ConfigurationSetName: { Ref: 'Mails' },
    EventDestination: {
      Enabled: true,
      MatchingEventTypes: types,
      SnsDestination: { TopicARN: { Ref: topic } },
    },
  },
});
const subscription = (topic: string, queue: string) => ({
  Type: 'AWS::SNS::Subscription',
  Properties: {
    TopicArn: { Ref: topic },
    Protocol: 'sqs',
    Endpoint: { 'Fn::GetAtt': [queue, 'Arn'] },
    RawMessageDelivery: true,
  },
});
const Resources = {
  Feedback: { Type: 'AWS::SQS::Queue' },
  Bounces: { Type: 'AWS::SQS::Queue' },
  Mails: { Type: 'AWS::SES::ConfigurationSet' },
  Identity: { Type: 'AWS::SES::EmailIdentity', Properties: { EmailIdentity: 'example.com' } },
  All: { Type: 'AWS::SNS::Topic' },
  Some: { Type: 'AWS::SNS::Topic' },
  ToAll: destination(['send', 'delivery', 'bounce', 'complaint', 'reject'], 'All'),
  ToSome: destination(['bounce'], 'Some'),
  AllToFeedback: subscription('All', 'Feedback'),
  SomeToBounces: subscription('Some', 'Bounces'),
};

let queueServer: Sqs;
let sqs: SQSClient;
let ses: LocalSes;
let client: SESv2Client;
let queues: Readonly<Record<string, string>>;
const problems: string[] = [];
/** Every event that was received. */
const seen: string[] = [];

beforeAll(async () => {
  queueServer = await startSqs();
  sqs = new SQSClient(localClientConfig(queueServer.endpoint));
  const addresses = { sqs: queueServer.endpoint, http: 'http://127.0.0.1:9' };
  const identities = localIdentities(templateOf('Stack', { Resources }), addresses);
  queues = await createQueues(sqs, identities);
  ses = await startSes(identities, { port: 0, sqs, onProblem: (line) => problems.push(line) });
  client = new SESv2Client(localClientConfig(ses.address));
});
afterAll(async () => {
  client.destroy();
  await ses.stop();
  sqs.destroy();
  await queueServer.stop();
});

type Mail = {
  to?: string;
  from?: string;
  ledgerKey?: string;
  configurationSet?: string | undefined;
};

async function send({ to = 'ada@example.com', ledgerKey = 'k1', ...mail }: Mail) {
  const { MessageId } = await client.send(
    new SendEmailCommand({
      FromEmailAddress: mail.from ?? 'Example Shop <hello@example.com>',
      Destination: { ToAddresses: [to] },
      ReplyToAddresses: ['answers@example.com'],
      Content: {
        Simple: {
          Subject: { Data: 'Grüße', Charset: 'UTF-8' },
          Body: { Html: { Data: '<p>Hi</p>' }, Text: { Data: 'Hi' } },
          Headers: [{ Name: 'List-Unsubscribe', Value: '<https://example.com/u/t>' }],
        },
      },
      EmailTags: [{ Name: 'ledgerKey', Value: ledgerKey }],
      ConfigurationSetName: 'configurationSet' in mail ? mail.configurationSet : 'Mails',
    }),
  );
  return MessageId ?? '';
}

/** The events of this email, as they are in the queue. */
async function received(queue: string, messageId: string, count: number): Promise<string[]> {
  const bodies: string[] = [];
  while (bodies.length < count) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queues[queue],
        WaitTimeSeconds: 1,
        MaxNumberOfMessages: 10,
      }),
    );
    const all = Messages.map(({ Body = '' }) => Body);
    seen.push(...all);
    bodies.push(...all.filter((body) => body.includes(messageId)));
  }
  return bodies;
}

describe('the local SES', () => {
  test.each([
    ['a sender that SES does not know', { from: 'hello@elsewhere.example' }, 'MessageRejected'],
    ['a sender whose domain only ends alike', { from: 'a@notexample.com' }, 'MessageRejected'],
    ['a recipient that is not ASCII', { to: 'jürgen@example.com' }, 'BadRequestException'],
    ['a sender that is not ASCII', { from: 'grüße@example.com' }, 'BadRequestException'],
  ])('refuses %s, as SES does', async (_, mail, name) => {
    await expect(send(mail)).rejects.toMatchObject({ name });
  });

  test('keeps what is sent in the mailbox, with its headers', async () => {
    const messageId = await send({ to: 'Ada <ada@example.com>', ledgerKey: 'kept' });
    const store = await (await fetch(`${ses.address}/store`)).json();
    expect(Object(store).emails).toEqual([
      expect.objectContaining({
        messageId,
        from: 'Example Shop <hello@example.com>',
        replyTo: ['answers@example.com'],
        destination: { to: ['Ada <ada@example.com>'], cc: [], bcc: [] },
        subject: 'Grüße',
        body: { html: '<p>Hi</p>', text: 'Hi' },
        headers: [{ name: 'List-Unsubscribe', value: '<https://example.com/u/t>' }],
      }),
    ]);
    expect(ses.mailOf('kept')).toMatchObject({ subject: 'Grüße', to: ['Ada <ada@example.com>'] });
    expect(ses.mailOf('another')).toBeUndefined();
    const page = await fetch(ses.address);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'x-frame-options': 'SAMEORIGIN',
      'content-security-policy': "frame-ancestors 'self'",
    });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Subject')]);
  });

  test.each<[string, string[]]>([
    ['ada@example.com', ['Send', 'Delivery']],
    ['success@simulator.amazonses.com', ['Send', 'Delivery']],
    ['ooto@simulator.amazonses.com', ['Send', 'Delivery']],
    ['bounce@simulator.amazonses.com', ['Send', 'Bounce']],
    ['Ada <Bounce+Label@Simulator.amazonses.com>', ['Send', 'Bounce']],
    ['suppressionlist+a@simulator.amazonses.com', ['Send', 'Bounce']],
    ['complaint+a+b@simulator.amazonses.com', ['Send', 'Delivery', 'Complaint']],
    ['bounce@example.com', ['Send', 'Delivery']],
  ])('tells of mail to %s: %s', async (to, eventTypes) => {
    const messageId = await send({ to, ledgerKey: 'told' });
    const bodies = await received('Feedback', messageId, eventTypes.length);
    const events = bodies.map((body) => JSON.parse(body));
    expect(events.map(({ eventType }) => eventType)).toEqual(eventTypes);
    for (const { mail } of events) {
      expect(mail).toMatchObject({
        messageId,
        source: 'Example Shop <hello@example.com>',
        destination: [to],
        tags: { ledgerKey: ['told'], 'ses:configuration-set': ['Mails'] },
      });
    }
  });

  test.each([
    ['bounce', 'General'],
    ['suppressionlist', 'Suppressed'],
  ])(
    'a %s is permanent, of the kind %s, and goes to every queue that wants it',
    async (name, kind) => {
      const to = `${name}@simulator.amazonses.com`;
      const [body = ''] = await received('Bounces', await send({ to }), 1);
      expect(JSON.parse(body).bounce).toMatchObject({
        bounceType: 'Permanent',
        bounceSubType: kind,
        bouncedRecipients: [{ emailAddress: to, action: 'failed' }],
      });
    },
  );

  test('what it tells is what feedback reads', async () => {
    const messageId = await send({ to: 'complaint@simulator.amazonses.com' });
    const addresses = ['complaint@simulator.amazonses.com'];
    const common = { ledgerKey: 'k1', messageId };
    expect((await received('Feedback', messageId, 3)).map(sesMessage)).toEqual([
      { kind: 'event', event: expect.objectContaining({ ...common, kind: 'send' }) },
      { kind: 'event', event: expect.objectContaining({ ...common, kind: 'delivery' }) },
      {
        kind: 'event',
        event: expect.objectContaining({
          ...common,
          kind: 'complaint',
          refusal: 'complained',
          addresses,
        }),
      },
    ]);
  });

  test('a configuration set that the stack does not have is refused, and nothing is sent', async () => {
    await expect(send({ configurationSet: 'Other', ledgerKey: 'none' })).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Configuration set <Other> does not exist.',
    });
    expect(ses.mailOf('none')).toBeUndefined();
  });

  test('of mail without a configuration set nothing is told', async () => {
    const silent = await send({ configurationSet: undefined, ledgerKey: 'silent' });
    const loud = await send({ ledgerKey: 'loud' });
    await received('Feedback', loud, 2);
    expect(seen.filter((body) => body.includes(loud))).toHaveLength(2);
    expect(seen.filter((body) => body.includes(silent))).toEqual([]);
    expect(ses.mailOf('silent')).toMatchObject({ subject: 'Grüße' });
    expect(problems).toEqual([]);
  });

  test('its page, and no other, may clear the mailbox', async () => {
    const { origin, host } = new URL(ses.address);
    const clear = (headers: Record<string, string>) =>
      fetch(`${ses.address}/clear-store`, { method: 'POST', headers });
    expect((await clear({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await clear({ origin: `https://${host}` })).status).toBe(403);
    expect((await clear({ origin })).status).toBe(200);
    const store = await (await fetch(`${ses.address}/store`)).json();
    expect(Object(store).emails).toEqual([]);
  });

  test('takes mail from a subdomain of what it knows', async () => {
    expect(await send({ from: 'Shop <news@mail.example.com>' })).toMatch(/.+/);
  });
});

test('a stack without a configuration set sends no mail', () => {
  const addresses = { sqs: 'http://127.0.0.1:9', http: 'http://127.0.0.1:9' };
  const identitiesOf = (resources: object) =>
    localIdentities(templateOf('Stack', { Resources: resources }), addresses);
  expect(sendsMail(identitiesOf({ Feedback: Resources.Feedback }))).toBe(false);
  expect(sendsMail(identitiesOf(Resources))).toBe(true);
});

test('a browser that asks for the icon of the mailbox is told quietly that there is none', async () => {
  const answer = await fetch(`${ses.address}/favicon.ico`);
  expect([answer.status, await answer.text()]).toEqual([204, '']);
});
