import { cached } from '#shared/in-time.ts';
import { jsonLog } from '#shared/log.ts';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { audienceFromEnv } from '#shared/store/wire-audience.ts';
import { unsubscribe } from './unsubscribe.ts';

// Somebody waits for the answer, whoever it is: this door is open to all, and writes no settings.
const audience = audienceFromEnv(process.env, { requestTimeoutMs: 1_500, seedsSettings: false });

export const handler = unsubscribe({
  tokens: cached(
    async () => unsubscribeTokens(await audience.suppressionKey()),
    Number.POSITIVE_INFINITY,
    Date.now,
  ),
  refusals: audience.refusals,
  now: audience.now,
  log: jsonLog(),
});
