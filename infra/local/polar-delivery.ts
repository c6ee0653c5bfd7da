import { createHmac } from 'node:crypto';
import { Advice } from './advice.ts';

export type Delivery = Readonly<{
  url: string;
  secret: string;
  /** `decoded`: of a secret that begins with whsec_, the key is the base64 after it; `whole`: the key is the text itself. */
  secretReading: 'decoded' | 'whole';
  webhookId: string;
  /** Exactly what is signed and sent. */
  body: Uint8Array;
}>;

export type DeliveryAnswer = Readonly<{ status: number; text: string }>;

/** Polar gives up on an answer after this time. */
const timeoutMs = 10_000;

/** Posts a webhook, signed and labelled as Polar does. Throws Advice if nobody answers at the URL. */
export async function deliver(delivery: Delivery, now: Date): Promise<DeliveryAnswer> {
  const { url, webhookId, body } = delivery;
  const timestamp = String(Math.floor(now.getTime() / 1_000));
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'polar.sh webhooks',
    'webhook-id': webhookId,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatureOf(delivery, timestamp),
    'webhook-api-version': '2026-10',
  };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw new Advice(
      isLate
        ? `${url} did not answer within ten seconds, after which Polar would give up, too.`
        : `Nothing answers at ${url}. Start the local stack with "npm start" in another terminal, or give another address with --url.`,
      { cause: error },
    );
  }
}

/** The value of the header webhook-signature for this attempt. */
export function signatureOf(delivery: Omit<Delivery, 'url'>, timestamp: string): string {
  const { secret, secretReading, webhookId, body } = delivery;
  const isEncoded = secretReading === 'decoded' && secret.startsWith('whsec_');
  const key = isEncoded ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const signed = createHmac('sha256', key).update(`${webhookId}.${timestamp}.`).update(body);
  return `v1,${signed.digest('base64')}`;
}
