import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Identities } from '#infra/local/assembly/template.ts';
import { bodyOf, forwarder, serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { localRegion } from '#infra/local/local-account.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { hiddenHost, type LeashedProgram, startLeashed } from './leashed-program.ts';
import { type AcceptedMail, sesEvents } from './ses-events.ts';

/** A queue that SES's events of one configuration set come to. */
type EventDestination = Readonly<{
  configurationSet: string;
  /** In lower case, such as `delivery`. */
  eventTypes: ReadonlySet<string>;
  queueUrl: string;
}>;

const destinationSchema = z.object({
  ConfigurationSetName: z.string(),
  EventDestination: z.object({
    Enabled: z.boolean().default(true),
    MatchingEventTypes: z.array(z.string()),
    SnsDestination: z.object({ TopicARN: z.string() }),
  }),
});

const subscriptionSchema = z.object({
  TopicArn: z.string(),
  Protocol: z.literal('sqs'),
  Endpoint: z.string(),
  RawMessageDelivery: z.literal(true),
});

/** Follows the stack's way of an event from each configuration set over its topic into the queues. */
function eventDestinations(identities: Identities): EventDestination[] {
  const queueUrls = new Map(
    identities.ofType('AWS::SQS::Queue').map(({ logicalId }) => {
      const arn = String(identities.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
      return [arn, String(identities.resolve({ Ref: logicalId }))];
    }),
  );
  const destinations = identities
    .ofType('AWS::SES::ConfigurationSetEventDestination')
    .map(({ properties }) => destinationSchema.parse(properties))
    .filter(({ EventDestination }) => EventDestination.Enabled);
  return destinations.flatMap(({ ConfigurationSetName, EventDestination }) => {
    const { MatchingEventTypes, SnsDestination } = EventDestination;
    const topic = SnsDestination.TopicARN;
    return subscriptionsTo(topic, identities).map(({ Endpoint }) => {
      const queueUrl = queueUrls.get(Endpoint);
      if (queueUrl === undefined) throw new Error(`The topic ${topic} leads to no known queue.`);
      const eventTypes = new Set(MatchingEventTypes.map((type) => type.toLowerCase()));
      return { configurationSet: ConfigurationSetName, eventTypes, queueUrl };
    });
  });
}

function subscriptionsTo(topic: string, identities: Identities) {
  return identities
    .ofType('AWS::SNS::Subscription')
    .filter(({ properties }) => properties['TopicArn'] === topic)
    .map(({ properties }) => subscriptionSchema.parse(properties));
}

type Mailbox = LeashedProgram & Readonly<{ address: string }>;

const program = createRequire(import.meta.url).resolve('aws-ses-v2-local/dist/cli.js');
const loopbackOnly = new URL('../loopback-only.ts', import.meta.url).href;

/**
 * What takes the mail and shows it on a page. In a process of its own, with nothing of the person's
 * environment in it and no way off this machine: it could hand mail on to a real server. Kept in memory.
 */
export async function startMailbox(): Promise<Mailbox> {
  const host = hiddenHost();
  const server = [process.execPath, '--import', loopbackOnly, program];
  const started = await startLeashed(
    [...server, '--host', host, '--port', '0'],
    /server running at \S+:\d+(?=\s)/,
  );
  if (started.kind === 'failed') {
    throw new Advice(`The local mailbox did not start: ${started.output.trim()}.`);
  }
  const port = started.match.split(':').at(-1);
  return { address: `http://${host}:${port}`, stop: started.program.stop };
}

export type LocalSes = Readonly<{
  /** Of SES's API, and of the page that shows the mail. */
  address: string;
  /** The last email that was sent with this key as its tag. */
  mailOf: (ledgerKey: string) => Pick<AcceptedMail, 'to' | 'subject'> | undefined;
  /** The newest ones with a key, in the order in which they came. */
  mails: () => readonly AcceptedMail[];
  stop: () => Promise<void>;
}>;

type Parts = Readonly<{
  /** 0: any free port. */
  port: number;
  sqs: SQSClient;
  onProblem: (message: string) => void;
  now?: () => Date;
}>;

/** Whether the stack sends mail at all. */
export function sendsMail(identities: Identities): boolean {
  return identities.ofType('AWS::SES::ConfigurationSet').length > 0;
}

type OpenMailbox = Mailbox & Readonly<{ passOn: ReturnType<typeof forwarder> }>;

/**
 * SES v2 on loopback: a mailbox that keeps what is sent, and what SES would publish of it, put on the queues that the
 * stack subscribes. The mailbox starts with the first mail, or when somebody first looks. Throws Advice if the port is
 * taken.
 */
export async function startSes(
  identities: Identities,
  { port, sqs, onProblem, now = () => new Date() }: Parts,
): Promise<LocalSes> {
  let started: Promise<OpenMailbox> | undefined;
  const mailbox = () => {
    started ??= startMailbox().then(
      (one) => ({ ...one, passOn: forwarder(one.address) }),
      (error: unknown) => {
        // The next mail tries again.
        started = undefined;
        onProblem(String(error));
        throw error;
      },
    );
    return started;
  };
  const configurationSets = new Set(
    identities
      .ofType('AWS::SES::ConfigurationSet')
      .map(({ logicalId }) => identities.nameOf(logicalId)),
  );
  const known = identities
    .ofType('AWS::SES::EmailIdentity')
    .map(({ properties }) => String(properties['EmailIdentity']).toLowerCase());
  const destinations = eventDestinations(identities);
  const mails = new Map<string, AcceptedMail>();
  const publications = new Set<Promise<void>>();

  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const body = (await bodyOf(request)).toString();
    const read = sendEmailSchema.safeParse(parsed(body));
    const set = read.data?.ConfigurationSetName;
    if (!read.success) return refuse(response, 'BadRequestException', 'This is no SendEmail.');
    if (set !== undefined && !configurationSets.has(set)) {
      return refuse(response, 'NotFoundException', `Configuration set <${set}> does not exist.`);
    }
    const refusal = refusalOf(read.data, known);
    if (refusal) return refuse(response, refusal.type, refusal.message);
    const open = await mailbox().catch(() => undefined);
    // Nothing was sent: the mailer must not take it for unknown.
    if (!open) return refuse(response, 'TooManyRequestsException', 'The mailbox did not start.');
    const { address } = open;
    const answer = await fetch(`${address}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'AWS local' },
      body,
    });
    const text = await answer.text();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    if (!answer.ok) return;
    const { MessageId } = acceptedSchema.parse(parsed(text));
    const mail = acceptedMail(read.data, MessageId, now());
    if (mail.tags['ledgerKey'] !== undefined) mails.set(mail.tags['ledgerKey'], mail);
    const publication = publish(mail, destinations, sqs)
      .catch((error: unknown) => onProblem(`An event of SES was lost: ${String(error)}`))
      .finally(() => publications.delete(publication));
    publications.add(publication);
  };

  const server = await serveOnLoopback(
    async (request, response) => {
      if (request.method === 'POST' && request.url === '/v2/email/outbound-emails') {
        return take(request, response);
      }
      // Browsers ask for it by themselves, and the mailbox, which has none, would refuse that like a forged call.
      if (request.url === '/favicon.ico') return void response.writeHead(204).end();
      return (await mailbox()).passOn(request, response);
    },
    port,
    'the local SES',
  );
  return {
    address: server.address,
    mailOf: (ledgerKey) => mails.get(ledgerKey),
    mails: () => [...mails.values()],
    stop: async () => {
      await server.stop();
      await Promise.all(publications);
      await (await started?.catch(() => undefined))?.stop();
    },
  };
}

const sendEmailSchema = z.object({
  FromEmailAddress: z.string(),
  Destination: z.object({
    ToAddresses: z.array(z.string()).default([]),
    CcAddresses: z.array(z.string()).default([]),
    BccAddresses: z.array(z.string()).default([]),
  }),
  ReplyToAddresses: z.array(z.string()).default([]),
  ConfigurationSetName: z.string().optional(),
  EmailTags: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
  Content: z.object({
    Simple: z.object({
      Subject: z.object({ Data: z.string() }),
      Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
    }),
  }),
});

/** What SES refuses: addresses that are not ASCII, and a sender that it does not know. `known`: identities of the stack. */
function refusalOf(
  { FromEmailAddress, ReplyToAddresses, Destination }: z.output<typeof sendEmailSchema>,
  known: readonly string[],
): { type: string; message: string } | undefined {
  const { ToAddresses, CcAddresses, BccAddresses } = Destination;
  const all = [
    FromEmailAddress,
    ...ReplyToAddresses,
    ...ToAddresses,
    ...CcAddresses,
    ...BccAddresses,
  ];
  if (all.some((mailbox) => !/^[ -~]+$/.test(bareAddress(mailbox)))) {
    return { type: 'BadRequestException', message: 'Local address contains non-ASCII characters.' };
  }
  const from = bareAddress(FromEmailAddress).toLowerCase();
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const isKnown = known.some(
    (one) => one === from || one === domain || (!one.includes('@') && domain.endsWith(`.${one}`)),
  );
  // A stack that makes no identity relies on one that SES knows already, and that is not known here.
  if (known.length === 0 || isKnown) return undefined;
  const message = `Email address is not verified. The following identities failed the check in region ${localRegion.toUpperCase()}: ${from}`;
  return { type: 'MessageRejected', message };
}

function bareAddress(mailbox: string): string {
  return /<([^<>]*)>\s*$/.exec(mailbox)?.[1] ?? mailbox;
}

const acceptedSchema = z.object({ MessageId: z.string() });

function acceptedMail(
  { FromEmailAddress, Destination, Content, ...rest }: z.output<typeof sendEmailSchema>,
  messageId: string,
  at: Date,
): AcceptedMail {
  const { Subject, Headers } = Content.Simple;
  return {
    messageId,
    from: FromEmailAddress,
    to: [...Destination.ToAddresses, ...Destination.CcAddresses, ...Destination.BccAddresses],
    subject: Subject.Data,
    headers: Headers.map(({ Name, Value }) => ({ name: Name, value: Value })),
    configurationSet: rest.ConfigurationSetName ?? '',
    tags: Object.fromEntries(rest.EmailTags.map(({ Name, Value }) => [Name, Value])),
    at,
  };
}

/** One after another: on AWS, too, an email is usually heard of in this order. */
async function publish(
  mail: AcceptedMail,
  destinations: readonly EventDestination[],
  sqs: SQSClient,
): Promise<void> {
  for (const event of sesEvents(mail)) {
    for (const { configurationSet, eventTypes, queueUrl } of destinations) {
      const isWanted = eventTypes.has(event.eventType.toLowerCase());
      if (configurationSet !== mail.configurationSet || !isWanted) continue;
      const MessageBody = JSON.stringify(event);
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    }
  }
}

function refuse(response: ServerResponse, type: string, message: string): void {
  response
    .writeHead(400, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify({ message }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
