import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { clock } from '#functions/clock/clock.ts';
import { mailer } from '#functions/mailer/mailer.ts';
import { mailSituation } from '#functions/mailer/situation.ts';
import { worker } from '#functions/worker/worker.ts';
import { applyRefusal } from '#shared/audience/consent/refusals.ts';
import type { EmailIdentity } from '#shared/audience/emails/email.ts';
import type { Emails } from '#shared/audience/emails/ledger.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { AudienceStore, Commit } from '#shared/audience/rows/unit-of-work.ts';
import { isOpen } from '#shared/audience/runs/run.ts';
import {
  defaultSettings,
  type Settings,
  unsetEventSettings,
} from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { isOptionalEventType, optionalEventTypes } from '#shared/polar/event-types.ts';
import type { BatchParts } from '#shared/queue/each-record.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import { type WorkerMessage, wakeMessage } from '#shared/queue/events-queue.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { resumingRuns } from '#shared/queue/resuming.ts';
import type { Hold } from '#shared/store/mail/hold.ts';
import type { DueRuns } from '#shared/store/runs/due-runs.ts';
import type { RunLists } from '#shared/store/runs/run-lists.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { memoryLedger } from '#test/fakes/memory-ledger.ts';
import { memoryDueEmails, memoryDueRuns, memoryRunLists } from './memory-lists.ts';
import { troubledCalls } from './troubled-calls.ts';

/** What happened in the system, as far as the model and the checker look at it. */
export type Watcher = Readonly<{
  committed: (commit: Commit) => void;
  reserved: (email: EmailIdentity) => void;
  sent: (ledgerKey: string) => void;
}>;

/** The tables, as far as the functions reach them here. */
export type Outside = Readonly<{
  store: AudienceStore;
  emails: Emails;
  dueRuns: DueRuns;
  runs: RunLists;
  save: (workflow: Workflow) => Promise<void>;
}>;
/** What the functions are given instead of tables in memory. */
export type OutsideOf = (memory: Outside, now: () => Date) => Outside;

type Queued = { record: SQSRecord; visibleAt: number; tries?: number };
const plentyOfTime = { getRemainingTimeInMillis: () => 60_000 };
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const minuteMs = 60_000;
const optionalEventsOn = Object.fromEntries(
  optionalEventTypes.map((type) => [type, { ...unsetEventSettings, enabled: true }]),
);

export type World = ReturnType<typeof world>;

/**
 * Worker, clock and mailer as they are deployed, on an audience, a ledger and queues in memory. Each call of what is
 * outside may fail before or after it is done, and lets others go first, as the random numbers say.
 */
export function world(
  random: () => number,
  workflows: readonly Workflow[],
  watcher: Watcher,
  outsideOf: OutsideOf = (memory) => memory,
) {
  let time = Date.parse('2026-11-02T12:00:00.000Z');
  let serial = 0;
  const now = () => new Date(time);
  let behindMs = 0;
  /** By the worker's own clock. */
  const workersNow = () => new Date(time - behindMs);
  const newId = () => {
    serial += 1;
    return `id-${serial}`;
  };
  const audience = memoryAudienceStore();
  const { rows } = audience;
  const ledger = memoryLedger(rows.customers, now);
  const stored = new Map(workflows.map((one) => [one.workflowId, one]));
  let cached = [...stored.values()];
  let hold: Hold | undefined;
  let hasOptional = false;
  const settings = async (): Promise<Settings> => ({
    ...{ ...defaultSettings, postalAddress: 'Shop, Main Street 1' },
    events: { ...defaultSettings.events, ...(hasOptional && optionalEventsOn) },
  });
  const events: Queued[] = [];
  const mails: Queued[] = [];

  const { call, crashable, invoked, ...trouble } = troubledCalls(random);

  let turn: Promise<unknown> = Promise.resolve();
  /** What is written is told of before anything else is. */
  function inTurn<T>(write: () => Promise<T>): Promise<T> {
    const mine = turn.then(write);
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** What the ledger said when a beginning run looked. */
  const looked = new Map<string, string | undefined>();
  const store: AudienceStore = {
    load: (keys) => call(() => outside.store.load(keys)),
    recorded: (id) => call(() => outside.store.recorded(id)),
    commit: (commit) =>
      call(() =>
        inTurn(async () => {
          const result = await outside.store.commit(commit);
          if (result.kind === 'committed') watcher.committed(commit);
          return result;
        }),
      ),
  };
  const reserve: Emails['reserve'] = (email, reservation) =>
    inTurn(async () => {
      const isReserved = await outside.emails.reserve(email, reservation);
      if (isReserved) watcher.reserved(email);
      return isReserved;
    });
  const emails: Emails = {
    wait: (...of) => outside.emails.wait(...of),
    fail: (...of) => outside.emails.fail(...of),
    loseSight: (...of) => outside.emails.loseSight(...of),
    putAside: (...of) => outside.emails.putAside(...of),
    keepInSight: (...of) => outside.emails.keepInSight(...of),
    reserve: (email, reservation) => call(() => reserve(email, reservation)),
    reserveWithin: (email, reservation) =>
      call(async () => ((await reserve(email, reservation)) ? 'reserved' : 'taken')),
    block: (email, reason) => call(() => outside.emails.block(email, reason)),
    giveUp: (seen, reason) => call(() => outside.emails.giveUp(seen, reason)),
    find: (key) => call(() => outside.emails.find(key)),
    sent: (...of) => crashable(() => outside.emails.sent(...of)),
  };

  const push = (queue: Queued[], message: WorkerMessage, delaySeconds = 0) =>
    void queue.push({ record: recordOf(message, newId()), visibleAt: time + delaySeconds * 1_000 });
  const send = (message: WorkerMessage, delaySeconds: number) =>
    call(async () => push(events, message, delaySeconds));
  let lastError: unknown;
  const batch: BatchParts = {
    failures: { clear: async () => {} },
    failed: async (_, error) => {
      lastError = error instanceof Error ? error.stack : error;
      return 'retry';
    },
    log: silent,
  };
  const contactOf = async () => ({ contact: undefined, addresses: [], spellings: [] });
  const pause = async () => undefined;
  const allRuns = () => [...rows.runs.values()].map(({ row }) => row);

  const runsInMemory = memoryRunLists(allRuns);
  const dueInMemory = memoryDueRuns(rows.runs);

  /** Rows that others write. */
  function loadInMemory(keys: Parameters<AudienceStore['load']>[0]) {
    for (const { kind, key } of keys) {
      const email = kind === 'emails' ? ledger.rows.get(key) : undefined;
      if (kind === 'emails') looked.set(key, email?.state);
      if (email) rows.emails.set(key, { row: { state: email.state }, revision: '' });
      const workflow = kind === 'workflows' ? stored.get(key) : undefined;
      if (workflow) rows.workflows.set(key, { row: workflow, revision: '' });
      else if (kind === 'workflows') rows.workflows.delete(key);
    }
    return audience.store.load(keys);
  }

  const memory: Outside = {
    store: { ...audience.store, load: loadInMemory },
    emails: ledger.emails,
    dueRuns: dueInMemory,
    runs: runsInMemory,
    save: async (workflow) => void stored.set(workflow.workflowId, workflow),
  };
  const outside = outsideOf(memory, now);
  const { runs } = outside;
  const dueRuns: DueRuns = {
    due: (by, limit) => outside.dueRuns.due(by, limit),
    take: (run, until) => call(() => outside.dueRuns.take(run, until)),
  };

  const work = worker({
    ...{
      ...batch,
      store,
      runs,
      settings,
      settingsNow: settings,
      contactOf,
      send,
      now: workersNow,
      newId,
      pause,
    },
    records: {
      idsOfCustomer: async () => ({ webhookIds: [], next: undefined }),
      idsOfContact: async () => ({ webhookIds: [], next: undefined }),
      erase: async () => undefined,
    },
    workflows: async () => cached,
    workflowsNow: async () => [...stored.values()],
    sendMail: (mail) => call(async () => push(mails, encodeMailMessage(mail))),
  });
  const mail = mailer({
    ...batch,
    ...{
      emails,
      hold: async () => hold,
      hasSender: true,
      newToken: newId,
      now,
      sideBySide: 1,
    },
    known: mailSituation({
      recorded: async (id) => audience.records.get(id)?.record,
      workflows: { all: async () => [...stored.values()], find: async (id) => stored.get(id) },
      ...{ store, settings },
    }),
    // It takes its time, in which others go on.
    compose: async (_, __, ledgerKey) => {
      for (let turns = Math.floor(random() * 40); turns > 0; turns--) await Promise.resolve();
      return {
        kind: 'composed',
        mail: {
          ...{ from: 'shop@example.com', to: 'ann@example.com', replyTo: undefined },
          ...{ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {}, ledgerKey },
        },
      };
    },
    send: ({ ledgerKey }) =>
      crashable(async () => {
        watcher.sent(ledgerKey);
        return { kind: 'sent', sesMessageId: newId() };
      }),
    addressHash: async (email) => email,
    mailboxHash: async (mailbox) => mailbox,
  });
  const tick = clock({
    emails: memoryDueEmails(ledger.rows),
    isReleased: async () => hold?.isOn === false,
    queue: (messages) =>
      call(async () => {
        for (const message of messages) push(mails, encodeMailMessage(message));
      }),
    runs: dueRuns,
    wake: (wakes) =>
      call(async () => {
        for (const wake of wakes) push(events, wakeMessage(wake));
      }),
    ...{ mostEmails: 1_000, mostRuns: 1_000, now, log: silent },
  });

  /** Lambda on a queue: what is not in the answer is done. */
  async function handle(
    queue: Queued[],
    by: (batch: SQSEvent, time: typeof plentyOfTime) => Promise<SQSBatchResponse>,
    most: number,
  ): Promise<number> {
    const visible = queue.filter(({ visibleAt }) => visibleAt <= time);
    const taken: Queued[] = [];
    while (taken.length < most && visible.length > 0) {
      taken.push(...visible.splice(Math.floor(random() * visible.length), 1));
    }
    for (const one of taken) queue.splice(queue.indexOf(one), 1);
    let response: SQSBatchResponse = { batchItemFailures: [] };
    const hasCrashed = await invoked(async () => {
      response = await by({ Records: taken.map(({ record }) => record) }, plentyOfTime);
    });
    const failed = new Set(response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const one of taken) {
      if (hasCrashed) failed.add(one.record.messageId);
      if (!failed.has(one.record.messageId)) continue;
      const tries = (one.tries ?? 0) + 1;
      if (tries > 60) throw new Error(`A message never gets through: ${lastError}`);
      queue.push({ ...one, tries, visibleAt: time + 15_000 });
    }
    return taken.length;
  }

  const system = {
    ...{ rows, now, workersNow, events, mails, stored, store, ledger: ledger.rows },
    cached: () => cached,
    /** What the ledger says of a key, to who begins a run. */
    stateOf: (key: string) => (looked.has(key) ? looked.get(key) : ledger.rows.get(key)?.state),
    isCacheOld: () => cached.some((one) => stored.get(one.workflowId) !== one),
    setFaults: trouble.setFaults,
    isBehind: () => behindMs > 0,
    setBehind(ms: number) {
      behindMs = ms;
    },
    /** Whether events of this type are switched on. */
    isOn: (type: string) => hasOptional || !isOptionalEventType(type),
    switchOptional(isOn: boolean) {
      hasOptional = isOn;
    },
    isHeld: () => hold?.isOn === true,
    hold(isOn: boolean) {
      hold = { isOn, reason: 'A wrong price.', at: now().toISOString(), by: 'grace' };
    },
    refreshCache() {
      cached = [...stored.values()];
    },
    pass(ms: number) {
      time += ms;
    },
    deliver: (webhookId: string, type: string, body: string) => {
      const message = encodeEventMessage({
        webhookId,
        type,
        receivedAt: now().toISOString(),
        body,
      });
      if (message === 'too-large') throw new Error('A payload is too large.');
      push(events, message);
    },
    save: async (workflow: Workflow) => {
      const save = async (one: Workflow) => {
        await outside.save(one);
        return true;
      };
      const resume = async (message: WorkerMessage, delay: number) => push(events, message, delay);
      const find = async (id: string) => stored.get(id);
      const none = async () => false;
      await resumingRuns({ find, save, remove: none, bringBack: none }, resume).save(workflow);
    },
    /** Puts the workflows where the functions find them. */
    begin: async () => {
      for (const workflow of workflows) await outside.save(workflow);
    },
    /** A person says no to marketing. */
    unsubscribe: async (email: string) => {
      const surroundings = { settings: await settings(), now: now(), newId };
      const no = { reason: 'unsubscribed', at: now().toISOString(), by: 'recipient' } as const;
      await applyRefusal({ email: normalisedEmail(email), ...no }, { store, surroundings, pause });
    },
    work: () => handle(events, work, 10),
    mail: () => handle(mails, mail, 5),
    tick: () => invoked(() => tick({}, plentyOfTime)),
    crash: trouble.crash,
    /** How many calls the functions have made. */
    calls: trouble.calls,
    /** Nothing is left to do at this moment. */
    async settle() {
      for (let round = 0; ; round++) {
        if (round > 1_000) throw new Error('The queues never run dry.');
        // A clock that died strikes again, and finds what it had not taken yet.
        const hasDied = await system.tick();
        const done = (await system.work()) + (await system.mail());
        if (done === 0 && !hasDied) return;
      }
    },
    /** A healthy while: the clock strikes in each minute in which something is due. */
    async elapse(ms: number, look: () => void) {
      const until = time + ms;
      for (;;) {
        await system.settle();
        look();
        const times = [
          ...allRuns().flatMap((run) =>
            isOpen(run) && run.wakeAt ? [Date.parse(run.wakeAt)] : [],
          ),
          ...[...events, ...mails].map(({ visibleAt }) => visibleAt),
        ].filter((at) => at > time);
        const next = Math.min(until, ...times);
        time = Math.min(until, Math.ceil(next / minuteMs) * minuteMs);
        if (time >= until) break;
      }
      await system.settle();
      look();
    },
  };
  return system;
}

function recordOf({ MessageBody, MessageAttributes }: WorkerMessage, messageId: string): SQSRecord {
  const attributes = Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [
    name,
    { dataType: 'String', stringValue: StringValue },
  ]);
  return {
    ...{ messageId, receiptHandle: messageId, body: MessageBody, md5OfBody: '' },
    ...{ eventSource: 'aws:sqs', eventSourceARN: 'arn', awsRegion: 'us-east-1' },
    attributes: {
      ApproximateReceiveCount: '1',
      ApproximateFirstReceiveTimestamp: '0',
      ...{ SenderId: 'local', SentTimestamp: '0' },
    },
    messageAttributes: Object.fromEntries(attributes),
  };
}
