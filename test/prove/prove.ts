import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { synthesise } from '#infra/local/assembly/synthesis.ts';
import { proveCrashes } from '#test/prove/crash/crash.ts';
import {
  audienceInDynamo,
  audienceInMemory,
  proveHistories,
} from '#test/prove/histories/histories.ts';
import { proveHostile } from '#test/prove/hostile/hostile.ts';
import { fateLines, isAccountedFor, proveMutants } from '#test/prove/mutants/prove-mutants.ts';
import { proveProperties } from '#test/prove/properties/properties.ts';
import { dynamoBeside } from '#test/prove/runs/lockstep.ts';
import { proveRunCrashes, proveRuns, proveRunsOutside } from '#test/prove/runs/runs.ts';
import { type SoakProof, soak } from '#test/prove/soak/soak.ts';
import { proveTemplate } from '#test/prove/template/prove-template.ts';
import { testsPass } from '#test/prove/tests-pass.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { startAccount } from './account.ts';
import type { Proof } from './proof.ts';
import { seededRandom } from './seeded-random.ts';

const parts = [
  ...(['crash', 'histories', 'hostile', 'mutants', 'properties', 'runs', 'soak'] as const),
  ...(['template', 'volumes', 'walks'] as const),
] as const;
const usage = `npm run prove -- [${parts.join('] [')}] [--seed N] [--minutes M] [--short] [--promises] [--only TEXT]

crash      every AWS call of ingest, worker and mailer goes wrong once in each way, in each scenario
histories  random histories with two to four workers that fail and race, against the result that the rules give
hostile    mutated requests on ingest and in the worker's reader, some through emulated queues and tables, and what answering them costs
mutants    the code that decides, broken on purpose in one place at a time: each check that keeps a promise of sequences, which the checker of runs must notice, and each condition of the hearts (test/prove/mutants/conditions.ts) turned round, which the unit tests or a checker must notice
properties the tests of npm test, and the walks and volumes, that draw what they meet or need many of something, with many more; the one part that no seed repeats
runs       random histories of workflows with several steps, in memory and on emulated DynamoDB, against a model of them; rare branches must be reached; short ones with a crash at each call
soak       M minutes of load on the local stack; in the first half functions are killed, and DynamoDB, SQS and SES pause, throttle and lose replies
template   the rules of AWS that the product leans on, taken out of the stack one at a time: the tests of the template must complain
volumes    commands on thousands of customers and dead letters (test/prove/volumes/), and how little memory each takes
walks      the longest tests through whole stacks (test/prove/walks/): every alarm with a real cause, every fault of the runbook on one stack, all that a function may do, an erasure, a newcomer with the local Polar, an outage that recover closes, days of a customer on a moved clock, and a mail that SES refuses for 47 hours

Without parts, all of them. With --promises, mutants leaves the conditions out. With --only, crash tries the scenarios whose names have this text. The same seed draws the same. Ends with 1 if anything does not hold.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '6' },
    short: { type: 'boolean', default: false },
    promises: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);
const unknown = positionals.filter((part) => !parts.some((known) => known === part));
if (values.help || unknown.length > 0 || !Number.isSafeInteger(seed) || !(minutes > 0)) {
  console.log(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n\n${usage}` : usage);
  process.exit(values.help ? 0 : 1);
}
const share = values.short ? 0.05 : 1;
const say = (line: string) => console.log(`  ${line}`);
/** Not part of the report, and at once: a proof that is stopped has still said how far it came and what failed. */
const progress = (line: string) => console.error(`  ${line}`);
const every = (unit: string) => (done: number) => progress(`${done} ${unit}`);

const program: Record<(typeof parts)[number], () => Promise<boolean>> = {
  async crash() {
    const short = (name: string) => / by default$/.test(name) && /^(order|customer)/.test(name);
    let holds = true;
    await proveCrashes({
      template: stageTemplate({ stage: 'local' }).toJSON(),
      isWanted: (_, { name }) => name.includes(values.only) && (!values.short || short(name)),
      onProgress: progress,
      onFailure: (failure) => progress(`FAILS ${failure}`),
      onProved: (part, proof) => {
        holds = report(`crash points in ${part}`, proof) && holds;
      },
    });
    return holds;
  },
  async histories() {
    const inMemory = report(
      'histories in memory',
      await proveHistories({
        seed,
        runs: 10_000 * share,
        audience: audienceInMemory,
        onProgress: every('histories in memory'),
      }),
    );
    const account = await startAccount(stageTemplate({ stage: 'local' }).toJSON());
    const inDynamo = report(
      'histories in DynamoDB',
      await proveHistories({
        seed,
        runs: 300 * share,
        audience: () => audienceInDynamo(account),
        onProgress: every('histories in DynamoDB'),
      }),
    );
    await account.stop();
    return inMemory && inDynamo;
  },
  async hostile() {
    const proof = await proveHostile({
      seed,
      requests: 100_000 * share,
      onProgress: every('requests'),
    });
    const { forged, signed } = proof.worst;
    for (const [answer, count] of Object.entries(proof.counts)) say(`${count} answered ${answer}`);
    say(
      `the worst of ${forged.points} forged requests takes ${forged.ratio.toFixed(1)} times the processor time of a genuine one of its size`,
    );
    say(
      `the worst of ${signed.points} signed bodies takes ${signed.ratio.toFixed(1)} times the processor time of hashing, reading and packing it`,
    );
    for (const { bytes, ms } of proof.forged) {
      say(`a forged request of ${bytes} bytes takes ${ms.toFixed(1)} ms of a processor`);
    }
    return report('hostile requests', proof);
  },
  async mutants() {
    const fates = await proveMutants({
      histories: values.short ? 60 : 200,
      promisesOnly: values.promises,
      onFate: ({ of, what, by }) =>
        say(`${by ? 'killed  ' : 'SURVIVES'} ${of}: ${what}${by ? ` ← ${by.name}` : ''}`),
    });
    for (const line of fateLines(fates)) say(line);
    return fates.every(isAccountedFor);
  },
  async properties() {
    const holds = await proveProperties(values.short);
    say(holds ? 'all hold' : 'not all hold');
    return holds;
  },
  async runs() {
    const proof = await proveRuns({
      seed,
      runs: 10_000 * share,
      onProgress: (done) => done % 500 === 0 && progress(`${done} histories of runs`),
    });
    for (const [branch, count] of proof.reached) say(`${count} times ${branch}`);
    const inMemory = report('histories of runs', proof);
    const account = await startAccount(stageTemplate({ stage: 'local' }).toJSON());
    const inDynamo = report(
      'histories of runs in DynamoDB',
      await proveRunsOutside({
        seed,
        runs: 200 * share,
        outside: () => dynamoBeside(account),
        onProgress: every('histories of runs in DynamoDB'),
      }),
    );
    await account.stop();
    const crashes = report(
      'crash points in histories of runs',
      await proveRunCrashes({
        seed,
        runs: 40 * share,
        onProgress: every('histories with a crash at each call'),
      }),
    );
    return inMemory && inDynamo && crashes;
  },
  async soak() {
    const directory = await mkdtemp(join(tmpdir(), 'polar-audience-prove-'));
    try {
      await synthesise(directory);
      const proof = await soak({
        assembly: directory,
        minutes: values.short ? Math.min(minutes, 0.5) : minutes,
        perSecond: 30,
        random: seededRandom(seed),
        onProgress: progress,
      });
      for (const line of soakLines(proof)) say(line);
      return report('webhooks under load', proof);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
  async template() {
    const all = await proveTemplate(({ one, isNoticed }) =>
      say(`${isNoticed ? 'noticed ' : 'SURVIVES'} without: ${one.what}`),
    );
    say(`${all.filter(({ isNoticed }) => isNoticed).length} of ${all.length} noticed`);
    return all.every(({ isNoticed }) => isNoticed);
  },
  volumes: () => testsHold('test/prove/volumes/'),
  walks: () => testsHold('test/prove/walks/'),
};

async function testsHold(folder: string): Promise<boolean> {
  const holds = await testsPass([folder]);
  say(holds ? 'all hold' : 'not all hold');
  return holds;
}

function soakLines({ troubles, memory, ...proof }: SoakProof): string[] {
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  return [
    `${proof.attempts} attempts, ${proof.accepted} accepted; ${proof.records} records, ${proof.deadLetters} dead letters`,
    `${troubles.kills} functions killed; spells: ${counted(troubles.spells)}; calls harmed: ${counted(troubles.harmed)}`,
    `emails: ${counted(proof.emails)}`,
    ...memory.map(
      ({ name, pid, ...of }) =>
        `${name} (process ${pid}): ${of.usedMb.toFixed(1)} MB in use, later ${of.usedRatio.toFixed(2)} times that; ${of.residentMb} MB resident, later ${of.residentRatio.toFixed(2)} times that`,
    ),
  ];
}

function report(what: string, { points, failures }: Proof): boolean {
  console.log(
    `${points} ${what}: ${failures.length === 0 ? 'all hold' : `${failures.length} fail`}`,
  );
  for (const failure of failures.slice(0, 3)) console.log(`\n${failure}\n`);
  return failures.length === 0 && points > 0;
}

console.log(`Seed ${seed} (--seed ${seed} draws the same again)`);
let holds = true;
for (const part of parts.filter((one) => positionals.length === 0 || positionals.includes(one))) {
  console.log(`\n${part}`);
  holds = (await program[part]()) && holds;
}
process.exit(holds ? 0 : 1);
