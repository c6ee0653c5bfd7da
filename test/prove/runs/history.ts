import { applyEvent } from '#shared/audience/apply-event.ts';
import type { ConsideredWorkflow, EventRecord } from '#shared/audience/event-record.ts';
import { stopRun } from '#shared/audience/go-on.ts';
import { isOpen, isUsedUp, type Run } from '#shared/audience/run.ts';
import { defaultSettings } from '#shared/audience/settings.ts';
import type { Commit } from '#shared/audience/unit-of-work.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { isSameData } from '#shared/audience/workspace.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { isOptionalEventType } from '#shared/polar/event-types.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { seededRandom } from '#test/prove/seeded-random.ts';
import { type ModelRun, model, type Told } from './model.ts';
import { shopOf } from './shop.ts';
import { isCancelled, optionalSequences, sequences } from './workflows.ts';
import { type Crash, type OutsideOf, world } from './world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
/** The clock asks for a run again after that time, once it has asked three times. */
const longestLeaseMs = 60 * minute;

export const rareBranches = [
  'a date moved while the wake is under way',
  'an end committed between wake and reservation',
  'an edit that removes the step that people wait at',
  'an event decided with a stale copy of a workflow',
  'a copy of a workflow that would end a run which goes on',
  'a beginning that ends a run',
  'a run that begins again',
  'a run that was parked and went on',
  'a wake that came again',
  'a wake for a date that an edit has put off',
  'a wake before its time by the clock of the worker',
  'a customer who takes over the contact of one who had a run',
  'an erasure of a customer with a run that waits',
  'a contact taken over from one whose run waits',
  'a merge of two runs of one workflow',
  'a run that an optional event begins',
  'an optional event that is off, and a workflow that waits for it',
  'a change that is news although the state is another by now',
  'an email that was held and sent once mail was released',
  'an email that was held for too long',
] as const;
export type Reached = Map<(typeof rareBranches)[number], number>;

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
  const problems: string[] = [];
  const names = new Map<string, string>();
  const asked = new Map<string, Set<string>>();
  const askedAt = new Map<string, number>();
  const sends = new Set<string>();
  /** Emails that waited when mail was released. */
  const held = new Set<string>();
  /** Runs that something or somebody has ended since they asked for an email. */
  const broken = new Set<string>();
  const count = (branch: (typeof rareBranches)[number]) =>
    reached.set(branch, (reached.get(branch) ?? 0) + 1);
  const told = model((key) =>
    [...(asked.get(key) ?? [])].some((one) => {
      const state = system.stateOf(one);
      return state !== undefined && isUsedUp({ state });
    }),
  );
  let isStopping = false;
  /** Somebody moves to another's address, and the audience does not know of it yet. */
  let isMoving = false;
  const complain = (text: string) => void problems.push(`${system.now().toISOString()} ${text}`);

  const all = [...sequences, ...(sendsOptional ? optionalSequences : [])];
  const system = world(
    random,
    all,
    {
      committed(commit) {
        const puts = (commit.steps?.runs ?? []).flatMap((step) =>
          step.act === 'put' ? [step.row] : [],
        );
        const waked = runsWithMessages();
        const forbidden = forbiddenMails();
        if (commit.record) byEvent(commit.record, puts);
        else if (!isStopping) for (const run of puts) if (!run.erased) byWake(run);
        for (const run of puts) keep(run);
        if (
          commit.record &&
          puts.some(({ runId, dueAt }) => (waked.get(runId) ?? dueAt) !== dueAt)
        ) {
          count('a date moved while the wake is under way');
        }
        if (commit.record && forbiddenMails() > forbidden) {
          count('an end committed between wake and reservation');
        }
        compare(commit);
      },
      reserved({ runId }) {
        if (runId !== undefined && broken.has(runId)) {
          complain('2: an email was reserved after its run was ended.');
        }
        const run = runOf(runId);
        if (run && told.forbids(run, system.stored.get(run.workflowId))) {
          complain(`2: an email of ${run.key} was reserved after its end.`);
        }
      },
      sent(ledgerKey) {
        if (system.isHeld()) complain(`2: ${ledgerKey} was sent while all mail was held.`);
        if (held.has(ledgerKey)) count('an email that was held and sent once mail was released');
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
    },
    outsideOf,
  );

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
    const isOn = system.isOn(event.type);
    const owner = isOn ? event.takesOverFrom : undefined;
    if (!isOn && copies.some(({ trigger }) => trigger.event === event.type)) {
      count('an optional event that is off, and a workflow that waits for it');
    }
    if (owner !== undefined) isMoving = false;
    const isFirst = owner !== undefined && told.contactsOf(owner).length > 0;
    if (isFirst && !told.isErased(owner) && hadRun(owner)) {
      count('a customer who takes over the contact of one who had a run');
    }
    if (
      event.erases &&
      told.runs.some((run) => run.customerId === event.customerId && told.isOpen(run))
    ) {
      count('an erasure of a customer with a run that waits');
    }
    if (isFirst && told.isDeleted(owner)) {
      const waiting = told.runs.filter(told.isOpen);
      const theirs = waiting.filter(({ customerId }) => customerId === owner);
      const isTwice = ({ workflowId }: ModelRun) =>
        waiting.some((own) => own.customerId === event.customerId && own.workflowId === workflowId);
      if (theirs.length > 0) count('a contact taken over from one whose run waits');
      if (theirs.some(isTwice)) count('a merge of two runs of one workflow');
    }
    const before = new Set(told.runs);
    told.event(event, system.workersNow().getTime(), copies, system.stored, isOn);
    if (wouldEnd([...before], event)) {
      count('a copy of a workflow that would end a run which goes on');
    }
    const added = told.runs.filter((run) => !before.has(run));
    if (added.length > 0 && isOptionalEventType(event.type)) {
      count('a run that an optional event begins');
      const status = told.subs.get(event.subscription?.id ?? '')?.status;
      if (event.type === 'subscription.updated' && status !== event.subscription?.status) {
        count('a change that is news although the state is another by now');
      }
    }
    for (const { workflowId, runId, name, verdict, reason, ledgerKey } of record.workflows ?? []) {
      if (ledgerKey !== undefined) continue;
      const run = added.find((one) => one.workflowId === workflowId);
      if ((run !== undefined) !== (verdict === 'send')) {
        complain(`5: ${name} ${verdict}s (${reason}), and the model says otherwise.`);
      }
      if (run && runId !== undefined) names.set(runId, run.key);
    }
  }

  /** Whether one of the runs that the event met goes on, and is over by the worker's copy of its workflow. */
  function wouldEnd(met: readonly ModelRun[], { type, customerId }: Told): boolean {
    const own = met.filter((run) => told.isOpen(run) && run.customerId === customerId);
    return system.cached().some((copy) => {
      const newest = system.stored.get(copy.workflowId);
      if (!newest || copy.status !== 'active' || copy.trigger.event !== type) return false;
      const runs = own.filter(({ workflowId }) => workflowId === copy.workflowId);
      return runs.some((run) => told.isOver(run, copy) && !told.isOver(run, newest));
    });
  }

  /** The workflows as they were when the event was decided. */
  function copiesFor({ type, workflows = [] }: EventRecord): readonly Workflow[] {
    type Version = Pick<ConsideredWorkflow, 'workflowId' | 'version'>;
    const cached = system.cached();
    const asked = cached.filter(
      ({ status, trigger }) => status === 'active' && trigger.event === type,
    );
    const names = (all: readonly Version[], { workflowId, version }: Version) =>
      all.some((one) => one.workflowId === workflowId && one.version === version);
    const isFresh =
      asked.some((one) => !names(workflows, one)) || workflows.some((one) => !names(asked, one));
    return isFresh ? [...system.stored.values()] : cached;
  }

  function byWake(row: Run) {
    const run = runOf(row.runId);
    if (!run) return complain(`5: the model has no run ${row.runId}.`);
    if (run.state === 'parked' && row.state !== 'parked')
      count('a run that was parked and went on');
    const taken = run.history.length;
    told.wake(run, system.workersNow().getTime(), system.stored.get(run.workflowId));
    if (run.state === 'waiting' && run.history.length === taken) {
      count(
        system.isBehind()
          ? 'a wake before its time by the clock of the worker'
          : 'a wake for a date that an edit has put off',
      );
    }
  }

  function keep(run: Run) {
    const key = names.get(run.runId);
    if (key === undefined) return;
    const emails = run.history.flatMap(({ ledgerKey, at }) =>
      ledgerKey === undefined ? [] : [{ ledgerKey, at: Date.parse(at) }],
    );
    const keys = emails.map(({ ledgerKey }) => ledgerKey);
    const isBroken = run.state === 'exited' || run.state === 'stopped';
    if (isBroken && run.history.every(({ at }) => at < (run.endedAt ?? ''))) broken.add(run.runId);
    else broken.delete(run.runId);
    asked.set(key, new Set([...(asked.get(key) ?? []), run.runId, ...keys]));
    // A run that began again has asked again.
    for (const { ledgerKey, at } of emails) askedAt.set(ledgerKey, at);
  }

  const hadRun = (id: string) => told.runs.some(({ customerId }) => customerId === id);

  /** Who takes over a contact takes it from a customer who is deleted, and whose runs have ended by then. */
  function noTwoOfOnePerson() {
    for (const { customerId } of shop.people) {
      const before = told.contactsOf(customerId).filter((id) => id !== customerId);
      const open = [...system.rows.runs.values()].find(
        ({ row }) => before.includes(row.customerId) && isOpen(row),
      );
      if (open) complain(`1: a run of ${open.row.workflowId} goes on beside that of its heir.`);
    }
  }

  /** Whether the rows are what the model says. */
  function compare({ record }: Commit) {
    noTwoOfOnePerson();
    factsAgree();
    for (const [runId, { row }] of system.rows.runs) {
      const run = runOf(runId);
      // What an erasure does not end at once it clears a little later.
      const isCleared = row.erased === true && run && told.isErased(run.customerId);
      const seen = shown(row);
      const expected = run && shownOfModel(isCleared ? { ...run, history: [] } : run);
      if (seen !== expected) {
        complain(`5: after ${record?.type ?? 'a wake'} the run is\n${seen}\nand not\n${expected}`);
        throw new Error('The model and the rows have parted.');
      }
    }
  }

  /** What is known of a subscription is the newest of all that was told, whatever came first. */
  function factsAgree() {
    for (const [customerId, { row }] of system.rows.customers) {
      if (row.erased) continue;
      for (const [id, known] of Object.entries(row.subscriptions ?? {})) {
        const sub = told.subs.get(id);
        const at = (text: string | undefined) =>
          text === undefined ? undefined : Date.parse(text);
        const seen = [
          ...[known.status, known.cancelAtPeriodEnd, at(known.trialEnd)],
          ...[at(known.periodEnd), known.productId],
        ];
        const expected = [
          ...[sub?.status, sub?.cancelAtPeriodEnd, sub?.trialEnd],
          ...[sub?.periodEnd, sub?.productId],
        ];
        if (JSON.stringify(seen) !== JSON.stringify(expected)) {
          complain(`5: of ${id} of ${customerId} is known ${seen}, and not ${expected}.`);
        }
      }
    }
  }

  /** Somebody holds all mail, or releases it. */
  function holdOrRelease() {
    if (system.isHeld()) {
      for (const [key, { heldSince }] of system.ledger) if (heldSince !== undefined) held.add(key);
    }
    system.hold(!system.isHeld());
  }

  /** What was put aside has been decided, too. */
  function noneHeld() {
    for (const [key, { state, reason }] of system.ledger) {
      if (state === 'waiting') complain(`4: ${key} still waits: ${reason}`);
      const isTooLate = state === 'blocked' && reason === 'Its time was more than a day ago.';
      if (isTooLate && held.has(key)) count('an email that was held for too long');
    }
  }

  /** What a run has asked for is decided, whatever crashed meanwhile. */
  function allDecided() {
    for (const { row } of system.rows.runs.values()) {
      for (const { ledgerKey, stepId } of row.history) {
        if (ledgerKey === undefined || system.ledger.has(ledgerKey)) continue;
        complain(`4: the email of ${stepId} of ${row.workflowId} was asked for and never decided.`);
      }
    }
  }

  /** Nothing of a person who is erased is left in any run. */
  function nothingLeft() {
    for (const { row } of system.rows.runs.values()) {
      if (!told.isErased(row.customerId)) continue;
      const { customerId, properties, history, subscription, subscriptionId } = row;
      const left = [Object.keys(properties).join(), history.length, subscription, subscriptionId];
      if (
        !row.erased ||
        JSON.stringify(left) !== JSON.stringify(['customerId', 0, undefined, undefined])
      ) {
        complain(`5: a run of ${customerId} tells of who is erased: ${left}.`);
      }
    }
  }

  function stopAtProblems() {
    if (problems.length > 0) throw new Error('Something did not hold.');
  }

  /** What a clock has taken that died is asked for again when its lease is over. */
  function isLeased({ wakeAt = '' }: Run): boolean {
    const leftMs = Date.parse(wakeAt) - system.now().getTime();
    return crash !== undefined && leftMs > 0 && leftMs <= longestLeaseMs;
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
      if (!(dueAt > system.now().getTime() - minute) && !isLeased(row))
        complain(`4: ${run.key} waits for the past.`);
      if (due === undefined) complain(`4: ${run.key} waits for a date that is not known.`);
    }
  }

  const shop = shopOf(random, { ...system, sendsOptional });
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
      const { exitWhen = [] } = all.find((one) => one.workflowId === workflow.workflowId) ?? {};
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
    else if (kind < 0.3) isMoving = shop.mayTakeOver(told) || isMoving;
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
    isMoving = shop.mayTakeOver(told, two.from, two.person) || isMoving;
    await system.work();
  }

  async function leave() {
    const person = pick(shop.people);
    if (!person || isMoving) return;
    await repeat(() => system.unsubscribe(person.email));
    for (const { customerId, email } of shop.people) {
      if (email === person.email) told.unsubscribed(customerId);
    }
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

  /** The same events in another order tell the same of every subscription. */
  async function otherOrder(): Promise<string[]> {
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

  async function pass() {
    const ms = pick([minute, 60 * minute, 12 * 60 * minute, 2 * day, 6 * day]) ?? minute;
    const most = Math.ceil((random() * ms) / minute) * minute;
    if (isHealthy) await system.elapse(most, look);
    else system.pass(most);
  }

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
    nothingLeft();
    allDecided();
    noneHeld();
    problems.push(...(await otherOrder()));
    for (const { row } of system.rows.runs.values()) {
      const isWell = row.state === 'done' || row.reason !== undefined;
      if (row.state === 'waiting' || row.state === 'parked' || !isWell) {
        complain(`4: a run of ${row.workflowId} never ended, or without a reason.`);
      }
    }
  } catch (error) {
    if (problems.length === 0) problems.push(String(error instanceof Error ? error.stack : error));
  }
  onCalls(system.calls());
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
