import { createHmac } from 'node:crypto';

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

/** `late`: no answer in the time that Polar waits. `unreachable`: nobody answers at the URL. */
export type Delivered =
  | (DeliveryAnswer & { kind: 'answered' })
  | { kind: 'late' | 'unreachable'; cause: unknown };

/** Polar gives up on an answer after this time. */
const timeoutMs = 10_000;

/** Posts a webhook, signed and labelled as Polar does. Never throws for want of an answer. */
export async function deliverSigned(delivery: Delivery, now: Date): Promise<Delivered> {
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
    return { kind: 'answered', status: response.status, text: await response.text() };
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === 'TimeoutError';
    return { kind: isLate ? 'late' : 'unreachable', cause };
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

/** How Polar reads a secret when it signs: those made since September 2026 hold 32 bytes in base64, older ones are text. */
export function secretReadingOf(secret: string): Delivery['secretReading'] {
  return /^whsec_[A-Za-z0-9+/]{43}=$/.test(secret) ? 'decoded' : 'whole';
}
