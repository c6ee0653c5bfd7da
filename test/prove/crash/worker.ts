import { mostReceives } from '#shared/queue/failures.ts';
import type { Account, Item, Tables } from '#test/prove/account.ts';
import type { Fault } from '#test/prove/fault-proxy.ts';
import { failedOf, type Life, startLife } from '#test/prove/life.ts';
import type { Proof } from '#test/prove/proof.ts';
import { queued, type Scenario, type Webhook, workflows } from '#test/prove/scenarios.ts';
import { eachFault } from './each-fault.ts';
import { seen } from './seen.ts';
import type { Stage } from './stage.ts';

const longestDelaySeconds = 900;

/**
 * Lets the worker handle one message, or one batch, and all that follows from it, with each single call gone wrong in each way, and
 * compares the tables, queues and mails asked for with those of a run in which nothing goes wrong.
 */
export async function crashWorker(scenario: Scenario, stage: Stage): Promise<Proof> {
  const before = await situationBefore(scenario, stage);
  const { alongside = [] } = scenario;
  const contactId = String(before['Contacts']?.[0]?.['contactId'] ?? 'nobody');
  const batch = [scenario.message(contactId), ...alongside.map(queued)];
  const run = async (fault?: Fault, messages = batch) => {
    await begin(stage, before);
    for (const message of messages) await stage.account.send('EventsQueue', message);
    return work(stage, fault, batch.length);
  };
  const undisturbed = await run();
  const delayed: string[] = [];
  for (const one of alongside.length > 0 ? batch : []) {
    delayed.push((await run(undefined, [...batch.filter((other) => other !== one), one])).seen);
  }
  const proof = await eachFault(scenario.name, undisturbed.operations, stage, async (fault) => {
    const disturbed = await run(fault);
    // The one of a batch whose call failed comes after the others; who is killed leaves all of them.
    const isOfOne = fault.kind === 'call refused' || fault.kind === 'reply lost';
    const isAsDelayed = isOfOne && delayed.includes(disturbed.seen);
    return {
      problem: isAsDelayed ? undefined : differenceOf(undisturbed.seen, disturbed.seen),
      calls: disturbed.operations.length,
      laterCalls: disturbed.laterCalls,
    };
  });
  if (undisturbed.deadLetters.length === 0) return proof;
  const failure = `${scenario.name}: dead letters although nothing went wrong`;
  stage.onFailure?.(failure);
  return { ...proof, failures: [failure, ...proof.failures] };
}

/** The tables as they are when the message comes: with what came before it, and its settings and workflows. */
export async function situationBefore(
  { settings, before }: Pick<Scenario, 'settings' | 'before'>,
  stage: Stage,
): Promise<Tables> {
  await begin(stage, {
    Settings: [{ name: 'settings', ...settings }],
    Workflows: workflows(),
  });
  for (const webhook of before) await arrive(webhook, stage);
  return stage.account.tables();
}

/** The present time, these tables, and nothing in the queues. */
export async function begin({ account, clock }: Stage, tables: Tables): Promise<void> {
  clock.reset();
  await account.reset(tables);
}

async function arrive(webhook: Webhook, stage: Stage): Promise<void> {
  await stage.account.send('EventsQueue', queued(webhook));
  await work(stage);
}

/** Works off the events queue, so many at once, also what comes back and what comes later. */
export async function work({ account, clock, since }: Stage, fault?: Fault, atOnce = 1) {
  const first = await startLife(account, 'worker', { ...(fault && { fault }) });
  let life: Life = first;
  let second: Life | undefined;
  for (;;) {
    const records = await account.received('EventsQueue', atOnce);
    if (records.length === 0) {
      if (!(await account.hasDelayed('EventsQueue'))) break;
      clock.pass(longestDelaySeconds);
      continue;
    }
    const failed = await failedOf(life, records);
    const left = failed === 'died' ? records : failed;
    for (const record of records) {
      if (!left.includes(record)) await account.remove('EventsQueue', record);
    }
    if (left.some(({ attributes }) => Number(attributes.ApproximateReceiveCount) >= mostReceives)) {
      throw new Error('A message comes back for ever.');
    }
    if (failed === 'died') {
      await life.end();
      const then = life === first ? fault?.next : undefined;
      life = await startLife(account, 'worker', { ...(then && { fault: then }) });
      second ??= life;
    }
    for (const record of left) await account.giveBack('EventsQueue', record);
  }
  await life.end();
  if (life !== first) await first.end();
  const mails = await distinct(account, 'MailQueue');
  const deadLetters = await distinct(account, 'EventsDeadLetters');
  const everything = {
    ...(await account.tables()),
    mails: mails.map((body): Item => JSON.parse(body)),
    deadLetters: deadLetters.map((body) => ({ body })),
  };
  return {
    operations: first.operations,
    laterCalls: second?.operations.length ?? 0,
    deadLetters,
    seen: seen(everything, since),
  };
}

/** A queue may hold a message twice, and whoever takes it minds that. */
async function distinct(account: Account, queue: 'MailQueue' | 'EventsDeadLetters') {
  const bodies = new Set<string>();
  for (;;) {
    const record = await account.receive(queue);
    if (!record) return [...bodies];
    bodies.add(record.body);
    await account.remove(queue, record);
  }
}

/** The lines that differ, if any do. */
export function differenceOf(expected: string, actual: string): string | undefined {
  if (expected === actual) return undefined;
  const [before, after] = [expected.split('\n'), actual.split('\n')];
  const missing = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`);
  const added = after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
  return ['Not as when nothing goes wrong:', ...missing, ...added].slice(0, 30).join('\n');
}
