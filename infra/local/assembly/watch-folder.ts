import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * Tells of each file or folder that changes anywhere below a folder. Gives how to end it. On Linux Node's own recursive
 * watch loses a file that was replaced, as most editors do, so each folder has a watch of its own.
 */
export function watchFolder(root: string, changed: (path: string) => void): () => void {
  const watchers = new Map<string, FSWatcher>();

  function begin(folder: string): void {
    const children = foldersIn(folder);
    if (!children) return;
    const watcher = watch(folder, (event, name) => {
      if (name === null) return;
      const path = join(folder, name);
      if (event === 'rename') {
        end(path);
        begin(path);
      }
      changed(path);
    });
    // A folder that is gone may say so by an error.
    watcher.on('error', () => watcher.close());
    watchers.set(folder, watcher);
    for (const child of children) begin(join(folder, child));
  }

  function end(path: string): void {
    for (const [folder, watcher] of watchers) {
      if (!isIn(folder, path)) continue;
      watcher.close();
      watchers.delete(folder);
    }
  }

  begin(root);
  return () => end(root);
}

/** Whether a path is this file or folder, or below it. */
export function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}${sep}`);
}

/** `undefined`: it is no folder, or gone by now. */
function foldersIn(path: string): string[] | undefined {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return undefined;
  }
}
