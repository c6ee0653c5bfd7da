import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { jsonLog } from '#shared/log.ts';
import { begun } from '#shared/store/secret.ts';
import { awsCalls } from './aws-calls.ts';
import { ingest } from './ingest.ts';
import { verifier } from './verifier.ts';

/** The value of an environment variable. Throws an error that names it when it is missing. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`The environment variable ${name} is missing.`);
  return value;
}

// Polar gives up after ten seconds: two readings of the secret and one message take less than eight.
const patience = { attempts: 3, connectMs: 1_000, answerMs: 1_200, deadlineMs: 2_500 };
const aws = awsCalls(environment('AWS_REGION'), patience);
const log = jsonLog();
// Under way while Lambda hands over the first webhook.
const readSecret = begun(aws.secretText(environment('WEBHOOK_SECRET_ID')), {
  nowMs: Date.now,
  freshMs: 10_000,
});

export const handler: (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2> = ingest({
  path: environment('WEBHOOK_PATH'),
  verify: verifier(readSecret, Date.now, log),
  send: aws.sendTo(environment('EVENTS_QUEUE_URL')),
  now: () => new Date(),
  log,
});
