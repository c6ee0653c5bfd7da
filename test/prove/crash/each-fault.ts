import type { Fault } from '#test/prove/fault-proxy.ts';
import type { Proof } from '#test/prove/proof.ts';
import type { Stage } from './stage.ts';

type Disturbed = Readonly<{
  problem: string | undefined;
  /** How many calls the first life made. */
  calls: number;
  /** How many calls the life after the first kill made. */
  laterCalls: number;
}>;

/**
 * Each call of an undisturbed run gone wrong in each way, or with `skipsRepeats` without reads by the operation of
 * the one before; with `pairs`, also with another call that is refused, or another kill, while that is made good.
 */
export async function eachFault(
  what: string,
  operations: readonly string[],
  {
    kinds,
    pairs,
    skipsRepeats = false,
    onFailure = () => {},
  }: Pick<Stage, 'kinds' | 'pairs' | 'skipsRepeats' | 'onFailure'>,
  disturbed: (fault: Fault) => Promise<Disturbed>,
): Promise<Proof> {
  const failures: string[] = [];
  let points = 0;
  const calls = [...operations];
  const tried = async (fault: Fault, later = '') => {
    const { problem, ...made } = await disturbed(fault);
    // It needed fewer calls than that: nothing went wrong a second time.
    const isReached = made.calls >= (fault.again ?? 0) && made.laterCalls >= (fault.next?.at ?? 0);
    points += isReached ? 1 : 0;
    if (problem !== undefined) {
      const call = `call ${fault.at} (${calls[fault.at - 1]})`;
      const failure = `${what}: ${fault.kind}, ${call}${later}\n${problem}`;
      failures.push(failure);
      onFailure(failure);
    }
    return isReached;
  };
  for (let at = 1; at <= calls.length; at++) {
    if (skipsRepeats && repeatsRead(calls, at - 1)) continue;
    for (const one of kinds) await tried({ kind: one, at });
    if (!pairs) continue;
    const kind = 'killed after the call';
    let isReached = true;
    for (let next = 1; isReached; next++) {
      const later = `, and its successor killed after its call ${next}`;
      isReached = await tried({ kind, at, next: { kind, at: next } }, later);
    }
    isReached = true;
    for (let again = at + 1; isReached; again++) {
      isReached = await tried({ kind: 'call refused', at, again }, `, and call ${again}, too`);
    }
  }
  return { points, failures };
}

const repeatsRead = (calls: readonly string[], index: number): boolean =>
  calls[index] === calls[index - 1] &&
  /^(?:Query|Scan|(?:Batch)?GetItem)$/.test(calls[index] ?? '');
