import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { LocalStack } from '#infra/local/local-stack.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { deliverSigned, secretReadingOf } from '#shared/polar/sample/signed-delivery.ts';

const customers = 300;
const mostAttempts = 10;
const firstPauseMs = 500;
const longestPauseMs = 8_000;
/** More would be a storm of repetitions that keeps itself going, on a machine that is busy with other things too. */
const mostUnderWay = 200;

/** Posts signed webhooks of all types about some hundred customers, each until it is accepted, as Polar does. */
export function startLoad(
  { webhookUrl: url, webhookSecret: secret }: Pick<LocalStack, 'webhookUrl' | 'webhookSecret'>,
  { perSecond, random }: { perSecond: number; random: () => number },
) {
  const sent = new Set<string>();
  const accepted = new Set<string>();
  const underWay = new Set<Promise<void>>();
  let attempts = 0;
  let isOver = false;

  async function deliver(body: string): Promise<void> {
    const webhookId = randomUUID();
    sent.add(webhookId);
    const secretReading = secretReadingOf(secret);
    const delivery = { url, secret, secretReading, webhookId, body: Buffer.from(body) };
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      attempts += 1;
      const delivered = await deliverSigned(delivery, new Date());
      if (delivered.kind === 'answered' && delivered.status === 202) {
        accepted.add(webhookId);
        return;
      }
      await setTimeout(Math.min(longestPauseMs, firstPauseMs * 2 ** attempt));
    }
  }

  const running = (async () => {
    while (!isOver) {
      const one = deliver(someEvent(random)).finally(() => underWay.delete(one));
      underWay.add(one);
      await setTimeout(1_000 / perSecond);
      while (underWay.size >= mostUnderWay) await Promise.race(underWay);
    }
  })();
  return {
    sent,
    accepted,
    attempts: () => attempts,
    /** Lets what was begun come to its end. */
    async stop() {
      isOver = true;
      await running;
      await Promise.all(underWay);
    },
  };
}

function someEvent(random: () => number): string {
  const nth = Math.floor(random() * customers);
  const type = supportedEventTypes[Math.floor(random() * supportedEventTypes.length)];
  const email = `person-${nth}@soak.example.com`;
  const someone = {
    customerId: uuidOf(email),
    email,
    name: `Ann Number ${Math.floor(random() * 9)}`,
    externalId: `user-${nth}`,
    isNew: false,
  };
  return JSON.stringify(polarPayload(type ?? 'order.paid', someone, new Date()));
}
