import { stopRun } from '#shared/audience/runs/go-on.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { Checker } from './checker.ts';
import type { RareBranch } from './rare-branches.ts';
import type { Shop } from './shop.ts';
import { isCancelled } from './workflows.ts';
import type { World } from './world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

type Means = Readonly<{
  random: () => number;
  system: World;
  shop: Shop;
  checker: Checker;
  count: (branch: RareBranch) => void;
  /** As they were at the beginning. */
  workflows: readonly Workflow[];
  isHealthy: boolean;
  sendsOptional: boolean;
}>;

/** What can happen in a history, one at a time, as the random numbers say: in the shop, to the workflows, to the functions. */
export function actsOf(means: Means) {
  const { random, system, shop, checker, count, workflows, isHealthy, sendsOptional } = means;
  const { problems, told, moving, runOf, look } = checker;
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const repeat = async (action: () => Promise<unknown>) => {
    for (let tries = 0; tries < 20; tries++) {
      try {
        return await action();
      } catch (error) {
        if (problems.length > 0) throw error;
      }
    }
    return undefined;
  };

  async function edit() {
    const workflow = pick([...system.stored.values()]);
    if (!workflow) return;
    const { steps, version } = workflow;
    const save = (change: Partial<Workflow>) =>
      system.save({ ...workflow, ...change, version: version + 1 });
    const kind = random();
    if (kind < 0.35) {
      await save({ status: workflow.status === 'active' ? 'paused' : 'active' });
    } else if (kind < 0.43) {
      const { exitWhen = [] } =
        workflows.find((one) => one.workflowId === workflow.workflowId) ?? {};
      const some = exitWhen.length > 0 ? exitWhen : [isCancelled];
      await save({ exitWhen: workflow.exitWhen.length > 0 ? [] : some });
    } else if (kind < 0.5) {
      const moved = pick(steps.filter((step) => step.kind === 'send'));
      if (moved) await save({ steps: [...steps.filter((step) => step !== moved), moved] });
    } else if (kind < 0.7) {
      const gone = pick(steps.filter((step) => step.kind === 'wait'));
      const isWaited = [...system.rows.runs.values()].some(({ row }) => row.stepId === gone?.id);
      if (isWaited) count('an edit that removes the step that people wait at');
      await save({ steps: steps.filter((step) => step !== gone) });
    } else {
      const hours = 1 + Math.floor(random() * 200);
      await save({
        steps: steps.map((step) => {
          if (step.kind !== 'wait') return step;
          if ('for' in step) return { ...step, for: { hours } };
          return { ...step, until: { ...step.until, offsetHours: 24 - hours } };
        }),
      });
    }
  }

  async function act() {
    const kind = random();
    shop.tellLives();
    if (kind < 0.28) shop.act();
    else if (kind < 0.285 && !isHealthy) await becomeOne();
    else if (kind < (system.isHeld() ? 0.3 : 0.289) && !isHealthy) holdOrRelease();
    else if (kind < 0.3) moving.isUnderWay = shop.mayTakeOver(told) || moving.isUnderWay;
    else if (kind < 0.36) shop.deliverAgain();
    else if (kind < 0.4 && !isHealthy) await edit();
    else if (kind < 0.42 && !isHealthy) {
      const run = pick([...system.rows.runs.keys()]);
      if (run !== undefined) await stop(run);
    } else if (kind < 0.44) await leave();
    else if (kind < 0.48) system.refreshCache();
    else if (kind < 0.5 && !isHealthy) {
      const [message] = system.events;
      if (message) {
        system.events.push(structuredClone(message));
        if (message.record.messageAttributes['kind']?.stringValue === 'run') {
          count('a wake that came again');
        }
      }
    } else if (kind < 0.53 && !isHealthy) await moveWhileWoken();
    else if (kind < 0.55 && !isHealthy) await wakeTooSoon();
    else if (kind < 0.555 && !isHealthy) await beginByOldCopy();
    else if (kind < 0.565 && sendsOptional) system.switchOptional(random() < 0.75);
    else if (kind < 0.75) await Promise.all([system.work(), system.mail(), system.work()]);
    else if (kind < 0.85) await Promise.all([system.tick(), system.mail(), system.tick()]);
    else await pass();
  }

  /** The clock has asked for a run, and before the worker comes to it the date is another one. */
  async function moveWhileWoken() {
    const run = pick(
      [...system.rows.runs.values()].filter(({ row }) => row.until && row.wakeAt),
    )?.row;
    if (!run) return;
    system.pass(Math.max(0, Date.parse(run.dueAt ?? '') - system.now().getTime()));
    await system.tick();
    for (const one of system.events) one.visibleAt = system.now().getTime() + minute;
    shop.moveTrial(run.subscriptionId);
    await system.work();
  }

  /**
   * The clock asks for a run whose wait is not over for the worker: an edit has put off the date that it waits for, or
   * the worker's own clock is some seconds behind.
   */
  async function wakeTooSoon() {
    const run = pick([...system.rows.runs.values()].filter(({ row }) => row.wakeAt))?.row;
    if (!run) return;
    if (!(run.until && random() < 0.8 && (await putOff(run.workflowId)))) {
      system.setBehind(Math.ceil(random() * 5) * 1_000);
    }
    system.pass(Math.max(0, Date.parse(run.wakeAt ?? '') - system.now().getTime()));
    await system.tick();
    await system.work();
    system.setBehind(0);
  }

  /** A run is over by the copy of its workflow that the worker has, and not by the workflow, when another one would begin. */
  async function beginByOldCopy() {
    const workflow = system.stored.get('onboarding');
    const run = pick(
      told.runs.filter((one) => told.isOpen(one) && one.workflowId === 'onboarding'),
    );
    if (!workflow || !run) return;
    const { version } = workflow;
    await system.save({ ...workflow, exitWhen: [isCancelled], version: version + 1 });
    system.refreshCache();
    const person = shop.cancel(run.subscriptionId);
    await Promise.all([system.work(), system.work()]);
    await system.save({ ...workflow, exitWhen: [], version: version + 2 });
    if (person) shop.subscribe(person);
    await Promise.all([system.work(), system.work()]);
  }

  /** Saves a workflow whose waits for a date end some hours later than before. */
  async function putOff(workflowId: string): Promise<boolean> {
    const workflow = system.stored.get(workflowId);
    if (!workflow) return false;
    const hours = 1 + Math.floor(random() * 100);
    await system.save({
      ...workflow,
      steps: workflow.steps.map((step) => {
        if (step.kind !== 'wait' || !('until' in step)) return step;
        return { ...step, until: { ...step.until, offsetHours: step.until.offsetHours + hours } };
      }),
      version: workflow.version + 1,
    });
    return true;
  }

  /** A sequence for those who leave becomes one for those who come, and one of these takes the place of one of those. */
  async function becomeOne() {
    const two = shop.oneLeaves();
    if (!two) return;
    await Promise.all([system.work(), system.work()]);
    const farewell = system.stored.get('farewell');
    if (farewell) {
      const trigger: Workflow['trigger'] = { event: 'subscription.created', conditions: [] };
      await system.save({ ...farewell, trigger, version: farewell.version + 1 });
    }
    system.refreshCache();
    shop.subscribe(two.person);
    await Promise.all([system.work(), system.work()]);
    system.pass(minute);
    moving.isUnderWay = shop.mayTakeOver(told, two.from, two.person) || moving.isUnderWay;
    await system.work();
  }

  async function leave() {
    const person = pick(shop.people);
    if (!person || moving.isUnderWay) return;
    await repeat(() => system.unsubscribe(person.email));
    for (const { customerId, email } of shop.people) {
      if (email === person.email) told.unsubscribed(customerId);
    }
  }

  async function stop(runId: string) {
    const surroundings = { settings: defaultSettings, now: system.now(), newId: () => 'none' };
    const means = { store: system.store, surroundings, pause: async () => undefined };
    const run = runOf(runId);
    const row = system.rows.runs.get(runId)?.row;
    if (run && row && told.isOpen(run)) told.stop(run);
    await checker.whileStopping(() => repeat(() => stopRun(runId, 'grace', means)));
  }

  async function pass() {
    const ms = pick([minute, 60 * minute, 12 * 60 * minute, 2 * day, 6 * day]) ?? minute;
    const most = Math.ceil((random() * ms) / minute) * minute;
    if (isHealthy) await system.elapse(most, look);
    else system.pass(most);
  }

  /** Somebody holds all mail, or releases it. */
  function holdOrRelease() {
    if (system.isHeld()) checker.released();
    system.hold(!system.isHeld());
  }

  return { act, holdOrRelease };
}
