import * as z from 'zod/mini';

const envelope = z.object({ type: z.string() });

/** The `type` of a webhook's body; `undefined` for whatever has none, never an error. */
export function eventType(body: string): string | undefined {
  try {
    return envelope.safeParse(JSON.parse(body)).data?.type;
  } catch {
    return undefined;
  }
}
