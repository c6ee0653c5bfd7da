import type { Address } from './address.ts';
import type { Contact } from './contact.ts';
import type { Customer } from './customer.ts';
import { isSameData } from './same-data.ts';
import type { Suppression } from './suppression.ts';

/** The rows that decisions are made of, by the key of their table; suppressions and contacts by normalised email. */
export type Rows = {
  customers: Customer;
  addresses: Address;
  contacts: Contact;
  suppressions: Suppression;
};
export type Kind = keyof Rows;

export type RowKey = Readonly<{ kind: Kind; key: string }>;

/** A row as it was read, with the revision that a write must still find; `null` means that there was none. */
export type Stored<T> = Readonly<{ row: T; revision: string }> | null;

export type Known = { readonly [K in Kind]: ReadonlyMap<string, Stored<Rows[K]>> };

export const nothingKnown: Known = {
  customers: new Map(),
  addresses: new Map(),
  contacts: new Map(),
  suppressions: new Map(),
};

/** One step of an atomic write. `revision` is what must still stand there; `null` means that nothing may. */
export type Step<T> = Readonly<{ key: string; revision: string | null }> &
  (Readonly<{ act: 'put'; row: T }> | Readonly<{ act: 'delete' | 'check' }>);

export type Steps = { readonly [K in Kind]: readonly Step<Rows[K]>[] };

type Table<T> = {
  get(key: string): T | undefined;
  put(key: string, row: T): void;
  remove(key: string): void;
};

/**
 * A working copy of the rows that one decision reads and changes. Every row that was looked at is either written
 * or checked, so a decision holds only if nothing that it saw has changed since.
 */
export type Workspace = { readonly [K in Kind]: Table<Rows[K]> } & {
  /** Rows that were looked at but never read from the store: the decision is worth nothing before they are. */
  missing(): RowKey[];
  /** `undefined` when no row changes. */
  steps(): Steps | undefined;
};

export function workspace(known: Known): Workspace {
  const customers = table(known.customers);
  const addresses = table(known.addresses);
  const contacts = table(known.contacts);
  const suppressions = table(known.suppressions);
  const tables = { customers, addresses, contacts, suppressions };
  const kinds = ['customers', 'addresses', 'contacts', 'suppressions'] as const;
  return {
    ...tables,
    missing: () => kinds.flatMap((kind) => tables[kind].missing().map((key) => ({ kind, key }))),
    steps: () =>
      kinds.some((kind) => tables[kind].hasChanged())
        ? {
            customers: customers.steps(),
            addresses: addresses.steps(),
            contacts: contacts.steps(),
            suppressions: suppressions.steps(),
          }
        : undefined,
  };
}

export type Load = { kind: 'load'; keys: RowKey[] };

/** What a workspace came to: rows that must be read first, or what to write and what to say of it. */
export function outcomeIn<T extends object>(
  w: Workspace,
  said: T,
): Load | ({ kind: 'commit'; steps: Steps | undefined } & T) {
  const keys = w.missing();
  if (keys.length > 0) return { kind: 'load', keys };
  return { kind: 'commit', steps: w.steps(), ...said };
}

function table<T>(read: ReadonlyMap<string, Stored<T>>) {
  const seen = new Set<string>();
  const changed = new Map<string, T | null>();
  const before = (key: string) => read.get(key)?.row ?? null;
  const set = (key: string, row: T | null) => {
    seen.add(key);
    if (isSameData(row, before(key))) changed.delete(key);
    else changed.set(key, row);
  };

  return {
    get(key: string): T | undefined {
      seen.add(key);
      return (changed.has(key) ? changed.get(key) : before(key)) ?? undefined;
    },
    put: set,
    remove: (key: string) => set(key, null),
    missing: () => [...seen].filter((key) => !read.has(key)),
    hasChanged: () => changed.size > 0,
    steps: () =>
      [...seen].map((key): Step<T> => {
        const revision = read.get(key)?.revision ?? null;
        const row = changed.get(key);
        if (row === undefined) return { act: 'check', key, revision };
        return row === null ? { act: 'delete', key, revision } : { act: 'put', key, revision, row };
      }),
  };
}
