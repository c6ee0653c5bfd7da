import * as z from 'zod/mini';
import { instant } from '../polar/instant.ts';

/** Something that a person or a mailbox did. */
export const actSchema = z.object({ at: z.string(), by: z.string() });
export type Act = z.infer<typeof actSchema>;

/** Whether one time is after another; our own have three fraction digits, Polar's six. */
export function isAfter(time: string, other: string): boolean {
  return (instant(time) ?? time) > (instant(other) ?? other);
}

/** The later of two acts; of two at one time always the same one. */
export function laterAct<T extends Act>(a: T | undefined, b: T): T {
  if (!a || isAfter(b.at, a.at)) return b;
  return isAfter(a.at, b.at) || a.by >= b.by ? a : b;
}
