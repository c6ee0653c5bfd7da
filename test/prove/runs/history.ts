import type { ConsideredWorkflow, EventRecord } from '#shared/audience/event-record.ts';
import { stopRun } from '#shared/audience/go-on.ts';
import { isUsedUp, type Run } from '#shared/audience/run.ts';
import { defaultSettings } from '#shared/audience/settings.ts';
import type { Commit } from '#shared/audience/unit-of-work.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { seededRandom } from '#test/prove/seeded-random.ts';
import { type ModelRun, model } from './model.ts';
import { shopOf } from './shop.ts';
import { sequences } from './workflows.ts';
import { world } from './world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

export const rareBranches = [
  'a date moved while the wake is under way',
  'an end committed between wake and reservation',
  'an edit that removes the step that people wait at',
  'an event decided with a stale copy of a workflow',
  'a beginning that ends a run',
  'a run that begins again',
  'a run that was parked and went on',
  'a wake that came again',
] as const;
export type Reached = Map<(typeof rareBranches)[number], number>;

/**
 * A history drawn from a seed: events of subscriptions in any order and twice, edits, pauses, ends by people, and in
 * half of them calls that fail. Returns what did not hold of the five promises of sequences, by a model that is told of
 * each commit in the order in which it was made.
 */
export async function checkRuns(seed: number, reached: Reached = new Map()): Promise<string[]> {
  const random = seededRandom(seed);
  const isHealthy = random() < 0.4;
  const problems: string[] = [];
  const names = new Map<string, string>();
  const asked = new Map<string, Set<string>>();
  const askedAt = new Map<string, number>();
  const sends = new Set<string>();
  const count = (branch: (typeof rareBranches)[number]) =>
    reached.set(branch, (reached.get(branch) ?? 0) + 1);
  const told = model((key) =>
    [...(asked.get(key) ?? [])].some((one) => isUsedUp(system.rows.emails.get(one)?.row)),
  );
  let isStopping = false;
  const complain = (text: string) => void problems.push(`${system.now().toISOString()} ${text}`);

  const system = world(random, sequences, {
    committed(commit) {
      const puts = (commit.steps?.runs ?? []).flatMap((step) =>
        step.act === 'put' ? [step.row] : [],
      );
      const waked = runsWithMessages();
      const forbidden = forbiddenMails();
      if (commit.record) byEvent(commit.record, puts);
      else if (!isStopping) for (const run of puts) byWake(run);
      for (const run of puts) keep(run);
      if (commit.record && puts.some(({ runId, dueAt }) => (waked.get(runId) ?? dueAt) !== dueAt)) {
        count('a date moved while the wake is under way');
      }
      if (commit.record && forbiddenMails() > forbidden) {
        count('an end committed between wake and reservation');
      }
      compare(commit);
    },
    reserved({ runId }) {
      const run = runOf(runId);
      if (run && told.forbids(run, system.stored.get(run.workflowId))) {
        complain(`2: an email of ${run.key} was reserved after its end.`);
      }
    },
    sent(ledgerKey) {
      const email = system.ledger.get(ledgerKey);
      if (email?.runId === undefined) {
        // A workflow that was edited down to one email has no run.
        if (sends.has(ledgerKey)) complain(`1: ${ledgerKey} was sent twice.`);
        sends.add(ledgerKey);
        return;
      }
      const step = `${email.runId} ${email.stepId}`;
      if (sends.has(step) || sends.has(ledgerKey)) complain(`1: ${step} was sent twice.`);
      sends.add(step).add(ledgerKey);
      const dueAt = Date.parse(email.stepDueAt ?? '');
      const lateMs = system.now().getTime() - dueAt;
      if (!(lateMs >= 0)) complain(`3: ${step} was sent before its time.`);
      if (lateMs > day) complain(`3: ${step} was sent more than a day late.`);
      const sinceAsked = system.now().getTime() - (askedAt.get(ledgerKey) ?? 0);
      if (isHealthy && sinceAsked > 15 * minute) complain(`3: ${step} was sent late.`);
    },
  });

  function runOf(runId: string | undefined): ModelRun | undefined {
    const key = runId === undefined ? undefined : names.get(runId);
    return told.runs.find((run) => run.key === key);
  }

  /** For which wait the messages that are under way wake a run. */
  function runsWithMessages() {
    const wakes = system.events.flatMap(({ record }) =>
      record.messageAttributes['kind']?.stringValue === 'run' ? [JSON.parse(record.body)] : [],
    );
    return new Map<string, string>(wakes.map(({ runId, dueAt }) => [runId, dueAt]));
  }

  function forbiddenMails(): number {
    return system.mails.filter(({ record }) => {
      const run = runOf(readMailMessage(record.body)?.runId);
      return run && told.forbids(run, system.stored.get(run.workflowId));
    }).length;
  }

  function byEvent(record: EventRecord, puts: readonly Run[]) {
    const event = shop.told.get(record.webhookId);
    if (!event) throw new Error(`The shop does not know ${record.webhookId}.`);
    const copies = copiesFor(record);
    if (system.isCacheOld()) count('an event decided with a stale copy of a workflow');
    const begun = (record.workflows ?? []).filter(({ runId }) => runId !== undefined);
    if (puts.length > begun.length && begun.length > 0) count('a beginning that ends a run');
    if (puts.some(({ runId }) => begun.some((one) => one.runId === runId) && names.has(runId))) {
      count('a run that begins again');
    }
    const before = new Set(told.runs);
    told.event(event, system.now().getTime(), copies, system.stored);
    const added = told.runs.filter((run) => !before.has(run));
    for (const { workflowId, runId, name, verdict, reason, ledgerKey } of record.workflows ?? []) {
      if (ledgerKey !== undefined) continue;
      const run = added.find((one) => one.workflowId === workflowId);
      if ((run !== undefined) !== (verdict === 'send')) {
        complain(`5: ${name} ${verdict}s (${reason}), and the model says otherwise.`);
      }
      if (run && runId !== undefined) names.set(runId, run.key);
    }
  }

  /** The workflows as they were when the event was decided. */
  function copiesFor({ workflows = [] }: EventRecord): readonly Workflow[] {
    const cached = system.cached();
    const versions = (all: readonly Pick<ConsideredWorkflow, 'workflowId' | 'version'>[]) =>
      all
        .map(({ workflowId, version }) => `${workflowId} ${version}`)
        .sort()
        .join();
    const isFresh = cached.some(
      (one) =>
        one.status === 'active' &&
        workflows.some(({ workflowId }) => workflowId === one.workflowId) &&
        !versions(workflows).includes(versions([one])),
    );
    return isFresh ? [...system.stored.values()] : cached;
  }

  function byWake(row: Run) {
    const run = runOf(row.runId);
    if (!run) return complain(`5: the model has no run ${row.runId}.`);
    if (run.state === 'parked' && row.state !== 'parked')
      count('a run that was parked and went on');
    told.wake(run, system.now().getTime(), system.stored.get(run.workflowId));
  }

  function keep(run: Run) {
    const key = names.get(run.runId);
    if (key === undefined) return;
    const keys = run.history.flatMap(({ ledgerKey }) => ledgerKey ?? []);
    asked.set(key, new Set([...(asked.get(key) ?? []), run.runId, ...keys]));
    for (const one of keys) {
      if (!askedAt.has(one)) askedAt.set(one, system.now().getTime());
    }
  }

  /** Whether the rows are what the model says. */
  function compare({ record }: Commit) {
    for (const [runId, { row }] of system.rows.runs) {
      const run = runOf(runId);
      const seen = shown(row);
      const expected = run && shownOfModel(run);
      if (seen !== expected) {
        complain(`5: after ${record?.type ?? 'a wake'} the run is\n${seen}\nand not\n${expected}`);
        throw new Error('The model and the rows have parted.');
      }
    }
  }

  function stopAtProblems() {
    if (problems.length > 0) throw new Error('Something did not hold.');
  }

  /** Called when nothing is left to do: no run of an active workflow may wait for what is past or unknown. */
  function look() {
    stopAtProblems();
    for (const [runId, { row }] of system.rows.runs) {
      const run = runOf(runId);
      const workflow = system.stored.get(row.workflowId);
      if (!run || !told.isOpen(run) || workflow?.status !== 'active') continue;
      const due = told.dueNow(run, workflow);
      const isGone = !workflow.steps.some(({ id }) => id === row.stepId);
      const dueAt = Date.parse(row.dueAt ?? '');
      if (isGone) continue;
      if (row.state === 'parked') complain(`4: ${run.key} is parked and its workflow is active.`);
      if (!(dueAt > system.now().getTime() - minute)) complain(`4: ${run.key} waits for the past.`);
      if (due === undefined) complain(`4: ${run.key} waits for a date that is not known.`);
    }
  }

  const shop = shopOf(random, system);
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
    if (kind < 0.4) {
      await save({ status: workflow.status === 'active' ? 'paused' : 'active' });
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
    if (kind < 0.3) shop.act();
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

  async function leave() {
    const person = pick(shop.people);
    if (!person) return;
    await repeat(() => system.unsubscribe(person.email));
    told.unsubscribed(person.customerId);
  }

  async function stop(runId: string) {
    isStopping = true;
    const surroundings = { settings: defaultSettings, now: system.now(), newId: () => 'none' };
    const means = { store: system.store, surroundings, pause: async () => undefined };
    const run = runOf(runId);
    const row = system.rows.runs.get(runId)?.row;
    if (run && row && told.isOpen(run)) told.stop(run);
    await repeat(() => stopRun(runId, 'grace', means));
    isStopping = false;
  }

  async function pass() {
    const ms = pick([minute, 60 * minute, 12 * 60 * minute, 2 * day, 6 * day]) ?? minute;
    const most = Math.ceil((random() * ms) / minute) * minute;
    if (isHealthy) await system.elapse(most, look);
    else system.pass(most);
  }

  try {
    if (!isHealthy && random() < 0.7) system.setFaults(random() * 0.1);
    for (let acts = 0; acts < 60 && problems.length === 0; acts++) await act();
    system.setFaults(0);
    shop.deliverRest();
    system.refreshCache();
    for (const workflow of [...system.stored.values()]) {
      if (workflow.status !== 'active') {
        await system.save({ ...workflow, status: 'active', version: workflow.version + 1 });
      }
    }
    system.refreshCache();
    await system.elapse(5 * minute, stopAtProblems);
    await system.elapse(60 * day, look);
    for (const { row } of system.rows.runs.values()) {
      const isWell = row.state === 'done' || row.reason !== undefined;
      if (row.state === 'waiting' || row.state === 'parked' || !isWell) {
        complain(`4: a run of ${row.workflowId} never ended, or without a reason.`);
      }
    }
  } catch (error) {
    if (problems.length === 0) problems.push(String(error instanceof Error ? error.stack : error));
  }
  return problems.map((problem) => `seed ${seed}: ${problem}`);
}

function shown({ state, stepId, dueAt, history }: Run): string {
  const taken = history.map((one) => [one.stepId, one.did, Date.parse(one.dueAt)]);
  return JSON.stringify([
    state,
    stepId,
    dueAt === undefined ? undefined : Date.parse(dueAt),
    taken,
  ]);
}

function shownOfModel({ state, stepId, dueAt, history }: ModelRun): string {
  const taken = history.map((one) => [one.stepId, one.did, one.dueAt]);
  return JSON.stringify([state, stepId, dueAt, taken]);
}
