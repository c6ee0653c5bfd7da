import '#infra/local/loopback-only.ts';
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/*
 * A process that stays: it loads one bundle, then handles the events that its parent sends and tells for each what
 * processor time it took, and how much memory the process ever had.
 */
type Loaded = { handler: (event: unknown, context: object) => unknown };
type Task = { events: unknown[] };

const floorKey = createSecretKey(randomBytes(32));
const plentyOfTime = { getRemainingTimeInMillis: () => 600_000 };
const [bundle = ''] = process.argv.slice(2);
const { handler } = await loaded(bundle);

process.on('message', (task: Task) => {
  void handled(task).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function loaded(directory: string): Promise<Loaded> {
  if (directory === 'floor') return { handler: floor };
  const module = join(directory, 'index.mjs');
  if (existsSync(module)) return import(pathToFileURL(module).href);
  return createRequire(import.meta.url)(join(directory, 'index.js'));
}

async function handled({ events }: Task) {
  const cpuMs: number[] = [];
  const wallMs: number[] = [];
  const answers: unknown[] = [];
  for (const event of events) {
    const cpuBefore = process.cpuUsage();
    const before = performance.now();
    answers.push(await handler(event, plentyOfTime));
    wallMs.push(performance.now() - before);
    const { user, system } = process.cpuUsage(cpuBefore);
    cpuMs.push((user + system) / 1_000);
  }
  return { cpuMs, wallMs, answers, peakMb: process.resourceUsage().maxRSS / 1_024 };
}

/** What nobody can do without: one HMAC over each body and one JSON.parse of it. */
function floor(event: unknown): void {
  const { Records, body } = event as { Records?: { body: string }[]; body?: string };
  for (const text of Records?.map((record) => record.body) ?? [body ?? '']) {
    createHmac('sha256', floorKey).update(text).digest();
    JSON.parse(text);
  }
}
