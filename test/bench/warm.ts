import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { type BenchAccount, startBenchAccount } from './bench-account.ts';
import { bundlePeers, bundleProgram } from './bench-bundles.ts';
import { apiEvent, person, queueEvent, type Webhook, webhookOf } from './sample-events.ts';
import { median, quantile } from './statistics.ts';
import { textTable } from './text-table.ts';
import { startWarmProcess, type WarmProcess } from './warm-process.ts';

type Part = Readonly<{ assembly: string; directory: string }>;

const payloads = {
  '2 KB': 'order.paid.no-product-zero',
  '4 KB': 'subscription.active.plain',
  '35 KB': 'subscription.active.awkward',
};
const rounds = 5;
const webhooksARound = 60;
const batchesARound = { 10: 8, 100: 3, 1000: 1 };

/** Processor time of warm functions beside the floor and the peers, in interleaved rounds. */
export async function benchWarm({ assembly, directory }: Part) {
  const account = await startBenchAccount(assembly);
  try {
    const runner = await bundleProgram('warm-runner', directory);
    const peers = await bundlePeers(directory);
    return {
      ingest: await warmIngest(account, runner, peers.ingest),
      worker: await warmWorker(account, runner, peers.worker),
    };
  } finally {
    await account.stop();
  }
}

async function warmIngest(account: BenchAccount, runner: string, peer: string) {
  const processes = await subjects(account, runner, 'ingest', peer);
  const rows: WarmRow[] = [];
  for (const [size, file] of Object.entries(payloads)) {
    const body = fixture(file);
    const events = () =>
      Array.from({ length: webhooksARound }, () =>
        apiEvent({ webhookId: randomUUID(), type: '', body }, account.secret),
      );
    rows.push(...(await measured(processes, size, events, 1)));
  }
  await Promise.all(processes.map(({ process }) => process.stop()));
  return rows;
}

async function warmWorker(account: BenchAccount, runner: string, peer: string) {
  const rows: WarmRow[] = [];
  let nth = 0;
  for (const [size, batches] of Object.entries(batchesARound)) {
    // New processes, so that the peak of memory is that of this size.
    const processes = await subjects(account, runner, 'worker', peer);
    const batch = () => {
      const webhooks: Webhook[] = [];
      while (webhooks.length < Number(size)) {
        nth += 1;
        const someone = { ...person(nth, 'warm'), isNew: true };
        webhooks.push(...purchasePayloads(someone, new Date()).map(webhookOf));
      }
      return queueEvent(webhooks.slice(0, Number(size)));
    };
    const events = () => Array.from({ length: batches }, batch);
    rows.push(...(await measured(processes, `batches of ${size}`, events, Number(size))));
    await Promise.all(processes.map(({ process }) => process.stop()));
  }
  return rows;
}

type Running = Readonly<{ name: string; process: WarmProcess }>;

async function subjects(
  account: BenchAccount,
  runner: string,
  name: 'ingest' | 'worker',
  peer: string,
): Promise<Running[]> {
  const shipped = account.functionNamed(name);
  const environment = { ...account.environmentOf(shipped), POLAR_WEBHOOK_SECRET: account.secret };
  const bundles = { [name]: shipped.bundle, peer, floor: 'floor' };
  return Promise.all(
    Object.entries(bundles).map(async ([subject, bundle]) => ({
      name: subject,
      process: await startWarmProcess(runner, bundle, environment),
    })),
  );
}

export type WarmRow = Readonly<{
  name: string;
  what: string;
  cpuMs: number;
  p99CpuMs: number;
  wallMs: number;
  toFloor: number;
  peakMb: number;
}>;

/** Per event; the percentiles are those of whole invocations divided by their events. */
async function measured(
  running: readonly Running[],
  what: string,
  events: () => readonly unknown[],
  eventsEach: number,
): Promise<WarmRow[]> {
  const samples = running.map(() => ({ cpuMs: [] as number[], wallMs: [] as number[], peakMb: 0 }));
  for (let round = 0; round <= rounds; round++) {
    for (const [nth, { name, process }] of running.entries()) {
      const handled = await process.handle(events());
      for (const answer of handled.answers) requireSuccess(name, answer);
      const sample = samples[nth];
      // The first round warms up.
      if (!sample || round === 0) continue;
      sample.cpuMs.push(...handled.cpuMs.map((ms) => ms / eventsEach));
      sample.wallMs.push(...handled.wallMs.map((ms) => ms / eventsEach));
      sample.peakMb = handled.peakMb;
    }
  }
  const floor = median(samples.at(-1)?.cpuMs ?? []);
  return running.map(({ name }, nth) => {
    const { cpuMs = [], wallMs = [], peakMb = Number.NaN } = samples[nth] ?? {};
    return {
      name,
      what,
      cpuMs: median(cpuMs),
      p99CpuMs: quantile(cpuMs, 0.99),
      wallMs: median(wallMs),
      toFloor: median(cpuMs) / floor,
      peakMb,
    };
  });
}

const successSchema = z.nullish(
  z.union([
    z.object({ statusCode: z.literal(202) }),
    z.object({ batchItemFailures: z.array(z.unknown()).max(0) }),
  ]),
);

/** What failed is quick, and would be a fine figure. */
function requireSuccess(name: string, answer: unknown): void {
  if (successSchema.safeParse(answer).success) return;
  throw new Error(`${name} failed: ${JSON.stringify(answer).slice(0, 500)}`);
}

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/polar/${name}.json`, import.meta.url), 'utf8');
}

export function warmTable(rows: readonly WarmRow[]): string {
  return textTable(
    ['function', 'of', 'CPU ms/event p50', 'p99', '÷ floor', 'wall ms/event p50', 'peak MB'],
    rows.map((row) => [
      row.name,
      row.what,
      row.cpuMs,
      row.p99CpuMs,
      row.toFloor,
      row.wallMs,
      row.peakMb,
    ]),
  );
}
