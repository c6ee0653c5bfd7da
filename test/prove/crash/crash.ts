import { startAccount } from '#test/prove/account.ts';
import { type FaultKind, faultKinds } from '#test/prove/fault-proxy.ts';
import { type Proof, together } from '#test/prove/proof.ts';
import { quiet } from '#test/prove/quiet.ts';
import { type Scenario, scenarios } from '#test/prove/scenarios.ts';
import { crashIngest } from './ingest.ts';
import { crashMailer } from './mailer.ts';
import { shiftedClock } from './shifted-clock.ts';
import type { Stage } from './stage.ts';
import { crashWorker } from './worker.ts';

type Options = Readonly<{
  template: unknown;
  /** Absent: all. */
  kinds?: readonly FaultKind[];
  /** Whose successor, after a kill, is killed at each of its calls too; absent: a few. */
  isKilledTwice?: (part: keyof typeof crashes, scenario: Scenario) => boolean;
  /** Absent: all. */
  isWanted?: (part: keyof typeof crashes, scenario: Scenario) => boolean;
  /** Whether of several reads in a row by the same operation only the first goes wrong. */
  skipsRepeats?: boolean;
  /** Absent: mailer and clock, whatever SES does. */
  isDisturbed?: NonNullable<Stage['isDisturbed']>;
  onProgress?: (line: string) => void;
  /** Told each failure when it is found. */
  onFailure?: (failure: string) => void;
  /** Told what a part came to when it is over. */
  onProved?: (part: keyof typeof crashes, proof: Proof) => void;
}>;

type CrashProof = Readonly<Record<'worker' | 'ingest' | 'mailer', Proof>>;

const crashes = { worker: crashWorker, ingest: crashIngest, mailer: crashMailer };

/** Ingest is the same whatever the settings are, and the mailer's ways are all in two events. */
const shape = {
  worker: () => true,
  ingest: ({ name }: Scenario) => name.endsWith('of a new customer, by default'),
  mailer: ({ name }: Scenario) =>
    /^(customer\.created|order\.paid) of a new customer, by default$/.test(name),
};

const killedTwice = [
  'order.paid of a new customer, by default',
  'order.paid that renews a subscription, by default',
  'customer.deleted with anonymisation, unsubscribe',
];

function usuallyKilledTwice(part: keyof typeof crashes, { name }: Scenario): boolean {
  return part === 'mailer' || (part === 'worker' && killedTwice.includes(name));
}

/** Makes every single call of AWS go wrong once in each way, in each scenario. */
export async function proveCrashes({
  template,
  kinds = faultKinds,
  isKilledTwice = usuallyKilledTwice,
  isWanted = () => true,
  skipsRepeats = false,
  isDisturbed = () => true,
  onProgress = () => {},
  onFailure = () => {},
  onProved = () => {},
}: Options): Promise<CrashProof> {
  const account = await startAccount(template);
  const stage: Omit<Stage, 'pairs'> = {
    ...{ account, clock: shiftedClock(), since: new Date(), kinds, skipsRepeats, isDisturbed },
    onFailure,
  };
  const loud = quiet();
  const proved = async (part: keyof typeof crashes): Promise<Proof> => {
    const proofs: Proof[] = [];
    for (const scenario of scenarios()) {
      if (!shape[part](scenario) || !isWanted(part, scenario)) continue;
      const proof = await crashes[part](scenario, {
        ...stage,
        pairs: isKilledTwice(part, scenario),
      });
      proofs.push(proof);
      onProgress(`${part}: ${scenario.name}: ${proof.points} points`);
    }
    const all = together(proofs);
    onProved(part, all);
    return all;
  };
  try {
    return {
      worker: await proved('worker'),
      ingest: await proved('ingest'),
      mailer: await proved('mailer'),
    };
  } finally {
    loud();
    stage.clock.restore();
    await account.stop();
  }
}
