import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { backfillCountsSchema } from './backfill-counts.ts';

export const backfillPhases = ['customers', 'subscriptions', 'orders', 'extra'] as const;

const placeSchema = z.object({
  phase: z.enum(backfillPhases),
  /** The next page, and how long the list was when the one before was read. */
  page: z.number().int().optional(),
  totalCount: z.number().int().optional(),
  counts: backfillCountsSchema,
});
/** Where a backfill goes on, and what it came to before. */
export type BackfillPlace = z.infer<typeof placeSchema>;

const stateSchema = placeSchema.extend({
  organizationId: z.string(),
  since: z.string().nullable(),
  savedAt: z.string(),
});
export type BackfillState = z.infer<typeof stateSchema>;

export type BackfillStates = Readonly<{
  /** `undefined`: there is none, or it cannot be read. */
  read: () => Promise<BackfillState | undefined>;
  save: (state: BackfillState) => Promise<void>;
  forget: () => Promise<void>;
}>;

export const stateFolder = join(homedir(), '.polar-audience');

/** How far the backfill of one deployment is, in a file of the person who runs it. Written whole, or not at all. */
export function backfillStates(folder: string, deployment: string): BackfillStates {
  const file = join(folder, `backfill-${deployment.replace(/[^\w-]+/g, '_')}.json`);
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch(() => 'null');
      return stateSchema.safeParse(parsed(text)).data;
    },
    async save(state) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const part = `${file}.${process.pid}.part`;
      await writeFile(part, JSON.stringify(state), { mode: 0o600, flush: true });
      await rename(part, file);
    },
    forget: () => rm(file, { force: true }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
