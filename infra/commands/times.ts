import { Advice } from '#infra/terminal/advice.ts';

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Before this there was no Polar. */
const earliest = Date.UTC(2020, 0, 1);

/** Reads the time of an option, as an age or a day. Throws Advice about what is none. */
export function timeFrom(name: string, given: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(given) ?? [];
  if (unit === 'm' || unit === 'h' || unit === 'd') {
    return new Date(Math.max(earliest, now.getTime() - Number(count) * unitsMs[unit]));
  }
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(given);
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(given) && given.includes('T');
  const at = Date.parse(hasZone || !given.includes('T') ? given : `${given}Z`);
  if (isTime && at >= earliest) return new Date(at);
  throw new Advice(
    `--${name} is a time such as 24h, 2026-11-23 or 2026-11-23T14:30:00Z (in UTC unless it says otherwise), not "${given}".`,
  );
}
