import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { WebhookRequest } from '#functions/ingest/ingest.ts';
import { maxMessageBytes } from '#shared/queue/encode-event-message.ts';
import type { Proof } from '#test/prove/proof.ts';
import { contents, forgeries, ingestUnderLoad, keyCount } from './cost.ts';

const yardsticks = {
  /** The library makes an error with its stack for each key, and the genuine one is spared its call of the queue. */
  forged: { mostTimes: 4 * keyCount, name: 'a genuine one of its size' },
  /** Besides there are looks for what is no text and what the queue does not take, and the measuring of body and message. */
  signed: { mostTimes: 3, name: 'hashing, reading and packing it' },
} as const;
type Kind = keyof typeof yardsticks;
/** Below this size what is done once for a request outweighs what is done for its bytes. */
const leastJudgedBytes = 100_000;

const rounds = 5;
const leastRoundMs = 120;
const leastTurnMs = 15;
const judgedSizes = [1_000, 100_000, 6_200_000];

/** The greatest of so many ratios to the yardstick. */
type Worst = { points: number; ratio: number };

/** What answering a forged request of so many bytes takes of a processor. */
type ForgedCost = Readonly<{ bytes: number; ms: number }>;

export type TimeProof = Proof &
  Readonly<{ worst: Readonly<Record<Kind, Worst>>; forged: readonly ForgedCost[] }>;

/** The last is more than ingest hashes. */
const statedSizes = [1_000, 100_000, 1_000_000, 3_000_000, 4_400_000];

/**
 * The processor time of hostile requests, never in seconds: each beside what a genuine request of the same size takes,
 * or beside what nobody can do without, in turn.
 */
export async function proveTime(): Promise<TimeProof> {
  const { answered, genuine } = await ingestUnderLoad();
  const failures: string[] = [];
  const worst = { forged: { points: 0, ratio: 0 }, signed: { points: 0, ratio: 0 } };

  function judge(kind: Kind, ratio: number, what: string): void {
    const own = worst[kind];
    const { mostTimes, name } = yardsticks[kind];
    own.points += 1;
    own.ratio = Math.max(own.ratio, ratio);
    if (ratio <= mostTimes) return;
    const times = `${ratio.toFixed(1)} times as long as ${name}`;
    failures.push(`${what} takes ${times}; at most ${mostTimes} times are allowed.`);
  }

  for (const bytes of judgedSizes) {
    for (const [name, forgery] of Object.entries(forgeries)) {
      const request = forgery(bytes);
      const usual = genuine(`{"type":"order.paid","data":"${'x'.repeat(sizeOf(request))}"}`);
      const ratio = await ratioOf(
        () => answered(request),
        () => answered(usual),
      );
      judge('forged', ratio, `A forged request ${name} of ${bytes} bytes`);
    }
    if (bytes < leastJudgedBytes) continue;
    for (const [name, content] of Object.entries(contents)) {
      const body = content(bytes);
      const request = genuine(body);
      const ratio = await ratioOf(
        () => answered(request),
        async () => floor(body),
      );
      judge('signed', ratio, `A signed body of ${name} of ${bytes} bytes`);
    }
  }
  const forged: ForgedCost[] = [];
  for (const bytes of statedSizes) {
    const request = forgeries['signed with another secret']?.(bytes);
    if (request) forged.push({ bytes, ms: await processorMs(() => answered(request)) });
  }
  return { points: worst.forged.points + worst.signed.points, failures, worst, forged };
}

/** Of everything that its sender chose. */
function sizeOf({ headers, body = '' }: WebhookRequest): number {
  return JSON.stringify(headers).length + body.length;
}

/** A character that cannot travel as it is. */
const beyondQueue = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]/;

/**
 * What nobody can do without: a hash, a reading, and base64 or a compression where the queue takes the body in no other
 * way.
 */
function floor(body: string): void {
  createHmac('sha256', 'any key').update(new TextEncoder().encode(body)).digest();
  JSON.parse(body);
  if (beyondQueue.test(body)) Buffer.from(body).toString('base64');
  if (Buffer.byteLength(body) > maxMessageBytes) gzipSync(body, { level: 9 });
}

/**
 * The median of several rounds. Within one, both run in turn for a short while each, so that whatever else the machine
 * does makes both dearer.
 */
async function ratioOf(one: () => Promise<unknown>, other: () => Promise<unknown>) {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const from = process.cpuUsage();
    let [ofOne, ofOther] = [0, 0];
    do {
      ofOne += await processorMs(one);
      ofOther += await processorMs(other);
    } while (processorMsSince(from) < leastRoundMs);
    ratios.push(ofOne / ofOther);
  }
  return ratios.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

/** Of one call, the mean of as many as fill a turn: the clock of processor time ticks in milliseconds. */
async function processorMs(act: () => Promise<unknown>): Promise<number> {
  const from = process.cpuUsage();
  for (let calls = 1; ; calls += 1) {
    await act();
    const ms = processorMsSince(from);
    if (ms >= leastTurnMs) return ms / calls;
  }
}

function processorMsSince(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1_000;
}
