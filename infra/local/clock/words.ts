import { Advice } from '#infra/terminal/advice.ts';

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000 };
const longestMs = 366 * unitMs.d;

/** Reads how far a clock is to be moved on, such as `+3d`, `+6h` or `+90m`. Throws Advice about anything else. */
export function spanFrom(given: string): number {
  const [, count, unit] = /^\+(\d{1,7})([dhm])$/.exec(given) ?? [];
  if (given.startsWith('-')) {
    throw new Advice(
      'The clock never goes back: what has happened stays. To start over at this machine\'s time, run "npm start -- --fresh".',
    );
  }
  const [, ms] = Object.entries(unitMs).find(([name]) => name === unit) ?? [];
  if (ms === undefined || Number(count) === 0) {
    throw new Advice(`Pass how far, such as +3d, +6h or +90m, not "${given}".`);
  }
  const spanMs = Number(count) * ms;
  if (spanMs > longestMs) throw new Advice('Move the clock by at most a year at a time.');
  return spanMs;
}

/** A span in days, hours and minutes. */
export function spanText(ms: number): string {
  const minutes = Math.round(ms / unitMs.m);
  const parts = [
    counted(Math.floor(minutes / 1_440), 'day'),
    counted(Math.floor(minutes / 60) % 24, 'hour'),
    counted(minutes % 60, 'minute'),
  ].filter((part) => part !== '');
  return parts.join(' ') || 'less than a minute';
}

/** A time for people, in UTC, as the product writes it everywhere. */
export function timeText(at: Date): string {
  return at.toISOString().replace(/^(.{10})T(.{5}).*$/, '$1 $2 UTC');
}

function counted(count: number, unit: string): string {
  return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
}
