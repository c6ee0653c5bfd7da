import { createRequire } from 'node:module';
import { Advice } from './advice.ts';
import { hiddenHost } from './hidden-host.ts';
import { type LeashedProgram, startLeashed } from './leashed-program.ts';

export type Mailbox = LeashedProgram & Readonly<{ address: string }>;

const program = createRequire(import.meta.url).resolve('aws-ses-v2-local/dist/cli.js');
const loopbackOnly = new URL('./loopback-only.ts', import.meta.url).href;

/**
 * What takes the mail and shows it on a page. In a process of its own, with nothing of the person's
 * environment in it and no way off this machine: it could hand mail on to a real server. Kept in memory.
 */
export async function startMailbox(): Promise<Mailbox> {
  const host = hiddenHost();
  const server = [process.execPath, '--import', loopbackOnly, program];
  const started = await startLeashed(
    [...server, '--host', host, '--port', '0'],
    /server running at \S+:\d+(?=\s)/,
  );
  if (started.kind === 'failed') {
    throw new Advice(`The local mailbox did not start: ${started.output.trim()}.`);
  }
  const port = started.match.split(':').at(-1);
  return { address: `http://${host}:${port}`, stop: started.program.stop };
}
