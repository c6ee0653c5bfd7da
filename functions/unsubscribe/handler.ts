import { cached } from '#shared/in-time.ts';
import { jsonLog } from '#shared/log.ts';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { audienceFromEnv } from '#shared/store/wire-audience.ts';
import { unsubscribe } from './unsubscribe.ts';

// Somebody waits for the answer.
const audience = audienceFromEnv(process.env, { requestTimeoutMs: 1_500 });

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
