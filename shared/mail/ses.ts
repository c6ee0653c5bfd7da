import { Agent } from 'node:http';
import https from 'node:https';
import { domainToASCII } from 'node:url';
import { SESv2Client, SESv2ServiceException, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { reasonOf } from '#shared/failure.ts';

/** As much as fits into one encoded word of 75 characters, in bytes of UTF-8 (RFC 2047, section 2). */
const bytesOfOneWord = 45;

/**
 * `Name <address>` with a name that is not ASCII in encoded words, as SES wants it; everything else as it is.
 */
export function encodedMailbox(mailbox: string): string {
  const [, quote = '', written = '', address = ''] =
    /^\s*("?)(.*?)"?\s*<([^<>]+)>\s*$/.exec(mailbox) ?? [];
  if (written === '' || /^[ -~]*$/.test(written)) return mailbox;
  // A quoted name has a backslash before its own quotes, which an encoded word has not.
  const name = quote === '' ? written : written.replaceAll(/\\(.)/gu, '$1');
  const words: string[] = [''];
  for (const character of name) {
    const word = `${words.at(-1)}${character}`;
    if (Buffer.byteLength(word) <= bytesOfOneWord) words[words.length - 1] = word;
    else words.push(character);
  }
  const encoded = words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`);
  return `${encoded.join(' ')} <${address}>`;
}

/** The same address with its domain in ASCII, as SES wants it: `a@müller.de` is `a@xn--mller-kva.de`. */
export function withAsciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, at + 1)}${domainToASCII(domain) || domain}`;
}

export type OutgoingMail = Readonly<{
  from: string;
  to: string;
  replyTo: string | undefined;
  subject: string;
  html: string;
  text: string;
  headers: Readonly<Record<string, string>>;
  ledgerKey: string;
}>;

export type SendResult =
  | { kind: 'sent'; sesMessageId: string }
  /** Definitely not sent; it may be tried again later. */
  | { kind: 'not-now'; reason: string }
  /** Definitely not sent, and no repetition would change that. */
  | { kind: 'refused'; reason: string }
  /** SES may have sent it. */
  | { kind: 'unknown'; reason: string };

export type SendMail = (mail: OutgoingMail) => Promise<SendResult>;

/**
 * A client that never repeats a call by itself: a retry would be a second send. It makes so many calls at a time, over
 * connections that it keeps.
 */
export function sesClient(
  requestTimeoutMs: number,
  { callsAtOnce = 1, nowMs = Date.now } = {},
): SESv2Client {
  const { dropOld, ...agents } = keptConnections(callsAtOnce, nowMs);
  const client = new SESv2Client({
    maxAttempts: 1,
    requestHandler: {
      ...agents,
      connectionTimeout: 2_000,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
  client.middlewareStack.add(
    (next) => (call) => {
      dropOld();
      return next(call);
    },
    { step: 'finalizeRequest', name: 'dropOldConnections' },
  );
  return client;
}

/** Hands one email to SES, once. Reasons hold no addresses. */
export function sesSender(client: SESv2Client, configurationSet: string | undefined): SendMail {
  return async ({ from, to, replyTo, subject, html, text, headers, ledgerKey }) => {
    const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
    try {
      const { MessageId } = await client.send(
        new SendEmailCommand({
          // IAM compares it with what the policy allows, case and all.
          FromEmailAddress: encodedMailbox(from).replace(/@[^@]*$/, (end) => end.toLowerCase()),
          Destination: { ToAddresses: [withAsciiDomain(to)] },
          ...(replyTo && { ReplyToAddresses: [encodedMailbox(replyTo)] }),
          Content: {
            Simple: {
              Subject: utf8(subject),
              Body: { Html: utf8(html), Text: utf8(text) },
              Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
            },
          },
          EmailTags: [{ Name: 'ledgerKey', Value: ledgerKey }],
          ...(configurationSet && { ConfigurationSetName: configurationSet }),
        }),
      );
      if (!MessageId) return { kind: 'unknown', reason: 'SES answered without a message id.' };
      return { kind: 'sent', sesMessageId: MessageId };
    } catch (error) {
      return { kind: kindOf(error), reason: reasonOf(error) };
    }
  };
}

/** What SES refuses for a while: its rate, its quota, a paused account, or a permission that is being put right. */
const temporary = new Set([
  'TooManyRequestsException',
  'LimitExceededException',
  'ThrottlingException',
  'Throttling',
  'SendingPausedException',
  'AccountSuspendedException',
  'AccessDeniedException',
  'MailFromDomainNotVerifiedException',
]);

/** Refusals of credentials, of the clock, of what is not set up yet, or of the rate: none was sent, all get mended. */
const mendable = new Set([401, 403, 404, 408, 429]);

/** Failures of the connection before a request could have been sent. */
const neverConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

function kindOf(error: unknown): 'not-now' | 'refused' | 'unknown' {
  if (error instanceof SESv2ServiceException) {
    if (temporary.has(error.name)) return 'not-now';
    const status = error.$metadata.httpStatusCode ?? 500;
    if (mendable.has(status)) return 'not-now';
    return status >= 400 && status < 500 ? 'refused' : 'unknown';
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && neverConnected.has(code) ? 'not-now' : 'unknown';
}

/** Long enough for the next email at two a second, and shorter than any server waits. */
const mostIdleMs = 1_000;

/**
 * Agents that keep connections for the next call. Call `dropOld` before each: a connection that was idle for longer,
 * or while Lambda had stopped the process, may be dead without anybody having noticed, and an email that is written to
 * it would be `unknown`.
 */
function keptConnections(maxSockets: number, nowMs: () => number) {
  const idleSince = new WeakMap<object, number>();
  const agents = [
    new Agent({ keepAlive: true, maxSockets }),
    new https.Agent({ keepAlive: true, maxSockets }),
  ] as const;
  for (const agent of agents) {
    const keep = agent.keepSocketAlive.bind(agent);
    agent.keepSocketAlive = (socket) => {
      idleSince.set(socket, nowMs());
      return keep(socket);
    };
  }
  const [httpAgent, httpsAgent] = agents;
  return {
    httpAgent,
    httpsAgent,
    dropOld() {
      const idle = agents.flatMap(({ freeSockets }) => Object.values(freeSockets));
      for (const socket of idle.flatMap((sockets) => sockets ?? [])) {
        if (nowMs() - (idleSince.get(socket) ?? 0) > mostIdleMs) socket.destroy();
      }
    },
  };
}
