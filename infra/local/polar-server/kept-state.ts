import { readFile, rename, writeFile } from 'node:fs/promises';
import { Advice } from '#infra/terminal/advice.ts';
import type { PolarState } from './polar-state.ts';

/** What is a list of rows, and what is a map, of that which is kept. */
const lists = [
  'endpoints',
  'events',
  'deliveries',
  'customers',
  'subscriptions',
  'orders',
  'products',
  'payments',
  'customerMails',
] as const;
const maps = ['clients', 'tokens', 'refreshes', 'emailSettings'] as const;

/** Of events and deliveries so many, the newest, outlive a restart. */
const mostKept = 2_000;

function snapshot(state: PolarState): string {
  const events = state.events.slice(-mostKept);
  const kept = new Set(events);
  const deliveries = state.deliveries
    .filter(({ event }) => kept.has(event))
    .map(({ event, ...delivery }) => ({ ...delivery, event: event.id }));
  const rows = Object.fromEntries(lists.map((name) => [name, state[name]]));
  const entries = Object.fromEntries(maps.map((name) => [name, [...state[name]]]));
  // JSON has no infinity: such a token never runs out.
  const endless = (_: string, value: unknown) =>
    value === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : value;
  return JSON.stringify({ ...rows, ...entries, events, deliveries }, endless);
}

/**
 * Puts what a file holds into the state. False where there is no such file: it is the first start. Throws Advice where
 * the file is damaged.
 */
export async function restoreState(file: string, state: PolarState): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  try {
    fill(state, text);
    return true;
  } catch {
    throw new Advice(
      `${file} is damaged, so the local Polar can't start. Start once with --fresh (npm start -- --polar --fresh) to create a new one. That also empties the tables and queues.`,
    );
  }
}

function fill(state: PolarState, text: string): void {
  const kept = JSON.parse(text);
  for (const name of lists) state[name].splice(0, state[name].length, ...(kept[name] ?? []));
  for (const name of maps) {
    for (const [key, value] of kept[name] ?? []) state[name].set(key, value);
  }
  const events = new Map(state.events.map((event) => [event.id, event]));
  for (const [index, delivery] of state.deliveries.entries()) {
    const event = events.get(String(delivery.event));
    if (event) state.deliveries[index] = { ...delivery, event };
  }
}

/** Writes the state into a file soon after each change, for this user's eyes only. */
export function stateKeeper(file: string, state: PolarState) {
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  const write = async () => {
    await writeFile(`${file}.new`, snapshot(state), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  };
  return {
    changed(): void {
      timer ??= setTimeout(() => void flush(), 200);
    },
    flush,
  };
}
