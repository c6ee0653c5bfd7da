import type { Suppression } from '#shared/audience/consent/suppression.ts';
import {
  formerSpellings,
  type NormalisedEmail,
  normalisedEmail,
  normalisedEmailSchema,
} from '#shared/audience/person/address.ts';
import type { Address, Contact, Customer } from '#shared/audience/person/person.ts';
import { united } from '#shared/audience/person/united.ts';
import type { LedgerState, Run } from '#shared/audience/runs/run.ts';
import type { Workflow } from '#shared/audience/workflow.ts';

/**
 * That a person was erased, by every name that somebody may ask for it with. The store keeps addresses as hashes, like
 * suppressions, and for ever.
 */
export type Erased = Readonly<{
  customerId?: string | undefined;
  contactIds: readonly string[];
  emails: readonly NormalisedEmail[];
  erasedAt: string;
  /** When it was asked for, and by whom. */
  askedAt: string;
  askedBy: string;
}>;

/** Whether two values hold the same data; absent and `undefined` fields are the same. */
export function isSameData(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return [...new Set([...left.keys(), ...right.keys()])].every((key) =>
    isSameData(left.get(key), right.get(key)),
  );
}

/** The rows that decisions are made of, by the key of their table. */
export type Rows = {
  customers: Customer;
  addresses: Address;
  contacts: Contact;
  suppressions: Suppression;
  runs: Run;
  /** Looked at, and neither written nor checked: the ledger's, and workflows, which people write. */
  emails: LedgerState;
  workflows: Workflow;
};
type Watched = Exclude<Kind, 'emails' | 'workflows'>;
export type Kind = keyof Rows;

/** Suppressions go by a normalised address, too, or by its hash, where nothing but that is known. */
type Keys = {
  customers: string;
  addresses: NormalisedEmail;
  contacts: NormalisedEmail;
  suppressions: string;
  runs: string;
  emails: string;
  workflows: string;
};

export type RowKey<K extends Kind = Kind> = {
  [P in K]: Readonly<{ kind: P; key: Keys[P] }>;
}[K];

/**
 * A row as it was read, with the revision that a write must still find; `null` means that there was none. `isFindable`:
 * of a contact, whether its words are in the index of words.
 */
export type Stored<T> = Readonly<{ row: T; revision: string; isFindable?: boolean }> | null;

export type Known = { readonly [K in Kind]: ReadonlyMap<Keys[K], Stored<Rows[K]>> };

export const nothingKnown: Known = {
  customers: new Map(),
  addresses: new Map(),
  contacts: new Map(),
  suppressions: new Map(),
  runs: new Map(),
  emails: new Map(),
  workflows: new Map(),
};

/**
 * One step of an atomic write. `revision` is what must still be there; `null` means that nothing may. `before` is the
 * row that a write replaces, for what the store derives from it.
 */
export type Step<T, K = string> = Readonly<{ key: K; revision: string | null }> &
  (
    | Readonly<{ act: 'put'; row: T; before?: Stored<T> }>
    | Readonly<{ act: 'delete'; before?: Stored<T> }>
    | Readonly<{ act: 'check' }>
  );

/** `runs` is absent where none was looked at. */
export type Steps = {
  readonly [K in Exclude<Watched, 'runs'>]: readonly Step<Rows[K], Keys[K]>[];
} & { readonly runs?: readonly Step<Run>[] };

type Table<K, T> = {
  get(key: K): T | undefined;
  put(key: K, row: T): void;
  remove(key: K): void;
};

/**
 * A working copy of the rows that one decision reads and changes. Every row that was looked at is either written
 * or checked, so a decision holds only if nothing that it saw has changed since. What version 0.1.0 kept of one mailbox
 * under several spellings is one row here, and becomes one with the first write.
 */
export type Workspace = { readonly [K in Watched]: Table<Keys[K], Rows[K]> } & {
  readonly [K in Exclude<Kind, Watched>]: Pick<Table<Keys[K], Rows[K]>, 'get'>;
} & {
  /** The key of an address. What version 0.1.0 may have kept under this very spelling is found from then on. */
  spelled(address: string): NormalisedEmail;
  /** Rows that were looked at but never read from the store: the decision is worth nothing before they are. */
  missing(): RowKey[];
  /** `undefined` when no row changes, unless what was looked at is to be checked all the same. */
  steps(): Steps | undefined;
  /** What is decided holds only while the rows are as they were, although it changes none of them. */
  checkAll(): void;
  /** Keeps a proof of an erasure together with the rows that it changes. */
  noteErased(erased: Erased): void;
  erased(): readonly Erased[];
};

/** The working copy of what is known. */
export function workspace(known: Known): Workspace {
  const typed = new Map<NormalisedEmail, Set<string>>();
  const spelled = (address: string) => {
    const email = normalisedEmail(address);
    typed.set(email, (typed.get(email) ?? new Set()).add(address));
    return email;
  };
  for (const stored of known.customers.values()) {
    for (const address of stored?.row.addresses ?? []) spelled(address);
    if (stored?.row.email) spelled(stored.row.email.value);
  }
  const formerOf = (email: NormalisedEmail) => formerSpellings(email, typed.get(email));
  const customers = table(known.customers);
  const addresses = table(known.addresses, formerOf, united.addresses);
  const contacts = table(known.contacts, formerOf, united.contacts);
  const suppressions = table(
    known.suppressions,
    (key) => formerOf(normalisedEmailSchema.parse(key)),
    united.suppressions,
  );
  const runs = table(known.runs);
  const tables = { customers, addresses, contacts, suppressions, runs };
  const emails = table(known.emails);
  const workflows = table(known.workflows);
  const kinds = ['customers', 'addresses', 'contacts', 'suppressions', 'runs'] as const;
  const erased: Erased[] = [];
  let isChecked = false;
  return {
    ...{ ...tables, emails, workflows },
    spelled,
    noteErased: (one) => void erased.push(one),
    erased: () => erased,
    missing: () => [
      ...kinds.flatMap((kind) => missingOf(kind, tables[kind])),
      ...missingOf('emails', emails),
      ...missingOf('workflows', workflows),
    ],
    checkAll() {
      isChecked = true;
    },
    steps: () => {
      if (!isChecked && !kinds.some((kind) => tables[kind].hasChanged())) return undefined;
      const runSteps = runs.steps();
      return {
        customers: customers.steps(),
        addresses: addresses.steps(),
        contacts: contacts.steps(),
        suppressions: suppressions.steps(),
        ...(runSteps.length > 0 && { runs: runSteps }),
      };
    },
  };
}

function missingOf<K extends Kind>(
  kind: K,
  { missing }: Readonly<{ missing: () => Keys[K][] }>,
): RowKey<K>[] {
  return missing().map((key) => ({ kind, key }));
}

/** `formerOf`: the keys under which there may be more of the same; `unite` makes one row of them. */
function table<K, T>(
  read: ReadonlyMap<K, Stored<T>>,
  formerOf: (key: K) => K[] = () => [],
  unite?: (key: K, rows: readonly T[]) => T,
) {
  const seen = new Set<K>();
  const changed = new Map<K, T | null>();
  const former = (key: K) => formerOf(key).flatMap((one) => read.get(one) ?? []);
  const before = (key: K): T | null => {
    const own = read.get(key)?.row ?? null;
    const others = former(key).map(({ row }) => row);
    if (!unite || others.length === 0) return own;
    return unite(key, own === null ? others : [own, ...others]);
  };
  const set = (key: K, row: T | null) => {
    seen.add(key);
    if (former(key).length === 0 && isSameData(row, before(key))) changed.delete(key);
    else changed.set(key, row);
  };
  const stepOf = (key: K): Step<T, K> => {
    const stored = read.get(key) ?? null;
    const revision = stored?.revision ?? null;
    const row = changed.get(key);
    if (row) return { act: 'put', key, revision, row, ...(stored && { before: stored }) };
    return row === null && stored ? deletion(key, stored) : { act: 'check', key, revision };
  };
  const formerSteps = (key: K): Step<T, K>[] =>
    formerOf(key).flatMap((one): Step<T, K>[] => {
      const stored = read.get(one);
      if (!stored) return [];
      return [
        changed.has(key)
          ? deletion(one, stored)
          : { act: 'check', key: one, revision: stored.revision },
      ];
    });

  return {
    get(key: K): T | undefined {
      seen.add(key);
      return (changed.has(key) ? changed.get(key) : before(key)) ?? undefined;
    },
    put: set,
    remove: (key: K) => set(key, null),
    missing: () =>
      [...seen].flatMap((key) => [key, ...formerOf(key)]).filter((key) => !read.has(key)),
    hasChanged: () => changed.size > 0,
    steps: () => [...seen].flatMap((key) => [stepOf(key), ...formerSteps(key)]),
  };
}

function deletion<T, K>(key: K, before: NonNullable<Stored<T>>): Step<T, K> {
  return { act: 'delete', key, revision: before.revision, before };
}

/** A workspace for who only looks. */
export type Reading = Pick<Workspace, 'spelled'> & {
  readonly [K in Kind]: Pick<Workspace[K], 'get'>;
};

/** What was known, and what was read since. */
export function together(known: Known, more: Known): Known {
  return {
    customers: new Map([...known.customers, ...more.customers]),
    addresses: new Map([...known.addresses, ...more.addresses]),
    contacts: new Map([...known.contacts, ...more.contacts]),
    suppressions: new Map([...known.suppressions, ...more.suppressions]),
    runs: new Map([...known.runs, ...more.runs]),
    emails: new Map([...known.emails, ...more.emails]),
    workflows: new Map([...known.workflows, ...more.workflows]),
  };
}
