import { encodeMailMessage, mailsOf } from '#shared/queue/mail-queue.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { eventRecordOf } from '#shared/store/events/event-item.ts';
import { type SesMood, startSes } from '#test/fakes/ses.ts';
import type { Tables } from '#test/prove/account.ts';
import type { Fault } from '#test/prove/fault-proxy.ts';
import { handled, type Life, startLife } from '#test/prove/life.ts';
import { type Proof, together } from '#test/prove/proof.ts';
import type { Scenario } from '#test/prove/scenarios.ts';
import { eachFault } from './each-fault.ts';
import { seen } from './seen.ts';
import { begin, differenceOf, type Stage, situationBefore } from './worker.ts';

type Ses = Awaited<ReturnType<typeof startSes>>;

/** What SES does with the first calls; it takes every later one. */
const moods: Readonly<Record<string, readonly SesMood[]>> = {
  'takes it': [],
  'is busy at first': ['throttle'],
  'refuses it': ['reject'],
};

/** Longer than a lease, so that a reservation whose mailer died is over. */
const betweenReceivesSeconds = 125;
const longestDelaySeconds = 900;
const mostReceives = 12;

/**
 * Lets the mailer handle the emails of one event with each single call gone wrong in each way, SES's included. No
 * email is sent twice, and each ends as in a run in which nothing goes wrong, or unknown with a check queued.
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
    const run = async (fault?: Fault) => {
      ses.sent.length = 0;
      ses.behave(mood[Symbol.iterator]());
      await begin(stage, before);
      await askForMails(before, stage);
      return mail(stage, ses, fault);
    };
    const undisturbed = await run();
    const name = `mail of ${scenario.name} when SES ${what}`;
    const proof = await eachFault(name, undisturbed.operations, stage, async (fault) => {
      const disturbed = await run(fault);
      return { problem: problemOf(undisturbed, disturbed), laterCalls: disturbed.laterCalls };
    });
    proofs.push(proof);
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
  for (const [ledgerKey, state] of disturbed.states) {
    const wasSent = disturbed.sent.includes(ledgerKey);
    if (state === 'unknown' && disturbed.checks.has(ledgerKey)) continue;
    if (state === 'unknown') return 'An email is unknown, and nothing asks what became of it.';
    if (wasSent !== (state === 'sent')) return `An email is ${state}, sent or not: ${wasSent}.`;
  }
  if ([...disturbed.states.values()].includes('unknown')) return undefined;
  return differenceOf(undisturbed.seen, disturbed.seen);
}

/** Works off the mail queue until nothing is left but the checks of emails that are unknown. */
async function mail({ account, clock, since }: Stage, ses: Ses, fault?: Fault) {
  const start = (one?: Fault) =>
    startLife(account, 'mailer', {
      ...(one && { fault: one }),
      ses: ses.endpoint,
      more: { MAIL_FROM: 'Shop <shop@example.com>', MAILS_PER_SECOND: '1000' },
    });
  const first = await start(fault);
  const checks = new Set<string>();
  let life: Life = first;
  let second: Life | undefined;
  for (;;) {
    const record = await account.receive('MailQueue');
    if (!record) {
      if (!(await account.hasDelayed('MailQueue'))) break;
      clock.pass(longestDelaySeconds);
      continue;
    }
    const message = readMailMessage(record.body);
    if (message?.check) {
      checks.add(message.ledgerKey);
      await account.remove('MailQueue', record);
      continue;
    }
    const fate = await handled(life, record);
    if (fate === 'done') {
      await account.remove('MailQueue', record);
      continue;
    }
    if (Number(record.attributes.ApproximateReceiveCount) >= mostReceives) {
      throw new Error('An email comes back for ever.');
    }
    if (fate === 'died') {
      await life.end();
      life = await start(life === first ? fault?.next : undefined);
      second ??= life;
    }
    clock.pass(betweenReceivesSeconds);
    await account.giveBack('MailQueue', record);
  }
  await life.end();
  if (life !== first) await first.end();
  const tables = await account.tables();
  const ledger = tables['Emails'] ?? [];
  return {
    operations: first.operations,
    laterCalls: second?.operations.length ?? 0,
    sent: ses.sent.map(({ ledgerKey }) => ledgerKey),
    states: new Map(ledger.map(({ ledgerKey, state }) => [String(ledgerKey), String(state)])),
    checks,
    seen: seen(withoutCounts(tables), since),
  };
}

/** An email that was tried again counts its attempts, and SES numbers what it sent. */
function withoutCounts(tables: Tables): Tables {
  const Emails = (tables['Emails'] ?? []).map(
    ({ attempts: _, sesMessageId: __, leaseUntil: ___, ...rest }) => rest,
  );
  return { ...tables, Emails };
}
