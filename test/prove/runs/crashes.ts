import type { Proof } from '#test/prove/proof.ts';
import { checkRuns } from './history.ts';

/** Long enough for mails, wakes and an edit, and short enough to be told again for each of its calls. */
const acts = 25;

/**
 * Tells one history again for each call that its worker, clock and mailer make of what is outside, and lets them die
 * before it, and after it. What a crash leaves behind is held against the model like everything else.
 */
export async function crashRuns(seed: number, isWanted = (_at: number) => true): Promise<Proof> {
  let calls = 0;
  const failures = await checkRuns(seed, new Map(), { acts, onCalls: (made) => (calls = made) });
  let points = 0;
  for (let at = 1; at <= calls && failures.length === 0; at++) {
    if (!isWanted(at)) continue;
    for (const when of ['before', 'after'] as const) {
      const found = await checkRuns(seed, new Map(), { acts, crash: { at, when } });
      failures.push(...found.map((problem) => `crashed ${when} call ${at}: ${problem}`));
      points += 1;
    }
  }
  return { points, failures };
}
