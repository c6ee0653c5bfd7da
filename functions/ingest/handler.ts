import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { jsonLog } from '#shared/log.ts';
import { begun, secretText } from '#shared/store/secret.ts';
import { ingest } from './ingest.ts';
import { verifier } from './verifier.ts';

/** The value of an environment variable. Throws an error that names it when it is missing. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`The environment variable ${name} is missing.`);
  return value;
}

const queueUrl = environment('EVENTS_QUEUE_URL');
const secretId = environment('WEBHOOK_SECRET_ID');

// Polar gives up after ten seconds: two readings of the secret and one message take less than eight.
const deadlineMs = 2_500;
const clientOptions = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_200, throwOnRequestTimeout: true },
};
const log = jsonLog();
const sqs = new SQSClient(clientOptions);
const secrets = new SecretsManagerClient(clientOptions);
// Under way while Lambda hands over the first webhook.
const readSecret = begun(secretText(secrets, secretId, deadlineMs), {
  nowMs: Date.now,
  freshMs: 10_000,
});

export const handler: (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2> = ingest({
  path: environment('WEBHOOK_PATH'),
  verify: verifier(readSecret, Date.now, log),
  send: (message) =>
    sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, ...message }), {
      abortSignal: AbortSignal.timeout(deadlineMs),
    }),
  now: () => new Date(),
  log,
});
