import * as z from 'zod/mini';
import { cached } from '#shared/in-time.ts';
import { jsonLog } from '#shared/log.ts';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { dynamoBrand } from '#shared/store/settings/brand.ts';
import { audienceFromEnv } from '#shared/store/wiring/audience.ts';
import { unsubscribe } from './unsubscribe.ts';

const { SETTINGS_TABLE } = z.object({ SETTINGS_TABLE: z.string() }).parse(process.env);

/** As long as the settings are kept. */
const brandMs = 30_000;

// Somebody waits for the answer, whoever it is: this door is open to all, and writes no settings.
const audience = audienceFromEnv(process.env, { requestTimeoutMs: 1_500, seedsSettings: false });

export const handler = unsubscribe({
  tokens: cached(
    async () => unsubscribeTokens(await audience.suppressionKey()),
    Number.POSITIVE_INFINITY,
    Date.now,
  ),
  refusals: audience.refusals,
  wayBack: audience.wayBack,
  brand: cached(dynamoBrand(audience.db, SETTINGS_TABLE), brandMs, Date.now),
  now: audience.now,
  log: jsonLog(),
});
