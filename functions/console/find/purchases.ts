import * as z from 'zod/mini';
import { reasonOf } from '#shared/failure.ts';
import { within } from '#shared/in-time.ts';
import { PolarMissing } from '#shared/polar/api-error.ts';
import type { ConsoleParts } from '../parts.ts';

/** The customer whose subscription or order has this id, as Polar tells. */
export type Purchase = Readonly<{ kind: 'Subscription' | 'Order'; customerId: string }>;

/** A person waits, and Find can do without. */
const patienceMs = 2_000;

/** Polar's ids. No other text is sent to it. */
const idSchema = z.uuid();

const lists = [
  ['Subscription', 'subscriptions'],
  ['Order', 'orders'],
] as const;

/**
 * Asks Polar whose subscription or order it is, which no table here is indexed by: two calls at most. Nothing where Polar
 * is not connected, does not know it, or does not answer in time.
 */
export function purchasesOf({ polar, connections, log }: ConsoleParts) {
  return async (text: string): Promise<Purchase[]> => {
    const id = idSchema.safeParse(text).data;
    const connection = id === undefined ? undefined : await connections.read();
    if (id === undefined || !connection) return [];
    const api = polar.apiOf(connection.server, { patienceMs });
    const found = await Promise.all(
      lists.map(async ([kind, what]): Promise<Purchase[]> => {
        try {
          const customerId = await within(patienceMs, () => api.customerIdOf(what, id));
          return [{ kind, customerId }];
        } catch (error) {
          if (!(error instanceof PolarMissing)) {
            log.warn('find did not learn it from Polar', { what, reason: reasonOf(error) });
          }
          return [];
        }
      }),
    );
    return found.flat();
  };
}
