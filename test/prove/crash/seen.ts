import type { Item, Tables } from '#test/prove/account.ts';
import { readableRow } from '#test/support/readable-row.ts';

const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const ledgerKey = /"[A-Za-z0-9_-]{43}"/g;
const instant = /"\d{4}-\d\d-\d\dT[\d:.]+Z"/g;

/** They are opaque or times, or follow from such. */
const unseen = [
  'revision',
  'token',
  'creationShard',
  'groupShard',
  'workflowShard',
  'dayShard',
  'expiresAt',
];

/**
 * Everything in tables as text, equal for equal audiences: opaque ids are named in the order in
 * which they come, and all times from `since` on are one.
 */
export function seen(tables: Tables, since: Date): string {
  const rows = Object.entries(tables)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([table, items]) => [table, items.map(readable).toSorted(byWhatIsSettled)]);
  const everything = JSON.stringify(rows, undefined, 1);
  const names = new Map<string, string>();
  const named = (kind: string) => (id: string) => {
    const name = names.get(id) ?? `${kind} ${names.size}`;
    names.set(id, name);
    return name;
  };
  return everything
    .replaceAll(instant, (time) => (new Date(JSON.parse(time)) >= since ? '"now"' : time))
    .replaceAll(uuid, named('id'))
    .replaceAll(ledgerKey, (key) => `"${named('key')(key)}"`);
}

function readable(item: Item): unknown {
  return sorted(readableRow(item));
}

function sorted(value: unknown): unknown {
  if (value instanceof Set) return [...value].sort();
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !unseen.includes(name));
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]),
  );
}

function byWhatIsSettled(a: unknown, b: unknown): number {
  const settled = (item: unknown) => {
    const { email, customerId, webhookId, workflowId, name, addressHash } = Object(item);
    return [email, customerId, webhookId, workflowId, name, addressHash].join(' ');
  };
  return settled(a) < settled(b) ? -1 : 1;
}
