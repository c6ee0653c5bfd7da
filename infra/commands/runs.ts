import {
  type Deployment,
  findDeployment,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  hintElsewhere,
  jsonOption,
  type StackCommand,
  text,
} from '#infra/terminal/command-line.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { confirmed, person } from '#infra/terminal/person.ts';
import type { Means } from '#shared/audience/rows/unit-of-work.ts';
import { stopRun } from '#shared/audience/runs/go-on.ts';
import { runsNow } from '#shared/audience/runs/outlook.ts';
import { isOpen, type Run } from '#shared/audience/runs/run.ts';
import { stopRuns } from '#shared/audience/runs/stop-runs.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type FailureRow, failureRowOf } from '#shared/queue/failures.ts';
import { rowsOf } from '#shared/store/dynamo.ts';
import { dynamoEmailAdmin, type ReportedEmail } from '#shared/store/mail/emails.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import { dynamoOpenRuns, type OpenCount } from '#shared/store/runs/open-runs.ts';
import type { RunPosition } from '#shared/store/runs/run-lists.ts';
import { commandActs } from './command-acts.ts';
import { stackResources } from './deployment/resources.ts';
import { noting } from './noting.ts';
import { failureIdOf, type RunStory, runDocument, runFate, runLines } from './run-words.ts';
import { oneNamed } from './workflows/short-ids.ts';

export type RunParts = Readonly<{
  means: () => Promise<Means>;
  workflow: (workflowId: string) => Promise<Workflow | undefined>;
  email: (ledgerKey: string) => Promise<ReportedEmail | undefined>;
  /** Why the worker could not let it go on. */
  failure: (runId: string) => Promise<FailureRow | undefined>;
  deployment: Pick<Deployment, 'options'>;
  /** The workflows that there are. */
  workflows: () => Promise<readonly Workflow[]>;
  openRuns: Pick<ReturnType<typeof dynamoOpenRuns>, 'count' | 'page'>;
  person: string;
  confirmed: (question: string) => Promise<boolean>;
}> &
  Output;

/** What `npm run runs` does, one function for each verb. All throw Advice about what cannot be done. */
export function runVerbs(parts: RunParts) {
  const { print, document, deployment } = parts;
  const npm = (command: string) => `  npm run ${command}${deployment.options}`;

  async function known(runId: string): Promise<RunStory> {
    const { store, surroundings } = await parts.means();
    const { runs } = await store.load([{ kind: 'runs', key: runId }]);
    const run = runs.get(runId)?.row;
    if (!run) {
      throw new Advice(
        `There is no run ${runId}. "npm run workflows -- runs <id>${deployment.options}" lists those of a workflow, and "npm run why -- <address>${deployment.options}" those of a person.`,
      );
    }
    const [workflow, failure, emails] = await Promise.all([
      parts.workflow(run.workflowId),
      parts.failure(runId),
      emailsOf(run),
    ]);
    const around = { store, workflows: workflow ? [workflow] : [], now: surroundings.now };
    const [now = { run, endsNext: undefined }] = await runsNow([run], around);
    return { ...now, workflow, emails, failure };
  }

  async function workflowNamed(word: string): Promise<Workflow> {
    const found = oneNamed(await parts.workflows(), word);
    if (found) return found;
    throw new Advice(
      `There is no workflow ${word}. "npm run workflows -- list${deployment.options}" lists them.`,
    );
  }

  async function emailsOf({ history }: Run) {
    const keys = history.flatMap(({ ledgerKey }) => ledgerKey ?? []);
    const found = await Promise.all(keys.map(parts.email));
    return new Map(found.flatMap((one) => (one ? [[one.ledgerKey, one] as const] : [])));
  }

  return {
    async show(runId: string) {
      const story = await known(runId);
      if (document) return document(runDocument(story));
      const { run } = story;
      print(runLines(story).join('\n'));
      print('\nNext:');
      if (isOpen(run)) print(npm(`runs -- stop ${runId}`));
      print(npm(`why -- ${run.customerId}`));
    },

    async stop(runId: string, isSure: boolean) {
      const story = await known(runId);
      const { workflowId } = story.run;
      actedOn({ workflowId });
      if (!isOpen(story.run)) {
        throw new Advice(`The run has already ended (${runFate(story)}). Nothing was changed.`);
      }
      print(`${workflowId}: ${runFate(story)}`);
      const question = "Stop this run? No more of its emails go out, and it can't be resumed.";
      if (!isSure && !(await parts.confirmed(question))) return print('Nothing was stopped.');
      if (!(await stopRun(runId, parts.person, await parts.means()))) {
        throw new Advice('The run ended on its own in the meantime. Nothing was changed.');
      }
      print('The run is stopped. An email that SES already has still goes out.');
      print(`To see what it did:\n${npm(`runs -- show ${runId}`)}`);
    },

    /** All that wait in a workflow, once the number that was agreed to is still the number that there is. */
    async stopAll(word: string, isSure: boolean) {
      const { workflowId, status } = await workflowNamed(word);
      actedOn({ workflowId });
      const { means, openRuns, person, confirmed } = parts;
      let open = { workflowId, begunBy: (await means()).surroundings.now.toISOString() };
      let total = await openRuns.count(open);
      if (status === 'active') {
        print(`${workflowId} is active, so new events keep starting new runs. To prevent that:`);
        print(npm(`workflows -- pause ${workflowId}`));
      }
      while (total.count > 0 && !isSure) {
        const question = `Stop ${openText(total)} of ${workflowId}? ${noMoreText(total)}`;
        if (!(await confirmed(question))) return print('Nothing was stopped.');
        const now = await openRuns.count(open);
        if (openText(now) === openText(total)) break;
        print('The number has changed, so nothing has been stopped yet.');
        open = { workflowId, begunBy: (await means()).surroundings.now.toISOString() };
        total = await openRuns.count(open);
      }
      if (total.count === 0 && total.isComplete)
        return print(`No run of ${workflowId} is waiting.`);
      let count = 0;
      let after: RunPosition | undefined;
      do {
        const pages = (from: RunPosition | undefined) => openRuns.page(open, from);
        const at = await means();
        const stopped = await stopRuns(pages, (runId) => stopRun(runId, person, at), after);
        count += stopped.count;
        after = stopped.next;
        actedOn({ count });
        if (after) print(`${count} stopped …`);
      } while (after);
      print(
        `${count === 1 ? '1 run' : `${count} runs`} stopped. Emails that SES already has still go out.`,
      );
    },
  };
}

export type RunsOptions = Readonly<{ target: Target }> &
  (
    | Readonly<{ verb: 'show'; runId: string; json: boolean }>
    | Readonly<{ verb: 'stop'; runId: string; yes: boolean }>
    | Readonly<{ verb: 'stop-all'; word: string; yes: boolean }>
  );

/** The words of `npm run runs`. */
export function runsCommand(
  command: StackCommand,
  act: Act<RunsOptions> = noting(commandActs.runs, runRuns),
): void {
  command
    .description('Show and stop runs: customers on their way through workflows with several steps.')
    .addHelpText('after', whereIds);
  hintElsewhere(command, (word) => {
    const id = /^[\w-]+$/.test(word) ? word : '<id>';
    return `To see a workflow's runs: npm run workflows -- runs ${id}.`;
  });
  command
    .command('show')
    .description('show where one is, what it did, and why')
    .argument('<run id>')
    .addOption(jsonOption())
    .action((runId, _, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'show', runId, json });
    });
  command
    .command('stop')
    .description('stop one for good, or all that are waiting in a workflow; asks first')
    .argument('[run id]')
    .addOption(
      text('--workflow <id>', 'all that are waiting in this workflow; says how many first'),
    )
    .option('--yes', "don't ask")
    .action((runId, _, self) => {
      const { yes = false, workflow, ...target } = self.optsWithGlobals();
      if (runId !== undefined && workflow === undefined) {
        return act({ target, verb: 'stop', runId, yes });
      }
      if (runId === undefined && workflow) {
        return act({ target, verb: 'stop-all', word: workflow, yes });
      }
      throw new Advice('Pass what to stop: a run id, or --workflow with a workflow id.');
    });
}

function openText({ count, isComplete }: OpenCount): string {
  const number = `${count}${isComplete ? '' : '+'}`;
  return number === '1' ? '1 waiting run' : `${number} waiting runs`;
}

function noMoreText({ count, isComplete }: OpenCount): string {
  const [whose, who] = count === 1 && isComplete ? ['its', 'it'] : ['their', 'they'];
  return `No more of ${whose} emails go out, and ${who} can't be resumed.`;
}

const whereIds = `
  npm run workflows -- runs <id>   the runs of a workflow
  npm run why -- <address>         the runs of a person`;

async function runRuns(options: RunsOptions): Promise<void> {
  const output = outputFor('json' in options && options.json);
  const deployment = await findDeployment(options.target, output.print);
  const resources = await stackResources(options.target, deployment);
  const { db, store, settingsNow, now, newId, pause } = deployedAudience(deployment, resources);
  const failures = { table: resources.physicalId('Failures'), key: 'webhookId' };
  const workflows = dynamoWorkflows(db, deployment.workflowsTable);
  const does = runVerbs({
    means: async () => ({
      store,
      surroundings: { settings: await settingsNow(), now: now(), newId },
      pause,
    }),
    workflow: workflows.find,
    workflows: workflows.all,
    openRuns: dynamoOpenRuns(db, resources.physicalId('Runs')),
    email: dynamoEmailAdmin(db, deployment.emailsTable, now).find,
    async failure(runId) {
      const [found] = (await rowsOf(db, failures, [failureIdOf({ runId })])).values();
      return found && failureRowOf(found);
    },
    deployment,
    person: person(),
    confirmed,
    ...output,
  });
  switch (options.verb) {
    case 'show':
      return does.show(options.runId);
    case 'stop':
      return does.stop(options.runId, options.yes);
    case 'stop-all':
      return does.stopAll(options.word, options.yes);
  }
}
