import { createRequire } from 'node:module';
import { Advice } from './advice.ts';
import { freePort } from './free-port.ts';
import { hiddenHost } from './hidden-host.ts';
import { startLeashed } from './leashed-program.ts';
import { isLoopback } from './loopback.ts';

export type Dynamo = Readonly<{ endpoint: string; stop: () => Promise<void> }>;

type Options = Readonly<{
  /** Absent: kept in memory only. */
  file?: string;
}>;

const mostAttempts = 5;

/**
 * DynamoDB on loopback: the endpoint that DYNAMODB_ENDPOINT names, else the embedded emulator, which
 * ends with this process. The emulator lets every web page in that finds it, so it is at an address that
 * none can guess; people and programs get a guarded one. Throws Advice if there is none.
 */
export async function startDynamo({ file }: Options = {}): Promise<Dynamo> {
  const { DYNAMODB_ENDPOINT: given } = process.env;
  if (given) return ownDynamo(given);
  const program = emulator();
  const host = hiddenHost();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(host);
    const command = [program, 'serve', '--host', host, '--port', String(port)];
    if (file !== undefined) command.push('--db-path', file);
    const started = await startLeashed(command, /listening on/);
    if (started.kind === 'up') {
      return { endpoint: `http://${host}:${port}`, stop: started.program.stop };
    }
    if (started.output.includes('already in use') && attempt < mostAttempts) continue;
    throw new Advice(
      `The local DynamoDB (${program}) did not start: ${started.output.trim() || 'it said nothing'}.`,
    );
  }
}

function ownDynamo(endpoint: string): Dynamo {
  if (!URL.canParse(endpoint) || !isLoopback(new URL(endpoint).hostname)) {
    throw new Advice(
      `DYNAMODB_ENDPOINT must be an address on this machine, such as http://127.0.0.1:8000, not ${endpoint}.`,
    );
  }
  return { endpoint, stop: async () => {} };
}

function emulator(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  const program = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';
  try {
    return createRequire(import.meta.url).resolve(`${name}/${program}`);
  } catch {
    throw new Advice(
      `The local DynamoDB for this machine is missing: run "npm install --no-save ${name}", or start any DynamoDB emulator and set DYNAMODB_ENDPOINT to its address, such as http://127.0.0.1:8000.`,
    );
  }
}
