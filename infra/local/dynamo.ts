import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Advice } from './advice.ts';
import { freePort } from './free-port.ts';
import { isLoopback } from './loopback.ts';
import { portTaken } from './loopback-server.ts';

export type Dynamo = Readonly<{ endpoint: string; stop: () => Promise<void> }>;

type Options = Readonly<{
  /** 0 or absent: any free port. */
  port?: number;
  /** Absent: kept in memory only. */
  file?: string;
}>;

/**
 * DynamoDB on loopback: the endpoint that DYNAMODB_ENDPOINT names, else the embedded emulator, which
 * ends with this process. Throws Advice if there is none or the port is taken.
 */
export async function startDynamo({ port = 0, file }: Options = {}): Promise<Dynamo> {
  const { DYNAMODB_ENDPOINT: given } = process.env;
  if (given) return ownDynamo(given);
  const program = emulator();
  for (let attempt = 1; ; attempt++) {
    const at = port === 0 ? await freePort() : port;
    const args = ['serve', '--host', '127.0.0.1', '--port', String(at)];
    const started = await launch(program, file === undefined ? args : [...args, '--db-path', file]);
    if (started.kind === 'up') return running(started.leash, at);
    const taken = started.output.includes('already in use');
    if (taken && port === 0 && attempt < 5) continue;
    if (taken) throw portTaken(at, 'the local DynamoDB');
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

type Launch = { kind: 'up'; leash: ChildProcess } | { kind: 'failed'; output: string };

function launch(program: string, args: readonly string[]): Promise<Launch> {
  const leash = spawn(
    process.execPath,
    [fileURLToPath(new URL('./leash.ts', import.meta.url)), program, ...args],
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true, windowsHide: true, env: {} },
  );
  let output = '';
  return new Promise((resolve) => {
    const heard = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('listening on')) resolve({ kind: 'up', leash });
    };
    leash.stdout.on('data', heard);
    leash.stderr.on('data', heard);
    leash.on('close', () => resolve({ kind: 'failed', output }));
  });
}

function running(leash: ChildProcess, port: number): Dynamo {
  leash.unref();
  for (const stream of leash.stdio) if (stream instanceof Socket) stream.unref();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      if (leash.exitCode !== null || leash.signalCode !== null) return;
      leash.ref();
      leash.stdin?.end();
      await once(leash, 'exit');
    },
  };
}
