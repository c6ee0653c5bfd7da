import type { IncomingMessage, ServerResponse } from 'node:http';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { type EventDestination, eventDestinations } from './event-destinations.ts';
import { forwarder } from './guarded-proxy.ts';
import type { Identities } from './identities.ts';
import { bodyOf, serveOnLoopback } from './loopback-server.ts';
import { startMailbox } from './mailbox.ts';
import { type AcceptedMail, sesEvents } from './ses-events.ts';

export type LocalSes = Readonly<{
  /** Of SES's API, and of the page that shows the mail. */
  address: string;
  /** The last email that was sent with this key as its tag. */
  mailOf: (ledgerKey: string) => Pick<AcceptedMail, 'to' | 'subject'> | undefined;
  stop: () => Promise<void>;
}>;

type Parts = Readonly<{
  /** 0: any free port. */
  port: number;
  sqs: SQSClient;
  onProblem: (message: string) => void;
}>;

/** Whether the stack sends mail at all. */
export function sendsMail(identities: Identities): boolean {
  return identities.ofType('AWS::SES::ConfigurationSet').length > 0;
}

/**
 * SES v2 on loopback: a mailbox that keeps what is sent, and what SES would publish of it, put on the
 * queues that the stack subscribes. Throws Advice if the port is taken.
 */
export async function startSes(
  identities: Identities,
  { port, sqs, onProblem }: Parts,
): Promise<LocalSes> {
  const mailbox = await startMailbox();
  const passOn = forwarder(mailbox.address);
  const configurationSets = new Set(
    identities
      .ofType('AWS::SES::ConfigurationSet')
      .map(({ logicalId }) => identities.nameOf(logicalId)),
  );
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
    const answer = await fetch(`${mailbox.address}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'AWS local' },
      body,
    });
    const text = await answer.text();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    if (!answer.ok) return;
    const { MessageId } = acceptedSchema.parse(parsed(text));
    const mail = acceptedMail(read.data, MessageId, new Date());
    if (mail.tags['ledgerKey'] !== undefined) mails.set(mail.tags['ledgerKey'], mail);
    const publication = publish(mail, destinations, sqs)
      .catch((error: unknown) => onProblem(`An event of SES was lost: ${String(error)}`))
      .finally(() => publications.delete(publication));
    publications.add(publication);
  };

  const server = await serveOnLoopback(
    (request, response) =>
      request.method === 'POST' && request.url === '/v2/email/outbound-emails'
        ? take(request, response)
        : passOn(request, response),
    port,
    'the local SES',
  ).catch(async (error: unknown) => {
    await mailbox.stop();
    throw error;
  });
  return {
    address: server.address,
    mailOf: (ledgerKey) => mails.get(ledgerKey),
    stop: async () => {
      await server.stop();
      await Promise.all(publications);
      await mailbox.stop();
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
  ConfigurationSetName: z.string().optional(),
  EmailTags: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
  Content: z.object({
    Simple: z.object({
      Subject: z.object({ Data: z.string() }),
      Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
    }),
  }),
});

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
