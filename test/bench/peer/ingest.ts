import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { webhooks } from '@polar-sh/sdk/2026-10';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/*
 * What Polar's documentation leads to: its SDK validates the event, the AWS SDK queues it.
 */
const sqs = new SQSClient({});

export async function handler({ body = '', headers }: APIGatewayProxyEventV2) {
  try {
    const signed = {
      'webhook-id': headers['webhook-id'] ?? '',
      'webhook-timestamp': headers['webhook-timestamp'] ?? '',
      'webhook-signature': headers['webhook-signature'] ?? '',
    };
    const secret = process.env['POLAR_WEBHOOK_SECRET'] ?? '';
    const event = await webhooks.validateEvent(body, signed, secret);
    const QueueUrl = process.env['EVENTS_QUEUE_URL'];
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
    return { statusCode: 202, body: JSON.stringify({ received: true }) };
  } catch (error) {
    if (!(error instanceof webhooks.PolarWebhookError)) throw error;
    return { statusCode: 403, body: JSON.stringify({ error: 'Invalid webhook' }) };
  }
}
