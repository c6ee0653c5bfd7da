import { audienceFromEnv } from '#shared/aws/audience-from-env.ts';
import { unsubscribeTokens } from '#shared/aws/unsubscribe-token.ts';
import { cached } from '#shared/cached.ts';
import { jsonLog } from '#shared/log.ts';
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
