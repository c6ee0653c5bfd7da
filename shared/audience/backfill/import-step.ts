import type { PolarApi } from '#shared/polar/api.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { type BackfillPhase, backfillPhases, compareLists } from './compare.ts';
import {
  afterFailure,
  finished,
  type Import,
  ImportRefused,
  type ImportStore,
  inTurn,
  otherOrganizations,
  putAside,
  taken,
} from './import.ts';
import { countLiving } from './living.ts';
import { noCounts, type PageParts } from './page.ts';

/** What Polar is reached by. */
type Reached = Pick<Connection, 'server' | 'url'>;

export type ImportParts = Pick<PageParts, 'store' | 'now' | 'newId' | 'pause'> &
  Readonly<{
    imports: ImportStore;
    connection: () => Promise<(Reached & Pick<Connection, 'organizationId'>) | undefined>;
    apiOf: (connection: Reached) => Pick<PolarApi, BackfillPhase | 'organizations'>;
    /** As they are now. Throws `ImportRefused` where they are not valid. */
    settings: () => Promise<PageParts['settings']>;
    /** All customers here that live, page by page. */
    living: () => Parameters<typeof countLiving>[0];
  }>;

/** A turn is kept by a write, but not by one for each page of a long table. */
const renewalMs = 20_000;

/**
 * Works on the import that runs, for about so long, unless somebody else does. Each page is saved once it is done, so
 * that a crash repeats one page at most, which is harmless. Throws only where our own stores fail; that is noted, too.
 */
export async function workOnImport(parts: ImportParts, forMs: number): Promise<void> {
  const at = await turnOf(parts, forMs);
  if (!at) return;
  try {
    await work(at, parts);
  } catch (error) {
    await at.save(afterFailure(at.row(), error, parts.now()));
    if (!isPolarApiError(error) && !(error instanceof ImportRefused)) throw error;
  }
}

type Turn = NonNullable<Awaited<ReturnType<typeof turnOf>>>;

/** The import in the hands of one who works on it; `undefined`: none runs, or somebody else has it. */
async function turnOf({ imports, now, newId }: ImportParts, forMs: number) {
  const owner = newId();
  const endMs = now().getTime() + forMs;
  const known = await imports.read();
  const first = known && taken(known, owner, now());
  if (!first || !(await imports.put(first, known))) return undefined;
  if (first.state !== 'running') return undefined;
  let row = first;
  let isLost = false;
  const save = async (next: Import): Promise<boolean> => {
    if (isLost) return false;
    if (await imports.put(next, row)) row = next;
    else isLost = true;
    return !isLost;
  };
  const isOver = () => isLost || now().getTime() >= endMs;
  return {
    row: () => row,
    /** `false`: somebody has stopped it, or works on it. */
    save,
    /** Keeps the turn, with what has become known. */
    keep: (changes: Partial<Import> = {}) => save({ ...inTurn(row, owner, now()), ...changes }),
    /** The time is over, or the turn is. */
    isOver,
    /** The pages of something long, for as long as the turn lasts. */
    async *during<T>(pages: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
      for await (const page of pages) {
        if (isOver()) return;
        const isOld = now().getTime() - Date.parse(row.changedAt) > renewalMs;
        if (isOld && !(await save(inTurn(row, owner, now())))) return;
        yield page;
      }
    },
  };
}

async function work(at: Turn, parts: ImportParts): Promise<void> {
  const api = await apiOfSameOrganization(at, parts);
  if (!at.row().place) {
    await mustBeNobodyElses(at, parts, api);
    // Counted to the end or not at all.
    if (at.isOver()) return void (await at.save(putAside(at.row(), false, parts.now())));
    if (!(await at.keep({ place: { phase: 'customers', counts: noCounts() } }))) return;
  }
  const { kind, organizationId, place: from, revision } = at.row();
  const counts = structuredClone(from?.counts ?? noCounts());
  let known: Pick<Import, 'progress' | 'customers'> = {};
  const page: PageParts = {
    ...parts,
    ...{ organizationId, settings: await parts.settings(), isDryRun: kind === 'look' },
    found: () => undefined,
    counted: new Map(),
    pretended: new Map(),
  };
  const phases = kind === 'look' ? (['customers'] as const) : backfillPhases;
  const ended = await compareLists(page, { api, from, phases }, counts, {
    isStopped: at.isOver,
    compared(phase, { position, totalCount: total }) {
      const progress = { phase, looked: Math.min(position.page * 100, total), total };
      known = { ...known, progress, ...(phase === 'customers' && { customers: total }) };
    },
    async save(place) {
      const got = { ...known, place: structuredClone(place), tries: 0, reason: undefined };
      await at.keep(got);
    },
  });
  if (ended === 'done') {
    const place = { phase: phases.at(-1) ?? 'customers', counts };
    // What Polar lists may be of several organizations: these are the ones of this one.
    const { customers } = counts;
    await at.save({ ...finished(at.row(), parts.now()), ...known, customers, place });
  } else {
    await at.save(putAside(at.row(), at.row().revision > revision, parts.now()));
  }
}

/** Somebody may have connected with another organization since it began. */
async function apiOfSameOrganization(at: Turn, { connection, apiOf }: ImportParts) {
  const { organizationId, organizationName } = at.row();
  const present = await connection();
  if (present?.organizationId === organizationId) return apiOf(present);
  throw new ImportRefused(
    `Polar is no longer connected to ${organizationName}. Connect it again, then continue.`,
  );
}

/** Before anything is compared: the access covers the organization, and nobody here is of another. */
async function mustBeNobodyElses(
  at: Turn,
  { living }: ImportParts,
  api: Pick<PolarApi, 'organizations'>,
): Promise<void> {
  const { organizationId, organizationName } = at.row();
  const covered = await api.organizations();
  if (!covered.some(({ id }) => id === organizationId)) {
    throw new ImportRefused(
      `The access to Polar doesn't cover ${organizationName}. Nothing was imported. Grant access again on the Polar page.`,
    );
  }
  const reason = otherOrganizations(
    await countLiving(at.during(living()), organizationId),
    at.row(),
    covered,
  );
  if (reason !== undefined) throw new ImportRefused(reason);
}
