import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Advice } from './advice.ts';

/** A text in a file that only this person can read. */
export type EditedFile = Readonly<{
  path: string;
  /** Opens the editor, and gives the text once it is closed. Throws Advice where it fails. */
  edit: () => Promise<string>;
  remove: () => Promise<void>;
}>;

/** Puts a text into a file of this name for the editor that VISUAL or EDITOR names. */
export async function fileToEdit(
  name: string,
  text: string,
  { VISUAL, EDITOR }: NodeJS.ProcessEnv = process.env,
): Promise<EditedFile> {
  const path = join(await mkdtemp(join(tmpdir(), 'polar-audience-')), name);
  await writeFile(path, text, { mode: 0o600 });
  const usual = process.platform === 'win32' ? 'notepad' : 'vi';
  const editor = VISUAL || EDITOR || usual;
  return {
    path,
    async edit() {
      // The variable may hold options, as in "code --wait", so a shell reads it.
      const running = spawn(`${editor} "${path}"`, { stdio: 'inherit', shell: true });
      const [code] = await once(running, 'exit');
      if (code === 0) return readFile(path, 'utf8');
      throw new Advice(
        `The editor "${editor}" exited with ${code}, so nothing was saved. Set EDITOR to another one. Your text is in ${path}.`,
      );
    },
    remove: () => rm(dirname(path), { recursive: true, force: true }),
  };
}
