import { createHash } from 'node:crypto';
import { partition, recursionDetectionMiddleware } from '@aws-sdk/core/client';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest, type HttpResponse, loadJsonRpcErrorCode } from '@smithy/core/protocols';
import { retryMiddleware, StandardRetryStrategy } from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import type { EventMessage } from '#shared/queue/events-queue.ts';

/*
 * The steps of the AWS SDK that a call goes through: its signature, its retries, its HTTP handler, and the trace by which
 * Lambda knows a loop. Without its clients, which take longer to load and to set up than all else of ingest's cold start.
 */

type Patience = Readonly<{
  attempts: number;
  /** For each attempt: to connect, and until the answer begins. */
  connectMs: number;
  answerMs: number;
  /** For all attempts together. */
  deadlineMs: number;
}>;

type AwsCalls = Readonly<{
  /** Resolves once the queue has the message, and has it as it was sent. */
  sendTo: (queueUrl: string) => (message: EventMessage) => Promise<void>;
  /** Throws when the secret cannot be read, or holds no text. */
  secretText: (secretId: string) => () => Promise<string>;
}>;

/** What ingest asks of AWS. A failed call is made again where the SDK would, and throws under the name that the service gives. */
export function awsCalls(region: string, patience: Patience): AwsCalls {
  const callsOf = signedCalls(region, patience);
  return {
    sendTo(queueUrl) {
      const call = callsOf({
        endpoint: new URL(queueUrl),
        signingName: 'sqs',
        target: 'AmazonSQS',
        jsonVersion: '1.0',
      });
      return async (message) => {
        const { MD5OfMessageBody } = await call('SendMessage', { QueueUrl: queueUrl, ...message });
        const { MessageBody = '' } = message;
        const isAsSent = MD5OfMessageBody === createHash('md5').update(MessageBody).digest('hex');
        if (!isAsSent) throw new Error('InvalidChecksumError');
      };
    },
    secretText(secretId) {
      const call = callsOf({
        endpoint: secretsManagerIn(region),
        signingName: 'secretsmanager',
        target: 'secretsmanager',
        jsonVersion: '1.1',
      });
      return async () => {
        const { SecretString } = await call('GetSecretValue', { SecretId: secretId });
        if (typeof SecretString === 'string' && SecretString !== '') return SecretString;
        throw new Error('The secret holds no text');
      };
    },
  };
}

/** Where Secrets Manager is, unless the environment says that it is elsewhere. */
export function secretsManagerIn(region: string): URL {
  const { AWS_ENDPOINT_URL_SECRETS_MANAGER: own, AWS_ENDPOINT_URL: all } = process.env;
  return new URL(own ?? all ?? `https://secretsmanager.${region}.${partition(region).dnsSuffix}`);
}

/** A service that speaks AWS's JSON protocol, in the words of its model. */
type Service = Readonly<{
  endpoint: URL;
  signingName: string;
  target: string;
  jsonVersion: '1.0' | '1.1';
}>;

type Fields = Readonly<Record<string, unknown>>;

function signedCalls(region: string, { attempts, connectMs, answerMs, deadlineMs }: Patience) {
  const credentials = defaultProvider();
  const http = new NodeHttpHandler({
    connectionTimeout: connectMs,
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
  });
  return ({ endpoint, signingName, target, jsonVersion }: Service) => {
    const signer = new SignatureV4({ service: signingName, region, credentials, sha256: Sha256 });
    const retryStrategy = new StandardRetryStrategy(attempts);
    const retried = retryMiddleware({
      maxAttempts: async () => attempts,
      retryStrategy: async () => retryStrategy,
    });
    const traced = recursionDetectionMiddleware();
    return async (operation: string, input: Fields): Promise<Fields> => {
      const abortSignal = AbortSignal.timeout(deadlineMs);
      const body = JSON.stringify(input);
      const request = new HttpRequest({
        protocol: endpoint.protocol,
        hostname: endpoint.hostname,
        ...(endpoint.port !== '' && { port: Number(endpoint.port) }),
        method: 'POST',
        headers: {
          host: endpoint.host,
          'content-type': `application/x-amz-json-${jsonVersion}`,
          'content-length': String(Buffer.byteLength(body)),
          'x-amz-target': `${target}.${operation}`,
        },
        body,
      });
      const attempt = async () => {
        const signed = new HttpRequest(await signer.sign(request));
        const { response } = await http.handle(signed, { abortSignal });
        return { response, output: { $metadata: {}, fields: await fieldsOf(response) } };
      };
      const context = { __smithy_context: { abortSignal } };
      const { output } = await traced(retried(attempt, context), context)({ input, request });
      return output.fields;
    };
  };
}

/** What a service answered. Throws what it refused, with what the retries want to know of it. */
async function fieldsOf(response: HttpResponse): Promise<Fields> {
  const metadata = { $metadata: { httpStatusCode: response.statusCode }, $response: response };
  const fields = await json(response.body).catch((error: unknown) => {
    throw Object.assign(error instanceof Error ? error : new Error('Unreadable'), metadata);
  });
  if (response.statusCode < 300) return fields;
  const { message = fields['Message'] ?? 'UnknownError' } = fields;
  const name = loadJsonRpcErrorCode(response, fields) ?? 'Unknown';
  throw Object.assign(new Error(String(message)), { ...metadata, name });
}

async function json(stream: AsyncIterable<Uint8Array>): Promise<Fields> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}
