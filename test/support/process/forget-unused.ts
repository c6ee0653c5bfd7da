import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Deletes each file below a folder that nobody has read or written for so many days. */
export function forgetUnused(folder: string, days: number, now = Date.now()): void {
  for (const path of filesBelow(folder)) {
    const used = statSync(path, { throwIfNoEntry: false });
    if (!used) continue;
    const atMs = Math.max(used.atimeMs, used.mtimeMs);
    if (atMs < now - days * 86_400_000) rmSync(path, { force: true });
  }
}

function filesBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  } catch {
    // Nothing was kept yet.
    return [];
  }
}
