import type { Fault } from '#test/prove/fault-proxy.ts';
import { type Life, startLife } from '#test/prove/life.ts';
import type { Proof } from '#test/prove/proof.ts';
import type { Scenario, Webhook } from '#test/prove/scenarios.ts';
import { signedRequest } from '#test/support/polar/signed-request.ts';
import { eachFault } from './each-fault.ts';
import type { Stage } from './stage.ts';
import { begin, differenceOf, situationBefore, work } from './worker.ts';

const mostAttempts = 10;

/**
 * Sends one webhook until it is accepted, as Polar does, with each single call of ingest gone wrong in each way, lets
 * the worker handle what is queued, and compares all with a run in which nothing goes wrong.
 */
export async function crashIngest(scenario: Scenario, stage: Stage): Promise<Proof> {
  const { webhook } = scenario;
  if (!webhook) return { points: 0, failures: [] };
  const before = await situationBefore(scenario, stage);
  const run = async (fault?: Fault) => {
    await begin(stage, before);
    const operations = await delivered(webhook, stage, fault);
    return { operations, seen: (await work(stage)).seen };
  };
  const undisturbed = await run();
  const { operations } = undisturbed;
  return eachFault(`ingest of ${scenario.name}`, operations, stage, async (fault) => ({
    problem: differenceOf(undisturbed.seen, (await run(fault)).seen),
    calls: operations.length,
    laterCalls: 0,
  }));
}

/** Delivers it again, under the same id, until it is accepted. Gives the calls of the first attempt. */
async function delivered(webhook: Webhook, { account }: Stage, fault?: Fault) {
  const first = await startLife(account, 'ingest', { ...(fault && { fault }) });
  const operations = first.operations;
  let life = first;
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const answer = await asked(life, webhook, account.secret);
    if (answer === 202) {
      await life.end();
      return operations;
    }
    if (answer === 'died' || answer >= 500) {
      await life.end();
      life = await startLife(account, 'ingest');
      continue;
    }
    throw new Error(`A genuine webhook was answered ${answer}.`);
  }
  throw new Error('A genuine webhook is never accepted.');
}

type IngestHandler = (request: unknown) => Promise<{ statusCode: number }>;

async function asked({ handler, died }: Life, { webhookId, body }: Webhook, secret: string) {
  const ask = handler as IngestHandler;
  const answered = ask(signedRequest(body, { secret, id: webhookId })).then(
    ({ statusCode }) => statusCode,
  );
  const answer = await Promise.race([died, answered]);
  if (answer === 'died') await answered.catch(() => undefined);
  return answer;
}
