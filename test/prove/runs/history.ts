import { applyEvent } from '#shared/audience/apply-event.ts';
import { isSameData } from '#shared/audience/rows/workspace.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { seededRandom } from '#test/prove/seeded-random.ts';
import { actsOf } from './acts.ts';
import { checkerOf, longestLeaseMs } from './checker.ts';
import type { RareBranch, Reached } from './rare-branches.ts';
import { type Shop, shopOf } from './shop.ts';
import type { Crash } from './troubled-calls.ts';
import { optionalSequences, sequences } from './workflows.ts';
import { type OutsideOf, type World, world } from './world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

type How = Readonly<{
  /** How long it is. */
  acts?: number;
  crash?: Crash;
  /** Absent: all of it is in memory. */
  outsideOf?: OutsideOf;
  /** Is told how many calls its functions made. */
  onCalls?: (calls: number) => void;
}>;

/**
 * A history drawn from a seed: events of subscriptions in any order and twice, edits, pauses, ends by people, and in
 * half of them calls that fail. Returns what did not hold of the five promises of sequences, by a model that is told of
 * each commit in the order in which it was made.
 */
export async function checkRuns(
  seed: number,
  reached: Reached = new Map(),
  { acts: mostActs = 60, crash, outsideOf, onCalls = () => {} }: How = {},
): Promise<string[]> {
  const random = seededRandom(seed);
  const isHealthy = random() < 0.4;
  const sendsOptional = random() < 0.4;
  const count = (branch: RareBranch) => void reached.set(branch, (reached.get(branch) ?? 0) + 1);
  const workflows = [...sequences, ...(sendsOptional ? optionalSequences : [])];
  const checker = checkerOf({ isHealthy, mayCrash: crash !== undefined, count });
  const system = world(random, workflows, checker.watcher, outsideOf);
  const shop = shopOf(random, { ...system, sendsOptional });
  checker.attach(system, shop);
  const { problems, stopAtProblems, look, atTheEnd } = checker;
  const { act, holdOrRelease } = actsOf({
    ...{ random, system, shop, checker, count, workflows, isHealthy, sendsOptional },
  });

  try {
    if (outsideOf) await system.begin();
    system.switchOptional(sendsOptional && random() < 0.75);
    system.crash(crash);
    if (!isHealthy && random() < 0.7) system.setFaults(random() * 0.1);
    if (random() < 0.6) shop.beginLife();
    for (let acts = 0; acts < mostActs && problems.length === 0; acts++) await act();
    system.setFaults(0);
    if (system.isHeld()) holdOrRelease();
    shop.deliverRest();
    system.refreshCache();
    for (const workflow of [...system.stored.values()]) {
      if (workflow.status !== 'active') {
        await system.save({ ...workflow, status: 'active', version: workflow.version + 1 });
      }
    }
    system.refreshCache();
    // What failed before is asked for again by then.
    await system.elapse(longestLeaseMs + 5 * minute, stopAtProblems);
    await system.elapse(60 * day, look);
    atTheEnd();
    problems.push(...(await otherOrder(random, system, shop)));
  } catch (error) {
    if (problems.length === 0) problems.push(String(error instanceof Error ? error.stack : error));
  }
  onCalls(system.calls());
  return problems.map((problem) => `seed ${seed}: ${problem}`);
}

/** The same events in another order tell the same of every subscription. */
async function otherOrder(random: () => number, system: World, shop: Shop): Promise<string[]> {
  const { store, rows } = memoryAudienceStore();
  const webhooks = new Map(shop.delivered.map((one) => [one[0], one]));
  const shuffled = [...webhooks.values()]
    .map((webhook) => ({ webhook, place: random() }))
    .sort((a, b) => a.place - b.place);
  let ids = 0;
  const newId = () => `other-${ids++}`;
  for (const { webhook } of shuffled) {
    const [webhookId, , body] = webhook;
    const parsed = polarEvent(body);
    if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
    const event = { ...parsed.event, webhookId, receivedAt: system.now().toISOString() };
    const surroundings = { settings: defaultSettings, now: system.now(), newId };
    const means = { store, surroundings, workflows: [], pause: async () => undefined };
    await applyEvent(event, body, means);
  }
  return [...system.rows.customers].flatMap(([id, { row }]) => {
    const other = rows.customers.get(id)?.row;
    if (row.erased || isSameData(row.subscriptions, other?.subscriptions)) return [];
    return [`5: in another order something else is known of the subscriptions of ${id}.`];
  });
}
