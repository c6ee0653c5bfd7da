import { within } from '#shared/in-time.ts';
import type { Access, PolarServer } from '#shared/polar/access.ts';
import { PolarUnavailable } from '#shared/polar/api-error.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { polarSignIn } from '#shared/store/polar/sign-in.ts';
import type { ConsoleParts } from '../parts.ts';

/** As long as a page may take that API Gateway still hands on, with some seconds for the rest. */
const longestActMs = 24_000;

const actIsLate =
  'Polar didn’t answer in time, so it’s unclear whether that was done. Check the connection in a minute. Doing it again is safe.';

/** What `action` gives, or a `PolarUnavailable` that says `sentence` once that takes too long. */
export async function inTime<T>(
  action: () => Promise<T>,
  { patienceMs = longestActMs, sentence = actIsLate } = {},
): Promise<T> {
  let isLate = true;
  const watched = async () => {
    try {
      return await action();
    } finally {
      isLate = false;
    }
  };
  try {
    return await within(patienceMs, watched);
  } catch (error) {
    throw isLate ? new PolarUnavailable(sentence) : error;
  }
}

/** How long Polar may ask for patience while a person waits for an act, and for a page that can do without. */
const patienceMs = { act: 3_000, page: 1_200 } as const;

type Call = Readonly<{
  /** An access that is not kept yet; absent: the one in use. */
  given?: Access;
  isHasty?: boolean;
}>;

export type PolarLink = ReturnType<typeof polarLink>;

/** Everything that these pages speak with Polar through. */
export function polarLink({ db, env, log, polar: link }: ConsoleParts) {
  const { access, addresses, now } = link;

  return {
    ...link,
    signIn: polarSignIn(access, { addresses, now }),
    events: dynamoEventLog(db, env.EVENTS_TABLE),
    log,

    partsFor: (server: PolarServer, { given, isHasty = false }: Call = {}) =>
      link.partsFor(server, { given, patienceMs: isHasty ? patienceMs.page : patienceMs.act }),
  };
}
