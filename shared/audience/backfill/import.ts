import * as z from 'zod/mini';
import {
  isPolarApiError,
  OutOfTurn,
  PolarRefused,
  PolarUnavailable,
} from '#shared/polar/api-error.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { backfillPhases, placeSchema } from './compare.ts';
import { type Living, othersText } from './living.ts';

const progressSchema = z.object({
  phase: z.enum(backfillPhases),
  looked: z.int(),
  total: z.int(),
});

export const importSchema = z.object({
  importId: z.string(),
  /** Goes up with each write, so that nobody overwrites what they have not seen. */
  revision: z.int(),
  /** `look`: only says what an import would do. */
  kind: z.enum(['look', 'import']),
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  organizationId: z.string(),
  organizationName: z.string(),
  by: z.string(),
  startedAt: z.string(),
  changedAt: z.string(),
  /** Where it goes on, and what it came to so far. Absent: nobody has looked yet whose the customers here are. */
  place: z.optional(placeSchema),
  progress: z.optional(progressSchema),
  /** How many customers Polar lists. */
  customers: z.optional(z.int()),
  /** Why it failed, or what keeps it from going on. */
  reason: z.optional(z.string()),
  /** It failed since Polar did not let this access do it: with the same access it would again. */
  isAccessRefused: z.optional(z.boolean()),
  /** How many steps in a row have got nowhere. */
  tries: z.int(),
  /** Who works on it; after a crash somebody else may once the time is over. */
  turn: z.optional(z.object({ owner: z.string(), until: z.string() })),
  /** Somebody who worked on it died: whom that page had brought in already counts as already here. */
  brokeOff: z.optional(z.boolean()),
});

/** The import of the customers that Polar has already, or a look at what it would do. There is one at a time. */
export type Import = Readonly<z.infer<typeof importSchema>>;

export type ImportStore = Readonly<{
  /** The newest one, read consistently. */
  read: () => Promise<Import | undefined>;
  /** Puts `next` in place of `before`. `false`: somebody else has changed it since. */
  put: (next: Import, before: Import | undefined) => Promise<boolean>;
}>;

/** It fails at once, with a sentence for people. */
export class ImportRefused extends Error {
  override readonly name = 'ImportRefused';
}

/** Longer than a page takes, whose end takes the turn again. */
const turnMs = 90_000;
/** About a quarter of an hour, at one step a minute. */
const mostTries = 15;

type Beginning = Readonly<{
  kind: Import['kind'];
  connection: Pick<Connection, 'organizationId' | 'organizationName'>;
  by: string;
  importId: string;
}>;

/** `undefined`: another one is running. */
export function begun(
  { kind, connection, by, importId }: Beginning,
  before: Import | undefined,
  now: Date,
): Import | undefined {
  if (before?.state === 'running') return undefined;
  const { organizationId, organizationName } = connection;
  const at = now.toISOString();
  return {
    ...{ importId, kind, organizationId, organizationName, by },
    ...{ state: 'running', startedAt: at, changedAt: at, tries: 0 },
    revision: (before?.revision ?? 0) + 1,
    // What a look has counted is shown until it is known better.
    customers: before?.organizationId === organizationId ? before.customers : undefined,
  };
}

/** `undefined`: it is over already. */
export function stoppedByHand(known: Import, now: Date): Import | undefined {
  return known.state === 'running' ? over(known, 'stopped', now) : undefined;
}

/** From where it was. `undefined`: it runs, or has nothing left to do. */
export function continued(known: Import, now: Date): Import | undefined {
  if (known.state !== 'stopped' && known.state !== 'failed') return undefined;
  const afresh = { reason: undefined, isAccessRefused: undefined, tries: 0 };
  return { ...next(known, now), state: 'running', ...afresh };
}

/**
 * Its next step is `owner`'s. `undefined`: it is over, or somebody works on it. Whoever died at it has tried: what ends each
 * step, such as a page that takes too much memory, fails it in the end.
 */
export function taken(known: Import, owner: string, now: Date): Import | undefined {
  if (known.state !== 'running') return undefined;
  if (!known.turn) return inTurn(known, owner, now);
  if (Date.parse(known.turn.until) > now.getTime()) return undefined;
  return afterTry({ ...inTurn(known, owner, now), brokeOff: true }, endedEarly, now);
}

/** Keeps the turn for as long again. */
export function inTurn(known: Import, owner: string, now: Date): Import {
  const until = new Date(now.getTime() + turnMs).toISOString();
  return { ...next(known, now), turn: { owner, until } };
}

/** The end of a step that had no more time; one that got nowhere counts as a try. */
export function putAside(known: Import, hasGotOn: boolean, now: Date): Import {
  const free = { ...next(known, now), turn: undefined };
  if (hasGotOn) return free;
  return afterTry(free, tooLarge, now);
}

export function finished(known: Import, now: Date): Import {
  return { ...over(known, 'done', now), reason: undefined };
}

/** What becomes of it when a step threw: what may pass is tried again, a step at a time. */
export function afterFailure(known: Import, error: unknown, now: Date): Import {
  const free = { ...next(known, now), turn: undefined };
  if (error instanceof ImportRefused) return { ...free, state: 'failed', reason: error.message };
  if (!isPolarApiError(error)) return afterTry(free, ourFault, now);
  const mayPass = error instanceof PolarUnavailable || error instanceof OutOfTurn;
  if (mayPass) return afterTry(free, error.message, now);
  const isAccessRefused = error instanceof PolarRefused ? true : undefined;
  return { ...free, state: 'failed', reason: error.message, isAccessRefused };
}

function afterTry(known: Import, reason: string, now: Date): Import {
  const tries = known.tries + 1;
  return tries < mostTries
    ? { ...known, tries, reason }
    : { ...over(known, 'failed', now), tries, reason };
}

function over(known: Import, state: Import['state'], now: Date): Import {
  return { ...next(known, now), state, turn: undefined };
}

function next(known: Import, now: Date): Import {
  return { ...known, revision: known.revision + 1, changedAt: now.toISOString() };
}

const endedEarly = 'A step stopped before it finished. Check the log of the function importer.';
const ourFault = 'It failed on our side. Check the log of the function importer.';
const tooLarge =
  'Checking the customers here takes too long for one step. Run npm run backfill instead.';

/**
 * Why customers of another organization keep everything from being imported; `undefined`: there are none. `covered`: the
 * organizations that Polar names.
 */
export function otherOrganizations(
  living: Pick<Living, 'others'>,
  { organizationId, organizationName }: Pick<Import, 'organizationId' | 'organizationName'>,
  covered: Parameters<typeof othersText>[1],
): string | undefined {
  const counts = othersText(living, covered);
  if (counts === undefined) return undefined;
  return `Customers here belong to another Polar organization than ${organizationName}: ${counts}. Nothing was imported. If this deployment moved from one to the other, run: npm run backfill -- --organization ${organizationId}`;
}
