import type { AudienceStore } from '#shared/audience/audience-store.ts';
import { continueErasure } from '#shared/audience/erase.ts';
import type { Surroundings } from '#shared/audience/identity.ts';
import { settle } from '#shared/audience/settle.ts';
import type { Known } from '#shared/audience/workspace.ts';
import type { EventRecords } from '#shared/aws/dynamo-event-records.ts';
import { inGroups } from '#shared/aws/in-groups.ts';
import type { Erasure } from './message.ts';

const pagesAtOnce = 10;
const recordsSideBySide = 10;

/**
 * Erases what addresses and event records still hold of an erased customer, a bounded number at a time. Returns the
 * erasure that is left to do, if any. Safe to repeat.
 */
export async function eraseRecords(
  { customerId, after }: Erasure,
  {
    store,
    records,
    surroundings,
    pause,
  }: {
    store: AudienceStore;
    records: EventRecords;
    surroundings: Surroundings;
    pause: (lostRaces: number) => Promise<void>;
  },
): Promise<Erasure | undefined> {
  for (;;) {
    const continued = (known: Known) => continueErasure(customerId, known, surroundings);
    const { decision } = await settle(store, continued, pause);
    if (decision.steps === undefined) break;
  }
  let position = after;
  for (let page = 0; page < pagesAtOnce; page++) {
    const { webhookIds, next } = await records.idsOfCustomer(customerId, position);
    await eraseAll(webhookIds, records);
    if (next === undefined) return undefined;
    position = next;
  }
  return { customerId, after: position };
}

async function eraseAll(webhookIds: readonly string[], records: EventRecords): Promise<void> {
  const failures: unknown[] = [];
  await inGroups(
    webhookIds,
    (webhookId) => webhookId,
    (webhookId) => records.erase(webhookId).catch((error: unknown) => void failures.push(error)),
    recordsSideBySide,
  );
  if (failures.length > 0) throw failures[0];
}
