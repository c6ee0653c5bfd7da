import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVerbs } from '#infra/commands/runs.ts';
import { whyRows } from '#infra/commands/why/rows.ts';
import { whyLines } from '#infra/commands/why/why.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { maskedAddress } from '#infra/terminal/lines.ts';
import { runsNow } from '#shared/audience/runs/outlook.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { dynamoOpenRuns } from '#shared/store/runs/open-runs.ts';
import { dynamoRunLists, runCounts } from '#shared/store/runs/run-lists.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { workflowsAtWork } from './workflows/workflow-commands-at-work.ts';

let time = Date.parse('2026-11-02T12:00:00.000Z');
const now = () => new Date(time);
const [dunning] = sequences;
if (dunning?.workflowId !== 'dunning') throw new Error('The first sequence is no dunning.');
let work: Awaited<ReturnType<typeof startWorker>>;
let commands: Awaited<ReturnType<typeof workflowsAtWork>>;
beforeAll(async () => {
  work = await startWorker({ now });
  commands = await workflowsAtWork(work.dynamo);
  await commands.workflows.save(dunning);
});
afterAll(() => work.stop());

async function tell(type: 'subscription.past_due' | 'subscription.active', nth: number) {
  const person = {
    customerId: `5b1f7f6e-0000-4000-8000-00000000000${nth}`,
    ...{ email: `ann-${nth}@example.com`, name: 'Ann', externalId: null, isNew: true },
  };
  const payload = polarPayload(type, person, now());
  const data = { ...Object(payload['data']), modified_at: now().toISOString() };
  await work.queue(randomUUID(), type, JSON.stringify({ ...payload, data }));
  const failed = await work.drain({ workflows: async () => [...sequences] });
  expect(failed).toEqual([]);
  time += 60_000;
}

async function runOf(nth: number): Promise<string> {
  const all = await work.items('Runs');
  const run = all.find(({ customerId }) => String(customerId).endsWith(String(nth)));
  return String(run?.['runId']);
}

function does(changed: Partial<Parameters<typeof runVerbs>[0]> = {}) {
  const printed: string[] = [];
  const verbs = runVerbs({
    means: async () => ({
      store: work.parts.store,
      surroundings: { settings: defaultSettings, now: now(), newId: randomUUID },
      pause: work.parts.pause,
    }),
    workflow: async (id) => sequences.find(({ workflowId }) => workflowId === id),
    email: async () => undefined,
    failure: async () => undefined,
    workflows: async () => sequences,
    openRuns: dynamoOpenRuns(work.db, work.tableOf('Runs')),
    deployment: { options: ' --stage test' },
    person: 'ana',
    confirmed: async () => true,
    print: (line) => void printed.push(line),
    ...changed,
  });
  return { verbs, output: () => printed.join('\n') };
}

describe('npm run runs', () => {
  it('shows where a run is, and that its reason is over before it ends', async () => {
    await tell('subscription.past_due', 1);
    const runId = await runOf(1);
    const first = does();
    await first.verbs.show(runId);
    expect(first.output()).toMatch(/^state +waiting at until-3 until 2026-11-05T12:00:00Z$/m);
    expect(first.output()).toMatch(/email +asked for an email .*not in the ledger yet/);
    expect(first.output()).toContain(`npm run runs -- stop ${runId} --stage test`);
    expect(first.output()).toMatch(
      /What's next.*\n +2026-11-05T12:00:00Z +day-3 +sends "day-3"\n +2026-11-09T12:00:00Z +day-7 +sends "day-7"\n +2026-11-09T12:00:00Z +done +no steps left/,
    );

    await tell('subscription.active', 1);
    const second = does();
    await second.verbs.show(runId);
    expect(second.output()).toContain(
      'until 2026-11-05T12:00:00Z; ends at its next step: subscription.status is not past_due.',
    );
    expect((await work.item('Runs', { runId }))?.['state']).toBe('waiting');
  });

  it('stops one for good, after asking, and says who did', async () => {
    await tell('subscription.past_due', 2);
    const runId = await runOf(2);
    const unsure = does({ confirmed: async () => false });
    await unsure.verbs.stop(runId, false);
    expect(unsure.output()).toContain('Nothing was stopped.');
    expect((await work.item('Runs', { runId }))?.['state']).toBe('waiting');

    await does().verbs.stop(runId, false);
    const stopped = await work.item('Runs', { runId });
    expect(stopped).toMatchObject({ state: 'stopped', reason: 'Stopped by ana.' });
    expect(stopped).not.toHaveProperty('wakeAt');
    const customer = (await work.items('Customers')).find(({ customerId }) =>
      String(customerId).endsWith('2'),
    );
    expect(customer).not.toHaveProperty('runs');
    await expect(does().verbs.stop(runId, true)).rejects.toThrow(
      /^The run has already ended \(stopped .*: Stopped by ana\.\)\. Nothing was changed\.$/,
    );
  });

  it('changes nothing of a run that ended while the person was asked', async () => {
    await tell('subscription.past_due', 3);
    const runId = await runOf(3);
    const meanwhile = async () => {
      await does().verbs.stop(runId, true);
      return true;
    };
    const late = does({ confirmed: meanwhile, person: 'ben' });
    await expect(late.verbs.stop(runId, false)).rejects.toThrow(/ended on its own/);
    expect((await work.item('Runs', { runId }))?.['reason']).toBe('Stopped by ana.');
  });

  it('gives a program the same without anything personal', async () => {
    let document: object = {};
    const found = (one: object) => {
      document = one;
    };
    await does({ document: found }).verbs.show(await runOf(1));
    expect(document).toMatchObject({
      ...{ workflowId: 'dunning', state: 'waiting', stepId: 'until-3', reason: null },
      endsNext: 'The workflow ends early when subscription.status is not past_due.',
      ahead: { steps: [], end: { state: 'exited', at: '2026-11-05T12:00:00.000Z' } },
      history: [{ stepId: 'email', did: 'sent' }],
    });
    expect(JSON.stringify(document)).not.toContain('ann-1@');
  });

  it('says where ids are found, for one that is none', async () => {
    await expect(does().verbs.show('nothing')).rejects.toThrow(Advice);
    await expect(does().verbs.show('nothing')).rejects.toThrow(/workflows -- runs <id> --stage t/);
  });
});

describe('npm run why', () => {
  const why = async (about: string) => {
    const { tableOf, db, parts } = work;
    const rows = whyRows({
      ...{ db, store: parts.store, hasher: async () => undefined },
      tables: {
        ...{ contacts: tableOf('Contacts'), events: tableOf('Events') },
        ...{ emails: tableOf('Emails'), failures: tableOf('Failures') },
        ...{ workflows: commands.tableOf('Workflows'), settings: tableOf('Settings') },
        ...{ acts: tableOf('Acts'), runs: tableOf('Runs') },
      },
    });
    const lines = await whyLines(about, rows, {
      isRevealed: false,
      address: maskedAddress,
      options: ' --local',
    });
    return lines.join('\n');
  };

  it('tells of the runs of a person, and why they end', async () => {
    const waits = await why('ann-1@example.com');
    expect(waits).toMatch(
      /^Runs\n {2}2026-11-02T12:00:00Z +dunning +\S+ +waiting at until-3 until 2026-11-05T12:00:00Z; ends at its next step: subscription\.status is not past_due\.$/m,
    );
    expect(waits).toContain(`npm run runs -- show ${await runOf(1)} --local`);
    expect(await why('5b1f7f6e-0000-4000-8000-000000000002')).toMatch(
      / dunning +\S+ +stopped \S+: Stopped by ana\.$/m,
    );
  });

  it('tells of the run that a webhook began, and of one by its id', async () => {
    const runId = await runOf(1);
    const run = await work.item('Runs', { runId });
    const webhook = await why(String(run?.['webhookId']));
    expect(webhook).toContain(`  begins run ${runId}: waiting at until-3 until `);
    expect(webhook).not.toContain('sends nothing');
    const itself = await why(runId);
    expect(itself).toMatch(/^state +waiting at until-3 until /m);
    expect(itself).toContain(`npm run runs -- stop ${runId} --local`);
    const trigger = await why(await runOf(2));
    expect(trigger).not.toContain('runs -- stop');
  });
});

describe('npm run workflows -- runs', () => {
  const runs = async (workflow: Workflow, limit: number) => {
    const table = work.tableOf('Runs');
    const newest = await dynamoRunLists(work.db, table).ofWorkflow(workflow.workflowId, limit);
    const around = { store: work.parts.store, workflows: [workflow], now: now() };
    return {
      newest: await runsNow(newest, around),
      counts: await runCounts(work.db, table, workflow.workflowId),
    };
  };

  it('counts those at each step, and lists the newest first', async () => {
    await tell('subscription.past_due', 4);
    await commands.does({ runs }).runs('dunning', 3);
    const output = commands.output();
    expect(output).toContain('2 waiting, 2 stopped\n  until-3  2 at this step\n');
    const rows = output.split('\n').filter((line) => line.includes(' 5b1f7f6e-'));
    expect(rows.map((row) => / 5b1f7f6e\S+(\d) /.exec(row)?.[1])).toEqual(['4', '3', '2']);
    expect(rows[0]).toMatch(/waiting at until-3 until 2026-/);
    expect(output).toContain('These are the newest 3; --limit shows more.');
    expect(output).toContain(`npm run runs -- show ${await runOf(4)} --stage test`);
  });

  it('gives a program counts and runs', async () => {
    let document: object = {};
    const found = (one: object) => {
      document = one;
    };
    await commands.does({ runs, document: found }).runs('dunning', 50);
    expect(document).toMatchObject({
      ...{ workflowId: 'dunning', isWhole: true },
      counts: { waiting: 2, stopped: 2 },
      waitingAt: { 'until-3': 2 },
      runs: [{ state: 'waiting' }, { state: 'stopped' }, { state: 'stopped' }, {}],
    });
  });
});

describe('npm run runs -- stop --workflow', () => {
  const waiting = async () =>
    (await work.items('Runs')).filter(({ state }) => state === 'waiting').length;

  it('says how many wait, and stops none where the person says no', async () => {
    const asked: string[] = [];
    const no = does({
      confirmed: async (question) => {
        asked.push(question);
        return false;
      },
    });
    await no.verbs.stopAll('dunning', false);
    expect(asked).toEqual([
      "Stop 2 waiting runs of dunning? No more of their emails go out, and they can't be resumed.",
    ]);
    expect(no.output()).toContain('npm run workflows -- pause dunning --stage test');
    expect(await waiting()).toBe(2);
  });

  it('asks again where the number is another one by the time of the answer', async () => {
    const asked: string[] = [];
    const late = does({
      confirmed: async (question) => {
        asked.push(question);
        if (asked.length === 1) await does().verbs.stop(await runOf(1), true);
        return asked.length === 1;
      },
    });
    await late.verbs.stopAll('dunning', false);
    expect(asked).toEqual([
      "Stop 2 waiting runs of dunning? No more of their emails go out, and they can't be resumed.",
      "Stop 1 waiting run of dunning? No more of its emails go out, and it can't be resumed.",
    ]);
    expect(await waiting()).toBe(1);
  });

  it('stops those of this workflow, and says who did', async () => {
    const yes = does();
    await yes.verbs.stopAll('dunning', false);
    expect(yes.output()).toContain('1 run stopped. Emails that SES already has still go out.');
    expect(await waiting()).toBe(0);
    const again = does();
    await again.verbs.stopAll('dunning', true);
    expect(again.output()).toContain('No run of dunning is waiting.');
  });

  it('says where workflows are listed, for one that is none', async () => {
    await expect(does().verbs.stopAll('none', true)).rejects.toThrow(
      'There is no workflow none. "npm run workflows -- list --stage test" lists them.',
    );
  });
});
