import * as z from 'zod';
import { startBenchAccount } from './bench-account.ts';
import { type Call, startCountingProxy } from './counting-proxy.ts';

export const scheduled = ['clock', 'watch', 'rollup', 'importer'] as const;
export type Scheduled = (typeof scheduled)[number];

/** What one call of a scheduled function asks of AWS while nothing happens, on average over a day. */
export type IdleCall = Readonly<{
  readUnits: number;
  writeUnits: number;
  secretReads: number;
  logBytes: number;
  /** Its lines, for what is counted in them. */
  lines: readonly Readonly<Record<string, unknown>>[];
}>;
export type IdleCalls = Readonly<Record<Scheduled, IdleCall>>;

/** Rollup's first call here counts this far back, so that it shows what an hour costs. */
const daysCountedFirst = 2;

/**
 * How many hours a call of rollup counts on average (`shared/audience/counts/plan.ts`): the present one, the last one until
 * it is ten minutes over, the three before that once an hour, and all of fifteen days once a day.
 */
const callsOfDay = 288;
const hoursOfCall = 1 + 10 / 60 + (3 * 24 + 15 * 24) / callsOfDay;

const lineSchema = z.record(z.string(), z.unknown());

/** Runs the scheduled functions on empty tables, and counts on the wire. */
export async function idleCalls(assembly: string): Promise<IdleCalls> {
  const calls: Call[] = [];
  const proxies: { stop: () => Promise<void> }[] = [];
  const account = await startBenchAccount(assembly, async (endpoint) => {
    const proxy = await startCountingProxy(endpoint, (call) => calls.push(call));
    proxies.push(proxy);
    return proxy.address;
  });
  const called = async (name: Scheduled): Promise<IdleCall[]> => {
    const lines: string[] = [];
    const process = await account.processOf(
      name,
      (_, line) => lines.push(line),
      name === 'rollup' ? { RETENTION_DAYS: String(daysCountedFirst) } : {},
    );
    const each: IdleCall[] = [];
    for (let nth = 0; nth < 2; nth++) {
      calls.length = 0;
      lines.length = 0;
      const result = await process.invoke({}, 'Root=1-00000000-000000000000000000000000');
      if (result.kind === 'error') throw new Error(result.message);
      each.push(idleCallOf(calls, lines));
    }
    await process.stop();
    return each;
  };
  try {
    const byName: [Scheduled, IdleCall][] = [];
    for (const name of scheduled) {
      const [first, next] = await called(name);
      if (!first || !next) throw new Error(`${name} was not called.`);
      byName.push([name, name === 'rollup' ? averaged(first, next) : next]);
    }
    const { clock, watch, rollup, importer } = Object.fromEntries(byName);
    if (!clock || !watch || !rollup || !importer) {
      throw new Error('A scheduled function is missing.');
    }
    return { clock, watch, rollup, importer };
  } finally {
    for (const proxy of proxies) await proxy.stop();
    await account.stop();
  }
}

function idleCallOf(calls: readonly Call[], lines: readonly string[]): IdleCall {
  const sum = (of: (call: Call) => number) => calls.reduce((total, call) => total + of(call), 0);
  return {
    readUnits: sum(({ readUnits }) => readUnits),
    writeUnits: sum(({ writeUnits }) => writeUnits),
    secretReads: sum(({ operation }) => (operation === 'GetSecretValue' ? 1 : 0)),
    logBytes: lines.reduce((total, line) => total + line.length + 1, 0),
    lines: lines.map((line) => lineSchema.parse(JSON.parse(line))),
  };
}

const countedSchema = z.object({ message: z.literal('counted hours'), hours: z.number() });

/** A call that counts as many hours as it does on average, from one that counted many and one that counted few. */
function averaged(many: IdleCall, few: IdleCall): IdleCall {
  const hoursOf = ({ lines }: IdleCall) =>
    lines.flatMap((line) => countedSchema.safeParse(line).data?.hours ?? [])[0] ?? 0;
  const over = (of: (call: IdleCall) => number) => {
    const ofHour = (of(many) - of(few)) / (hoursOf(many) - hoursOf(few));
    return of(few) + (hoursOfCall - hoursOf(few)) * ofHour;
  };
  return {
    ...few,
    readUnits: over(({ readUnits }) => readUnits),
    writeUnits: over(({ writeUnits }) => writeUnits),
  };
}
