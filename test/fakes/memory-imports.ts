import type { Import, ImportStore } from '#shared/audience/backfill/import.ts';

/** The newest import in memory, for tests. Keeps the contract of `dynamoImports`. */
export function memoryImports() {
  let stored: Import | undefined;
  const imports: ImportStore = {
    read: async () => structuredClone(stored),
    async put(next, before) {
      if (stored?.revision !== before?.revision) return false;
      stored = structuredClone(next);
      return true;
    },
  };
  return { imports, now: () => stored };
}
