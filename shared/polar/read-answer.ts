import type * as z from 'zod/mini';
import { PolarUnavailable } from './polar-api-error.ts';
import type { PolarCall } from './polar-request.ts';

/** What an answer says, by its schema. Throws `PolarUnavailable` naming the fields that are not as they should be. */
export function readAnswer<T>(schema: z.ZodMiniType<T>, content: unknown, call: PolarCall): T {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, 3).map(({ path }) => path.join('.') || 'the whole');
  throw unreadableAnswer(call, fields.join(', '));
}

export function unreadableAnswer({ doing }: PolarCall, what: string): PolarUnavailable {
  return new PolarUnavailable(
    `Polar's answer when asked to ${doing} is not as its version 2026-10 says. Look at: ${what}. Polar Audience may have to be updated.`,
  );
}
