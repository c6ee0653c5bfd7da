import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { type BenchAccount, startBenchAccount } from './bench-account.ts';
import { bundleByHand, bundleEmpty, bundlePeers, bundleProgram } from './bench-bundles.ts';
import { type ColdStart, coldStart, type Subject } from './cold-start.ts';
import { apiEvent, httpRequest, person, queueEvent, webhookOf } from './sample-events.ts';
import { codeBytes } from './shipped-bundles.ts';
import { startSlowProxy } from './slow-proxy.ts';
import { median } from './statistics.ts';
import { textTable } from './text-table.ts';

type Part = Readonly<{ assembly: string; directory: string; runs: number }>;

/** What each service takes to answer, about as long as from a function to a service of its region. */
const answerMs = 5;

/** Cold starts of every shipped bundle beside an empty function and the peers, one after another in each round. */
export async function benchCold({ assembly, directory, runs }: Part) {
  const proxies: { stop: () => Promise<void> }[] = [];
  const account = await startBenchAccount(assembly, async (endpoint) => {
    const proxy = await startSlowProxy(endpoint, answerMs);
    proxies.push(proxy);
    return proxy.address;
  });
  try {
    // A console of which nothing was counted is one that was deployed within five minutes.
    await invokedOnce(account, 'rollup');
    const bootstrap = await bundleProgram('cold-bootstrap', directory);
    const [empty, peers] = [await bundleEmpty(directory), await bundlePeers(directory)];
    const byHand = await bundleByHand(directory);
    const ingest = account.environmentOf(account.functionNamed('ingest'));
    const worker = account.environmentOf(account.functionNamed('worker'));
    const secret = { POLAR_WEBHOOK_SECRET: account.secret };
    const events = firstEvents(account.secret);
    const subjects: Subject[] = [
      { name: 'empty', bundle: empty, environment: ingest, event: () => ({}) },
      ...account.functions.map((one) => ({
        name: one.name,
        bundle: one.bundle,
        environment: account.environmentOf(one),
        ...(one.name in events && { event: events[one.name as keyof typeof events] }),
      })),
      {
        name: 'by hand',
        bundle: byHand,
        environment: { ...ingest, ...secret },
        event: events.ingest,
      },
      {
        name: 'peer of ingest',
        bundle: peers.ingest,
        environment: { ...ingest, ...secret },
        event: events.ingest,
      },
      {
        name: 'peer of worker',
        bundle: peers.worker,
        environment: { ...worker, ...secret },
        event: events.worker,
      },
    ];
    const rounds = await interleaved(subjects, bootstrap, runs);
    return await results(subjects, rounds);
  } finally {
    for (const proxy of proxies) await proxy.stop();
    await account.stop();
  }
}

async function invokedOnce(account: BenchAccount, name: string): Promise<void> {
  const process = await account.processOf(name, () => {});
  const result = await process.invoke({}, 'Root=1-00000000-000000000000000000000000');
  await process.stop();
  if (result.kind === 'error') throw new Error(result.message);
}

function firstEvents(secret: string) {
  let nth = 0;
  const webhook = () => {
    nth += 1;
    const someone = { ...person(nth, 'cold'), isNew: true };
    return webhookOf(polarPayload('customer.created', someone, new Date()));
  };
  return {
    ingest: () => apiEvent(webhook(), secret),
    worker: () => queueEvent([webhook()]),
    unsubscribe: () => httpRequest('GET', `/unsubscribe/${randomUUID()}`),
    console: () => httpRequest('GET', '/console'),
  };
}

async function interleaved(subjects: readonly Subject[], bootstrap: string, runs: number) {
  const rounds: ColdStart[][] = [];
  // The first round fills the disk's cache and does not count.
  for (let round = 0; round <= runs; round++) {
    const starts: ColdStart[] = [];
    for (const subject of subjects) starts.push(await coldStart(subject, bootstrap));
    if (round > 0) rounds.push(starts);
  }
  return rounds;
}

/**
 * `answeredMs`: from the start of the process to the answer of the first event. `ownMs`: of that, what the function has in
 * its hands, which is to load its code and to answer; not Node's own start.
 */
type Figure = 'readyMs' | 'importMs' | 'importCpuMs' | 'firstMs' | 'answeredMs' | 'ownMs';

async function results(subjects: readonly Subject[], rounds: readonly ColdStart[][]) {
  const figure = (start: ColdStart | undefined, key: Figure) => {
    if (!start) return Number.NaN;
    if (key === 'answeredMs') return start.readyMs + start.firstMs;
    return key === 'ownMs' ? start.importMs + start.firstMs : start[key];
  };
  const of = (nth: number, key: Figure) => median(rounds.map((starts) => figure(starts[nth], key)));
  const nthNamed = (name: string) => subjects.findIndex((subject) => subject.name === name);
  // A ratio is taken within each round, so that what else the machine does weighs on both sides.
  const ratio = (nth: number, other: string, key: Figure) =>
    median(rounds.map((starts) => figure(starts[nth], key) / figure(starts[nthNamed(other)], key)));
  // Below an empty function, and what is done by hand, no accepted webhook can be.
  const isFloor = (name: string) => name === 'empty' || name === 'by hand';
  const peerOf = (name: string) => `peer of ${isFloor(name) ? 'ingest' : name}`;
  return await Promise.all(
    subjects.map(async (subject, nth) => ({
      name: subject.name,
      bytes: await bytesOf(subject.bundle),
      importMs: of(nth, 'importMs'),
      importCpuMs: of(nth, 'importCpuMs'),
      readyMs: of(nth, 'readyMs'),
      firstInvocationMs: of(nth, 'firstMs'),
      answeredMs: of(nth, 'answeredMs'),
      answeredToPeer: ratio(nth, peerOf(subject.name), 'answeredMs'),
      ownMs: of(nth, 'ownMs'),
      ownToPeer: ratio(nth, peerOf(subject.name), 'ownMs'),
      readyToEmpty: ratio(nth, 'empty', 'readyMs'),
      importToPeer: ratio(nth, peerOf(subject.name), 'importMs'),
      importCpuToPeer: ratio(nth, peerOf(subject.name), 'importCpuMs'),
      loadsUndici: rounds.some((starts) => starts[nth]?.loadsUndici),
    })),
  );
}

async function bytesOf(bundle: string): Promise<number> {
  return codeBytes(bundle).catch(async () => (await stat(join(bundle, 'index.js'))).size);
}

export function coldTable(rows: Awaited<ReturnType<typeof benchCold>>): string {
  return textTable(
    [
      'function',
      'bytes',
      'import ms',
      'CPU',
      'ready ms',
      '÷ empty',
      'import ÷ peer',
      'CPU ÷ peer',
      'first',
      'import + first',
      '÷ peer',
      'answered',
      '÷ peer',
      'undici',
    ],
    rows.map((row) => [
      row.name,
      row.bytes,
      row.importMs,
      row.importCpuMs,
      row.readyMs,
      row.readyToEmpty,
      row.importToPeer,
      row.importCpuToPeer,
      row.firstInvocationMs,
      row.ownMs,
      row.ownToPeer,
      row.answeredMs,
      row.answeredToPeer,
      row.loadsUndici ? 'loaded' : 'no',
    ]),
  );
}
