const iso8601 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|z|[+-]\d\d:?\d\d)?$/;

/**
 * A time of Polar in UTC with exactly six fraction digits, so that two of them compare as strings;
 * `undefined` when the text is no ISO 8601 time. Polar sends 0 to 6 digits, and a `Date` would drop the last three.
 */
export function instant(text: string): string | undefined {
  const match = iso8601.exec(text.trim());
  if (!match) return undefined;
  const [, day, clock, fraction = '', zone = 'Z'] = match;
  const asIfUtc = new Date(`${day}T${clock}Z`);
  if (Number.isNaN(asIfUtc.getTime()) || !asIfUtc.toISOString().startsWith(`${day}T${clock}`))
    return undefined;
  const utc = new Date(asIfUtc.getTime() - offsetMinutes(zone) * 60_000).toISOString();
  // A year beyond 9999 would be written longer and sort wrongly.
  if (utc.length !== 24) return undefined;
  const seconds = utc.slice(0, 19);
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

function offsetMinutes(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith('-') ? -minutes : minutes;
}
