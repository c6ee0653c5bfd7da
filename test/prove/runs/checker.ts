import type { ConsideredWorkflow, EventRecord } from '#shared/audience/event-record.ts';
import type { Commit } from '#shared/audience/rows/unit-of-work.ts';
import { isUsedUp, type Run } from '#shared/audience/runs/run.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { isOptionalEventType } from '#shared/polar/event-types.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { begunBy, misnamedBeginnings, recordsOf } from './beginnings.ts';
import { type ModelRun, model, type Told } from './model.ts';
import type { RareBranch } from './rare-branches.ts';
import {
  allDecided,
  factsAgree,
  noTwoOfOnePerson,
  nothingLeft,
  type Rules,
  shown,
  shownOfModel,
} from './rules-of-rows.ts';
import type { Shop } from './shop.ts';
import type { Watcher, World } from './world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
/** The clock asks for a run again after that time, once it has asked three times. */
export const longestLeaseMs = 60 * minute;

type How = Readonly<{
  /** Nothing fails, so that nothing may be late. */
  isHealthy: boolean;
  mayCrash: boolean;
  count: (branch: RareBranch) => void;
}>;

export type Checker = ReturnType<typeof checkerOf>;

/**
 * Holds each commit, reservation and email of a history against the five promises of sequences, by a model that is told of
 * each commit in the order in which it was made. Call `attach` before anything happens.
 */
export function checkerOf({ isHealthy, mayCrash, count }: How) {
  let system: World;
  let shop: Shop;
  const problems: string[] = [];
  const names = new Map<string, string>();
  const asked = new Map<string, Set<string>>();
  const askedAt = new Map<string, number>();
  const sends = new Set<string>();
  /** Emails that waited when mail was released. */
  const held = new Set<string>();
  /** Runs that something or somebody has ended since they asked for an email. */
  const broken = new Set<string>();
  const told = model((key) =>
    [...(asked.get(key) ?? [])].some((one) => {
      const state = system.stateOf(one);
      return state !== undefined && isUsedUp({ state });
    }),
  );
  let isStopping = false;
  /** Somebody moves to another's address, and the audience does not know of it yet. */
  const moving = { isUnderWay: false };
  const complain = (text: string) => void problems.push(`${system.now().toISOString()} ${text}`);
  const rules = (): Rules => ({ system, shop, told, complain });

  const watcher: Watcher = {
    committed(commit) {
      const puts = (commit.steps?.runs ?? []).flatMap((step) =>
        step.act === 'put' ? [step.row] : [],
      );
      const waked = runsWithMessages();
      const forbidden = forbiddenMails();
      const records = recordsOf(commit);
      // Of several events, it shows only which of them began which run, and not which ended one.
      for (const record of records)
        byEvent(record, records.length > 1 ? begunBy(record, puts) : puts);
      for (const problem of misnamedBeginnings(records, puts)) complain(`5: ${problem}`);
      if (records.length > 1) count('an event that goes along with another');
      const isWake = records.length === 0 && !isStopping;
      if (isWake) for (const run of puts) if (!run.erased) byWake(run);
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
  };

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
    if (owner !== undefined) moving.isUnderWay = false;
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
    const ofPaymentsBefore = told.runs.filter((run) => isOfPaymentBefore(run, event));
    told.event(event, system.workersNow().getTime(), copies, system.stored, isOn);
    if (wouldEnd([...before], event)) {
      count('a copy of a workflow that would end a run which goes on');
    }
    const added = told.runs.filter((run) => !before.has(run));
    if (ofPaymentsBefore.some((run) => !told.isOpen(run)) && added.length > 0) {
      count('a payment that fails again while the run of the one before waits');
    }
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

  /** Whether a run waits for a payment that was made before the one of this event failed. */
  function isOfPaymentBefore(run: ModelRun, { type, subscription }: Told): boolean {
    return (
      told.isOpen(run) &&
      [type, run.type].every((one) => one === 'subscription.past_due') &&
      run.subscriptionId === subscription?.id &&
      (run.pastDueAt ?? 0) < (subscription?.pastDueAt ?? 0)
    );
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

  /** Whether the rows are what the model says. */
  function compare({ record }: Commit) {
    noTwoOfOnePerson(rules());
    factsAgree(rules());
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

  /** What was put aside has been decided, too. */
  function noneHeld() {
    for (const [key, { state, reason }] of system.ledger) {
      if (state === 'waiting') complain(`4: ${key} still waits: ${reason}`);
      const isTooLate =
        state === 'blocked' && reason === 'It was due more than a day ago: too late to send.';
      if (isTooLate && held.has(key)) count('an email that was held for too long');
    }
  }

  /** Ends the history where something did not hold. */
  function stopAtProblems() {
    if (problems.length > 0) throw new Error('Something did not hold.');
  }

  /** What a clock has taken that died is asked for again when its lease is over. */
  function isLeased({ wakeAt = '' }: Run): boolean {
    const leftMs = Date.parse(wakeAt) - system.now().getTime();
    return mayCrash && leftMs > 0 && leftMs <= longestLeaseMs;
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

  /** Called once all is over: every run has ended, with a reason, and every email is decided. */
  function atTheEnd() {
    nothingLeft(rules());
    allDecided(rules());
    noneHeld();
    for (const { row } of system.rows.runs.values()) {
      const isWell = row.state === 'done' || row.reason !== undefined;
      if (row.state === 'waiting' || row.state === 'parked' || !isWell) {
        complain(`4: a run of ${row.workflowId} never ended, or without a reason.`);
      }
    }
  }

  return {
    ...{ problems, told, watcher, moving },
    ...{ runOf, stopAtProblems, look, atTheEnd },

    attach(theSystem: World, theShop: Shop) {
      system = theSystem;
      shop = theShop;
    },

    /** Mail is released now. */
    released() {
      for (const [key, { heldSince }] of system.ledger) if (heldSince !== undefined) held.add(key);
    },

    /** `stop` ends a run for a person, which the model was told before. */
    async whileStopping(stop: () => Promise<unknown>) {
      isStopping = true;
      await stop();
      isStopping = false;
    },
  };
}
