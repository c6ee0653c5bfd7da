/** Before or after which call of all functions. */
export type Crash = Readonly<{ at: number; when: 'before' | 'after' }>;

/**
 * Calls of what is outside: each may fail before or after it is done, and lets others go first, as the random numbers say.
 * The functions that make them may die at one of them.
 */
export function troubledCalls(random: () => number) {
  let faults = 0;

  async function call<T>(action: () => Promise<T>): Promise<T> {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await Promise.resolve();
    if (random() < faults) throw new Error('The call was lost.');
    const result = await crashable(action);
    if (random() < faults) throw new Error('The answer was lost.');
    return result;
  }

  let crash: Crash | undefined;
  let calls = 0;
  let running = 0;
  let isDead = false;

  /** The functions that run die before or after one call, and make none from then on. */
  async function crashable<T>(action: () => Promise<T>): Promise<T> {
    if (running > 0) calls += 1;
    const when = running > 0 && crash?.at === calls ? crash.when : undefined;
    if (when === 'before') isDead = true;
    if (isDead) throw new Error('The function has crashed.');
    const result = await action();
    if (when === 'after') isDead = true;
    if (isDead) throw new Error('The function has crashed.');
    return result;
  }

  /** Whether it crashed. */
  async function invoked(act: () => Promise<unknown>): Promise<boolean> {
    running += 1;
    await act().catch(() => undefined);
    running -= 1;
    const hasCrashed = isDead;
    if (running === 0) isDead = false;
    return hasCrashed;
  }

  return {
    call,
    crashable,
    invoked,
    setFaults(probability: number) {
      faults = probability;
    },
    crash(one: Crash | undefined) {
      crash = one;
    },
    /** How many calls the functions have made. */
    calls: () => calls,
  };
}
