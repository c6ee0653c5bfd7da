import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Delivery,
  type DeliveryAnswer,
  deliverSigned,
} from '#shared/polar/sample/signed-delivery.ts';
import { keptAheadMs } from './clock/local-clock.ts';

/** Posts a webhook, signed and labelled as Polar does. Throws Advice if nobody answers at the URL. */
export async function deliver(delivery: Delivery, now: Date): Promise<DeliveryAnswer> {
  const { url } = delivery;
  const delivered = await deliverSigned(delivery, now);
  if (delivered.kind === 'answered') return delivered;
  throw new Advice(
    delivered.kind === 'late'
      ? `${url} didn't answer within ten seconds. Polar would give up, too.`
      : `Nothing answers at ${url}. Start the local stack with "npm start" in another terminal, or pass another address with --url.`,
    { cause: delivered.cause },
  );
}

/** Where `npm start` keeps everything: .local, or what POLAR_AUDIENCE_LOCAL names. */
export function localDirectory(): string {
  const { POLAR_AUDIENCE_LOCAL } = process.env;
  return POLAR_AUDIENCE_LOCAL ?? fileURLToPath(new URL('../../.local', import.meta.url));
}

const runningSchema = z.object({
  processId: z.number(),
  webhookUrl: z.string(),
  consoleUrl: z.string(),
  webhookSecret: z.string(),
  clockUrl: z.string(),
  /** Of the local Polar; absent: none was started. */
  polarUrl: z.exactOptional(z.string()),
});

type Announced = z.infer<typeof runningSchema>;

/** What the other commands need to know of a started stack. */
export type RunningStack = Announced &
  Readonly<{
    /** How far its clock is ahead of this machine. */
    aheadMs: number;
  }>;

/** Makes a started stack known to the other commands, until it is forgotten. */
export async function announce(directory: string, running: Announced): Promise<void> {
  await writeFile(fileIn(directory), JSON.stringify(running), { mode: 0o600 });
}

export async function forget(directory: string): Promise<void> {
  await rm(fileIn(directory), { force: true });
}

/** The stack that runs on this directory; undefined if none does. */
export async function runningStack(directory: string): Promise<RunningStack | undefined> {
  const text = await readFile(fileIn(directory), 'utf8').catch(() => 'null');
  const known = runningSchema.nullable().safeParse(JSON.parse(text)).data;
  if (!known || !isAlive(known.processId)) return undefined;
  return { ...known, aheadMs: keptAheadMs(directory) };
}

/** Throws Advice if a stack runs on this directory: two would spoil each other's data. */
export async function requireNoneRunning(directory: string): Promise<void> {
  const running = await runningStack(directory);
  if (!running) return;
  throw new Advice(
    `The local stack is already running (process ${running.processId}) and takes webhooks at ${running.webhookUrl}. Use that one, or stop it with Ctrl-C first.`,
  );
}

function fileIn(directory: string): string {
  return join(directory, 'running.json');
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}
