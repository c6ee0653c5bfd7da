import type * as z from 'zod/mini';

/**
 * Of items those that are as this version writes them. The others must not keep a list from being shown: a version that
 * was taken back may have written them, and an alarm names each that something is left to do about.
 */
export function readable<T>(schema: z.ZodMiniType<T>, items: readonly unknown[] = []): T[] {
  return items.flatMap((item) => {
    const read = schema.safeParse(item);
    return read.success ? [read.data] : [];
  });
}
