import { mostReceives } from '#shared/queue/failures.ts';
import { encodeMailMessage, mailsOf } from '#shared/queue/mail-queue.ts';
import { eventRecordOf } from '#shared/store/events/event-item.ts';
import { type SesMood, startSes } from '#test/fakes/ses.ts';
import type { Tables } from '#test/prove/account.ts';
import type { Fault } from '#test/prove/fault-proxy.ts';
import { called, handled, type Life, startLife } from '#test/prove/life.ts';
import { type Proof, together } from '#test/prove/proof.ts';
import type { Scenario } from '#test/prove/scenarios.ts';
import { eachFault } from './each-fault.ts';
import { seen } from './seen.ts';
import type { Stage } from './stage.ts';
import { begin, differenceOf, situationBefore } from './worker.ts';

type Ses = Awaited<ReturnType<typeof startSes>>;

/** What SES does with the first calls; it takes every later one. */
const moods: Readonly<Record<string, readonly SesMood[]>> = {
  'takes it': [],
  'is busy at first': ['throttle'],
  'refuses it': ['reject'],
};

/** Longer than a lease, so that a reservation whose mailer died is over. */
const betweenReceivesSeconds = 125;
/** The longest from one attempt to the next, and from one look of the clock at an email to the next. */
const longestBreakSeconds = 901;
const mostRounds = 200;

type Who = 'mailer' | 'clock';

/**
 * Lets the mailer and the clock handle the emails of one event with each single call of either gone wrong in each way,
 * SES's included. No email is sent twice, and each ends as in a run in which nothing goes wrong, or unknown and in
 * sight of the clock.
 */
export async function crashMailer(scenario: Scenario, stage: Stage): Promise<Proof> {
  const ses = await startSes();
  const { webhook } = scenario;
  const before = await situationBefore(
    { ...scenario, before: [...scenario.before, ...(webhook ? [webhook] : [])] },
    stage,
  );
  const proofs: Proof[] = [];
  for (const [what, mood] of Object.entries(moods)) {
    for (const who of ['mailer', 'clock'] as const) {
      if (stage.isDisturbed?.(who, what) === false) continue;
      const run = async (fault?: Fault) => {
        ses.sent.length = 0;
        ses.behave(mood[Symbol.iterator]());
        await begin(stage, before);
        await askForMails(before, stage);
        return mail(stage, ses, who, fault);
      };
      const undisturbed = await run();
      const name = `mail of ${scenario.name} when SES ${what}, ${who} disturbed`;
      const proof = await eachFault(name, undisturbed.operations, stage, async (fault) => {
        const disturbed = await run(fault);
        return {
          problem: problemOf(undisturbed, disturbed),
          calls: disturbed.operations.length,
          laterCalls: disturbed.laterCalls,
        };
      });
      proofs.push(proof);
    }
  }
  await ses.stop();
  return together(proofs);
}

/** What the worker asks for of every event that is recorded. */
async function askForMails({ Events = [] }: Tables, { account }: Stage): Promise<void> {
  for (const message of Events.flatMap((item) => mailsOf(eventRecordOf(item)))) {
    await account.send('MailQueue', encodeMailMessage(message));
  }
}

type Mailed = Awaited<ReturnType<typeof mail>>;

function problemOf(undisturbed: Mailed, disturbed: Mailed): string | undefined {
  const times = [...Map.groupBy(disturbed.sent, (key) => key).values()].map((one) => one.length);
  if (times.some((count) => count > 1)) return 'An email was sent twice.';
  for (const [ledgerKey, { state, isInSight }] of disturbed.ends) {
    const wasSent = disturbed.sent.includes(ledgerKey);
    if (isInSight !== (state === 'unknown')) return `An email is ${state}, in sight: ${isInSight}.`;
    if (state !== 'unknown' && wasSent !== (state === 'sent')) {
      return `An email is ${state}, sent or not: ${wasSent}.`;
    }
  }
  if ([...disturbed.ends.values()].some(({ state }) => state === 'unknown')) return undefined;
  return differenceOf(undisturbed.seen, disturbed.seen);
}

/** One function in as many lives as it takes: who is killed is followed by another one. */
function lives(who: 'mailer' | 'clock', { account }: Stage, ses: Ses, fault?: Fault) {
  const all: Life[] = [];
  const start = async (one?: Fault) => {
    const life = await startLife(account, who, {
      ...(one && { fault: one }),
      ses: ses.endpoint,
      more: { MAIL_FROM: 'Shop <shop@example.com>', MAILS_PER_SECOND: '1000' },
    });
    all.push(life);
    return life;
  };
  return {
    async run(act: (life: Life) => Promise<'done' | 'failed' | 'died'>) {
      const life = all.at(-1) ?? (await start(fault));
      const fate = await act(life);
      if (fate !== 'died') return fate;
      await life.end();
      await start(all.length === 1 ? fault?.next : undefined);
      return fate;
    },
    operations: () => all[0]?.operations ?? [],
    laterCalls: () => all[1]?.operations.length ?? 0,
    end: () => Promise.all(all.map((life) => life.end())),
  };
}

/** Works off the mail queue, and what the clock asks for later, until nothing is left but emails that are unknown. */
async function mail(stage: Stage, ses: Ses, disturbed: Who, fault?: Fault) {
  const { account, clock: time, since } = stage;
  const faultOf = (who: Who) => (who === disturbed ? fault : undefined);
  const mailer = lives('mailer', stage, ses, faultOf('mailer'));
  const clock = lives('clock', stage, ses, faultOf('clock'));
  const ledger = async () => (await account.tables(['Emails']))['Emails'] ?? [];
  const isUnderWay = async () =>
    (await ledger()).some(({ state }) => state === 'waiting' || state === 'reserved');
  for (let rounds = 0; rounds < mostRounds; rounds++) {
    const record = await account.receive('MailQueue');
    if (!record) {
      if (rounds > 0 && !(await isUnderWay())) break;
      time.pass(longestBreakSeconds);
      await clock.run(called);
      continue;
    }
    if ((await mailer.run((life) => handled(life, record))) === 'done') {
      await account.remove('MailQueue', record);
      continue;
    }
    if (Number(record.attributes.ApproximateReceiveCount) >= mostReceives) {
      throw new Error('An email comes back for ever.');
    }
    time.pass(betweenReceivesSeconds);
    await account.giveBack('MailQueue', record);
  }
  await Promise.all([mailer.end(), clock.end()]);
  const of = { mailer, clock }[disturbed];
  const ends = (await ledger()).map(
    ({ ledgerKey, state, dueAt }) =>
      [String(ledgerKey), { state: String(state), isInSight: dueAt !== undefined }] as const,
  );
  return {
    operations: of.operations(),
    laterCalls: of.laterCalls(),
    sent: ses.sent.map(({ ledgerKey }) => ledgerKey),
    ends: new Map(ends),
    seen: seen(withoutCounts(await account.tables()), since),
  };
}

/**
 * An email that was tried again counts its attempts, SES numbers what it sent, and a mailbox has a count for each day on
 * which it was tried.
 */
function withoutCounts(tables: Tables): Tables {
  const Emails = (tables['Emails'] ?? []).map(
    ({ attempts: _, sesMessageId: __, leaseUntil: ___, dueShard: ____, counted: _____, ...rest }) =>
      rest,
  );
  return { ...tables, Emails, Mailboxes: [] };
}
