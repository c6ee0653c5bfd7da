import { PolarUnavailable } from '#shared/polar/polar-api-error.ts';
import { within } from '#shared/within.ts';

/** As long as a page may take that API Gateway still hands on, with some seconds for the rest. */
const longestActMs = 24_000;

const actIsLate =
  'Polar is slower than this page can wait, so it is not known whether that was done. Look at the connection in a minute and, if need be, do it again: that is safe.';

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
