import type { PolarState, WebhookEvent } from './polar-state.ts';
import type { WebhookSender } from './webhook-sender.ts';

/** So long an event waits for older ones of its endpoint that have not arrived. */
const longestWaitMs = 60_000;
/** An event that waits for older ones is looked at again after this time. */
const shortestSleepMs = 200;

/** Attempts what is due, in order while all goes well, until it is stopped. */
export function deliveryLoop(state: PolarState, sender: WebhookSender, onChange: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isStopped = false;
  /** Something was recorded while it ran, perhaps after it had looked for the last time. */
  let isAsked = false;

  const pending = () => state.events.filter(({ nextAttemptMs }) => nextAttemptMs !== null);

  /** Whether an older event of the same endpoint is still on its way. */
  const isBehind = (event: WebhookEvent): boolean => {
    if (event.isJob || event.attempts > 0) return false;
    if (state.now().getTime() - Date.parse(event.created_at) > longestWaitMs) return false;
    const older = state.events.slice(0, state.events.indexOf(event));
    return older.some(
      ({ endpointId, isJob, nextAttemptMs }) =>
        endpointId === event.endpointId && !isJob && nextAttemptMs !== null,
    );
  };

  async function run(): Promise<void> {
    while (!isStopped) {
      const nowMs = state.now().getTime();
      const due = pending().find(
        (event) => (event.nextAttemptMs ?? 0) <= nowMs && !isBehind(event),
      );
      if (!due) return;
      await sender.attemptDue(due);
      onChange();
    }
  }

  function wake(): void {
    clearTimeout(timer);
    isAsked = running !== undefined;
    if (isStopped || isAsked) return;
    running = run().finally(() => {
      running = undefined;
      if (isAsked) wake();
      else sleep();
    });
  }

  function sleep(): void {
    const soonest = Math.min(...pending().map(({ nextAttemptMs }) => nextAttemptMs ?? 0));
    if (isStopped || soonest === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(Math.max(soonest - state.now().getTime(), shortestSleepMs), 1_000);
    timer = setTimeout(wake, ms).unref();
  }

  return {
    /** Something was recorded, or the clock was set. */
    wake,

    /** As if the waits between attempts were over: every event has arrived or failed for good, or its endpoint is off. */
    async skipWaits(): Promise<void> {
      for (;;) {
        await running;
        const waiting = pending();
        if (waiting.length === 0 || isStopped) return;
        for (const event of waiting) event.nextAttemptMs = 0;
        wake();
      }
    },

    /** When nothing is due or on its way any more; what waits for its next attempt goes on waiting. */
    settled: async (): Promise<void> => {
      while (running !== undefined) await running;
    },

    stop: async (): Promise<void> => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
