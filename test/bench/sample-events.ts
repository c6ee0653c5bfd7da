import { randomUUID } from 'node:crypto';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { type Payload, polarPayload } from '#shared/polar/sample/sample-events.ts';
import { subscriptionFacts } from '#shared/polar/sample/sample-purchase.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import { signedHeadersFor } from '#test/support/polar/signed-request.ts';

export type Webhook = Readonly<{ webhookId: string; type: string; body: string }>;

/** A payload as the webhook that brings it. */
export function webhookOf(payload: Payload): Webhook {
  return { webhookId: randomUUID(), type: payload.type, body: JSON.stringify(payload) };
}

export function person(nth: number, run: string) {
  const email = `person-${nth}@${run}.example.com`;
  return { customerId: uuidOf(email), email, name: `Ann Number ${nth}`, externalId: `user-${nth}` };
}

/** The order that renews the subscription which this person began at `start`. */
export function renewalPayload(someone: Person, start: Date, at: Date): Payload {
  const { data, ...payload } = polarPayload('order.paid', someone, start);
  const begun = subscriptionFacts(someone, start);
  const subscription = { ...begun, modified_at: at.toISOString() };
  const billing = { billing_reason: 'subscription_cycle', subscription_id: begun.id };
  return {
    ...payload,
    timestamp: at.toISOString(),
    data: { ...Object(data), ...billing, subscription },
  };
}

/** What API Gateway hands over for a webhook. */
export function apiEvent({ webhookId, body }: Webhook, secret: string) {
  return httpRequest('POST', '/webhooks/polar', {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'polar.sh webhooks',
      ...signedHeadersFor(body, { secret, id: webhookId }),
    },
    body,
  });
}

export function httpRequest(
  method: string,
  rawPath: string,
  { headers = {}, ...rest }: { headers?: Record<string, string>; body?: string } = {},
) {
  return {
    version: '2.0',
    routeKey: `${method} ${rawPath}`,
    rawPath,
    rawQueryString: '',
    headers: { host: '127.0.0.1', ...headers },
    requestContext: {
      stage: '$default',
      domainName: '127.0.0.1',
      http: { method, path: rawPath, sourceIp: '127.0.0.1', userAgent: '', protocol: 'HTTP/1.1' },
    },
    isBase64Encoded: false,
    ...rest,
  };
}

/** What Lambda hands over for these messages of the events queue, each received for the first time. */
export function queueEvent(webhooks: readonly Webhook[]) {
  return { Records: webhooks.map(queueRecord) };
}

function queueRecord(webhook: Webhook) {
  const now = new Date();
  const message = encodeEventMessage({ ...webhook, receivedAt: now.toISOString() });
  if (message === 'too-large') throw new Error('A sample is too large for the queue.');
  const attributes = Object.entries(message.MessageAttributes).map(([name, { StringValue }]) => [
    name,
    { dataType: 'String', stringValue: StringValue },
  ]);
  return {
    messageId: randomUUID(),
    receiptHandle: randomUUID(),
    body: message.MessageBody,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(now.getTime()),
      ApproximateFirstReceiveTimestamp: String(now.getTime()),
    },
    messageAttributes: Object.fromEntries(attributes),
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:EventsQueue',
    awsRegion: 'us-east-1',
  };
}
