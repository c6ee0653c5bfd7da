import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { constants, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Advice } from '#infra/terminal/advice.ts';
import { reasonOf } from '#shared/failure.ts';
import { type FolderFile, readFolderFile } from './plan.ts';

/** More than any workflow has: its emails go into one row of 400 kB. */
const largestFile = 1_000_000;
const mostFiles = 1_000;

/** The workflows in a folder, by their ids. All throw Advice about what cannot be read or written. */
type WorkflowFolder = Readonly<{
  read: () => Promise<FolderFile[]>;
  /** Writes these files, and says which differ from what was there. Nothing is written where one may not be. */
  write: (files: readonly FolderFile[]) => Promise<string[]>;
  /** Replaces a file that was just read. */
  note: (file: FolderFile) => Promise<void>;
}>;

/** Files right in this folder. Links are never followed, and files of others never overwritten. */
export function workflowFolder(folder: string): WorkflowFolder {
  const pathOf = (workflowId: string) => join(folder, `${workflowId}.md`);

  async function textOf(workflowId: string): Promise<string | undefined> {
    const path = pathOf(workflowId);
    const found = await stateOf(path);
    if (!found) return undefined;
    if (!found.isFile()) {
      throw new Advice(`${path} is no file of its own but a link or a folder. Move it away.`);
    }
    if (found.size > largestFile) throw new Advice(`${path} is too large for a workflow.`);
    const file = await open(path, constants.O_RDONLY | noFollow);
    try {
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  }

  /** In one step, so that nobody reads half a file; a link that somebody puts there meanwhile is replaced. */
  async function replace({ workflowId, text }: FolderFile): Promise<void> {
    const path = pathOf(workflowId);
    const beside = join(folder, `.${workflowId}.${randomBytes(4).toString('hex')}.tmp`);
    try {
      const file = await open(beside, 'wx', 0o644);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      await rename(beside, path);
    } catch (cause) {
      await rm(beside, { force: true });
      throw new Advice(`${path} could not be written: ${reasonOf(cause)}`, { cause });
    }
  }

  return {
    note: replace,

    async read() {
      const found = await stateOf(folder);
      if (!found?.isDirectory()) {
        throw new Advice(
          `There is no folder ${folder}. Write one: npm run workflows -- export <folder>`,
        );
      }
      const names = (await readdir(folder)).filter(isWorkflowFile).sort();
      if (names.length > mostFiles) {
        throw new Advice(
          `${folder} has more than ${mostFiles} files: it is no folder of workflows.`,
        );
      }
      const files: FolderFile[] = [];
      for (const name of names) {
        const workflowId = name.slice(0, -'.md'.length);
        if (!isId(workflowId)) {
          throw new Advice(
            `${join(folder, name)}: the name is the id of the workflow, so it has only small letters, digits and hyphens. Rename it.`,
          );
        }
        const text = await textOf(workflowId);
        if (text !== undefined) files.push({ workflowId, text });
      }
      return files;
    },

    async write(files) {
      const at = await stateOf(folder);
      if (at?.isSymbolicLink()) throw new Advice(`${folder} is a link. Name the folder itself.`);
      if (at && !at.isDirectory()) throw new Advice(`${folder} is a file, and no folder.`);
      const changed: FolderFile[] = [];
      for (const file of files) {
        if (!isId(file.workflowId)) {
          throw new Advice(
            `${file.workflowId} cannot be the name of a file, so nothing was written.`,
          );
        }
        const before = at && (await textOf(file.workflowId));
        if (before !== undefined && !isOurs(before)) {
          throw new Advice(
            `${pathOf(file.workflowId)} was not written by "export", so nothing was written. Move it away, or use another folder.`,
          );
        }
        if (before !== file.text) changed.push(file);
      }
      await mkdir(folder, { recursive: true });
      for (const file of changed) await replace(file);
      return changed.map(({ workflowId }) => workflowId);
    },
  };
}

/** Windows has no such flag, and hardly any links. */
const noFollow = constants.O_NOFOLLOW ?? 0;

async function stateOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new Advice(`${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

const isWorkflowFile = (name: string) =>
  name.endsWith('.md') && !name.startsWith('.') && name.toLowerCase() !== 'readme.md';

const isId = (workflowId: string) => /^[a-z0-9][a-z0-9-]{0,99}$/.test(workflowId);

/** Also one that was mistyped since must have its version in front. */
function isOurs(text: string): boolean {
  const read = readFolderFile(text);
  return read.kind === 'read'
    ? read.version !== undefined
    : /^---\r?\nversion: \d+\r?\n/.test(text);
}
