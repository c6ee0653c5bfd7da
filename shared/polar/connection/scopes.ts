import type { PolarApi } from '#shared/polar/api.ts';
import { isPolarApiError, PolarRefused } from '#shared/polar/api-error.ts';

type Lists = Pick<PolarApi, 'customers' | 'subscriptions' | 'orders'>;

const lists = ['customers', 'subscriptions', 'orders'] as const;

/**
 * What to know of an access that connects, but cannot import or recover: Polar tells the scopes of a token by nothing but
 * a refusal. `undefined`: it lacks none, or Polar did not say.
 */
export async function missingScopesText(api: Lists): Promise<string | undefined> {
  const refused = await Promise.all(
    lists.map(async (list) => ((await isRefused(api, list)) ? [`${list}:read`] : [])),
  );
  const missing = refused.flat();
  if (missing.length === 0) return undefined;
  const scopes = missing.length === 1 ? 'the scope' : 'the scopes';
  const wanted =
    missing.length === lists.length
      ? 'these'
      : `all three of ${lists.map((list) => `${list}:read`).join(', ')}`;
  return `This access lacks ${scopes} ${missing.join(', ')}. Webhooks come in, but importing customers, backfill and recover need more: connect again with an access that has ${wanted}.`;
}

async function isRefused(api: Lists, list: (typeof lists)[number]): Promise<boolean> {
  try {
    await api[list]().next();
    return false;
  } catch (error) {
    if (!isPolarApiError(error)) throw error;
    return error instanceof PolarRefused;
  }
}
