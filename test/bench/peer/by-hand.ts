import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { request } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/*
 * The least that an accepted webhook takes: one signature checked, and one request to SQS signed and sent, in Node alone.
 * It has its secret and its credentials in the environment, speaks no TLS, makes no call again and waits for none.
 */
const value = (name: string) => process.env[name] ?? '';
const queueUrl = value('EVENTS_QUEUE_URL');
const queue = new URL(queueUrl);
const scope = { region: value('AWS_REGION'), service: 'sqs' };

const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export async function handler({ body = '', headers }: APIGatewayProxyEventV2) {
  if (!isSigned(body, headers)) return { statusCode: 403 };
  await send(body);
  return { statusCode: 202 };
}

/** By Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function isSigned(body: string, headers: APIGatewayProxyEventV2['headers']): boolean {
  const key = Buffer.from(value('POLAR_WEBHOOK_SECRET').slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const given = Buffer.from((headers['webhook-signature'] ?? '').replace('v1,', ''), 'base64');
  const made = hmac(key, signed);
  return given.length === made.length && timingSafeEqual(given, made);
}

async function send(event: string): Promise<void> {
  const body = JSON.stringify({ QueueUrl: queueUrl, MessageBody: event });
  await new Promise<void>((resolve, reject) => {
    const call = request(
      queue.origin,
      { method: 'POST', headers: signedHeaders(body) },
      (answer) => {
        answer.resume();
        const wasTaken = answer.statusCode === 200;
        answer.on('end', () => (wasTaken ? resolve() : reject(new Error(`${answer.statusCode}`))));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signedHeaders(body: string): Record<string, string> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const date = time.slice(0, 8);
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.0',
    host: queue.host,
    'x-amz-date': time,
    'x-amz-target': 'AmazonSQS.SendMessage',
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, content]) => `${name}:${content}\n`);
  const canonical = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n');
  const scoped = [date, scope.region, scope.service, 'aws4_request'];
  const key = scoped.reduce<string | Buffer>(hmac, `AWS4${value('AWS_SECRET_ACCESS_KEY')}`);
  const text = ['AWS4-HMAC-SHA256', time, scoped.join('/'), sha256(canonical)].join('\n');
  const signature = hmac(key, text).toString('hex');
  const credential = `${value('AWS_ACCESS_KEY_ID')}/${scoped.join('/')}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
