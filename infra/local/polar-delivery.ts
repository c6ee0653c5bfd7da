import {
  type Delivery,
  type DeliveryAnswer,
  deliverSigned,
} from '#shared/polar/sample/signed-delivery.ts';
import { Advice } from './advice.ts';

/** Posts a webhook, signed and labelled as Polar does. Throws Advice if nobody answers at the URL. */
export async function deliver(delivery: Delivery, now: Date): Promise<DeliveryAnswer> {
  const { url } = delivery;
  const delivered = await deliverSigned(delivery, now);
  if (delivered.kind === 'answered') return delivered;
  throw new Advice(
    delivered.kind === 'late'
      ? `${url} did not answer within ten seconds, after which Polar would give up, too.`
      : `Nothing answers at ${url}. Start the local stack with "npm start" in another terminal, or give another address with --url.`,
    { cause: delivered.cause },
  );
}
