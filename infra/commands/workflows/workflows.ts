import { randomInt } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { commandActs } from '#infra/commands/command-acts.ts';
import {
  findDeployment,
  readSettings,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { deployedAudience, maySwitchEmails } from '#infra/commands/deployment/parts.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { noting } from '#infra/commands/noting.ts';
import { recordedEvents } from '#infra/commands/replay/recorded-events.ts';
import { Advice, foundSomethingToDo } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  limitOption,
  parsed,
  type StackCommand,
  text,
  wholeNumber,
} from '#infra/terminal/command-line.ts';
import { fileToEdit } from '#infra/terminal/editor.ts';
import { outputFor } from '#infra/terminal/output.ts';
import { confirmed } from '#infra/terminal/person.ts';
import { typedAddressProblem } from '#shared/audience/person/address.ts';
import { runsNow } from '#shared/audience/runs/outlook.ts';
import { mostCounted } from '#shared/audience/runs/steps-gone.ts';
import type { SendToWorker } from '#shared/queue/events-queue.ts';
import { resumingRuns } from '#shared/queue/resuming.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { readRecord } from '#shared/store/events/event-item.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { dynamoConnection } from '#shared/store/polar/connection.ts';
import { dynamoRunLists, runCounts } from '#shared/store/runs/run-lists.ts';
import { dynamoBrand, mailSettings } from '#shared/store/settings/brand.ts';
import { pastEvents } from './files/past-events.ts';
import { sendTest } from './test-mail.ts';
import { workflowVerbs } from './verbs.ts';

export type WorkflowsOptions = Readonly<{ target: Target }> &
  (
    | Readonly<{ verb: 'list'; json: boolean }>
    | Readonly<{ verb: 'show'; word: string; version?: number | undefined; json: boolean }>
    | Readonly<{ verb: 'runs'; word: string; limit: number; json: boolean }>
    | Readonly<{ verb: 'history'; word: string | undefined; json: boolean }>
    | Readonly<{ verb: 'restore'; word: string; version: number; stopWaiting: boolean }>
    | Readonly<{ verb: 'add' | 'activate' | 'pause'; word: string }>
    | Readonly<{ verb: 'edit'; word: string; stopWaiting: boolean }>
    | Readonly<{ verb: 'test'; word: string; to: string; step: string | undefined }>
    | Readonly<{ verb: 'remove'; word: string; yes: boolean }>
    | FileOptions
  );

/** The words of `npm run workflows`. */
export function workflowsCommand(
  command: StackCommand,
  act: Act<WorkflowsOptions> = noting(commandActs.workflows, runWorkflows),
): void {
  command
    .description('Show and change workflows: which event sends which email.')
    .addHelpText('after', shortIds);
  command
    .command('list')
    .description('list all workflows')
    .addOption(jsonOption())
    .action((_, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'list', json });
    });
  command
    .command('add')
    .description('save a ready-made one as a draft; "add" alone lists them')
    .argument('[template]')
    .action((word = '', _, self) => act({ target: self.optsWithGlobals(), verb: 'add', word }));
  command
    .command('show')
    .description('show one with all its emails and steps')
    .argument('<id>')
    .addOption(parsed('--version <n>', 'as of this version', version('--version')))
    .addOption(jsonOption())
    .action((word, _, self) => {
      const { json = false, version, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'show', word, version, json });
    });
  command
    .command('runs')
    .description('show its newest runs, and how many wait at each step')
    .argument('<id>')
    .addOption(limitOption())
    .addOption(jsonOption())
    .action((word, _, self) => {
      const { limit, json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'runs', word, limit, json });
    });
  command
    .command('edit')
    .description('open one in the editor that EDITOR names, and save it')
    .argument('<id>')
    .option(...stopWaitingOption)
    .action((word, _, self) => {
      const { stopWaiting = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'edit', word, stopWaiting });
    });
  command
    .command('history')
    .description(
      'show its versions and what changed; "history" alone lists all workflows, removed ones too',
    )
    .argument('[id]')
    .addOption(jsonOption())
    .action((word, _, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'history', word, json });
    });
  command
    .command('restore')
    .description('save an earlier version as a new one; also brings back a removed workflow')
    .argument('<id>')
    .argument('<version>', 'as "history" lists them')
    .option(...stopWaitingOption)
    .action((word, given, _, self) => {
      const { stopWaiting = false, ...target } = self.optsWithGlobals();
      const wanted = version('The version')(given);
      return act({ target, verb: 'restore', word, version: wanted, stopWaiting });
    });
  command
    .command('test')
    .description('send one of its emails once, with made-up values')
    .argument('<id>')
    .addOption(text('--to <address>', 'whom to send it to'))
    .addOption(text('--step <id>', 'the email of this step (default: the first)'))
    .action((word, _, self) => {
      const { to, step, ...target } = self.optsWithGlobals();
      if (to === undefined) throw new Advice('Say whom to send the test to: --to you@example.com');
      const problem = typedAddressProblem(to);
      if (problem !== undefined) throw new Advice(`--to: ${problem}`);
      return act({ target, verb: 'test', word, to: to.trim(), step });
    });
  command
    .command('activate')
    .description('start sending: events from now on count')
    .argument('<id>')
    .action((word, _, self) => act({ target: self.optsWithGlobals(), verb: 'activate', word }));
  command
    .command('pause')
    .description('stop sending until you activate it again')
    .argument('<id>')
    .action((word, _, self) => act({ target: self.optsWithGlobals(), verb: 'pause', word }));
  command
    .command('remove')
    .description('remove one; asks first')
    .argument('<id>')
    .option('--yes', "don't ask")
    .action((word, _, self) => {
      const { yes = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'remove', word, yes });
    });
  fileWords(command, act);
}

type FileOptions = Readonly<{ folder: string }> &
  (
    | Readonly<{ verb: 'export' }>
    | Readonly<{ verb: 'plan'; json: boolean }>
    | Readonly<{ verb: 'apply'; plan: string; yes: boolean; stopWaiting: boolean }>
  );

function fileWords(command: StackCommand, act: Act<WorkflowsOptions>): void {
  command
    .command('export')
    .description('write each to a file in a folder, to keep in Git and review')
    .argument('<folder>')
    .action((folder, _, self) => act({ target: self.optsWithGlobals(), verb: 'export', folder }));
  command
    .command('plan')
    .description('show what the files in a folder would change; changes nothing')
    .argument('<folder>')
    .addOption(jsonOption())
    .action((folder, _, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'plan', folder, json });
    });
  command
    .command('apply')
    .description('apply a plan; new workflows are drafts unless their file has a status')
    .argument('<folder>')
    .addOption(parsed('--plan <id>', 'the one that "plan" printed', planNamed))
    .option('--yes', "don't ask")
    .option(...stopWaitingOption)
    .action((folder, _, self) => {
      const { plan, yes = false, stopWaiting = false, ...target } = self.optsWithGlobals();
      if (plan !== undefined) return act({ target, verb: 'apply', folder, plan, yes, stopWaiting });
      throw new Advice('Say which plan: --plan with the id that "plan" printed.');
    });
}

const stopWaitingOption = [
  '--stop-waiting',
  'even if it removes steps at which people wait: they get nothing more from it',
] as const;

function planNamed(given: string): string {
  if (/^[0-9a-f]{12}-[0-9a-f]{12}$/.test(given)) return given;
  throw new Advice('--plan takes the id that "npm run workflows -- plan <folder>" printed.');
}

const version = (name: string) => wholeNumber(name, 1, Number.MAX_SAFE_INTEGER);

const shortIds = `
An id may be shortened: welcome for welcome-x7k2, where there is one welcome only.`;

async function runWorkflows(options: WorkflowsOptions): Promise<void> {
  const output = outputFor('json' in options && options.json);
  const deployment = await findDeployment(options.target, output.print);
  const { clientConfigs, workflowsTable, settingsTable } = deployment;
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  const tables = { workflows: workflowsTable, settings: settingsTable };
  const sqs = new SQSClient(clientConfigs.sqs);
  const sendToWorker: SendToWorker = async (message, DelaySeconds) => {
    const { physicalId } = await stackResources(options.target, deployment);
    const QueueUrl = physicalId('EventsQueue');
    return sqs.send(new SendMessageCommand({ QueueUrl, DelaySeconds, ...message }));
  };
  const does = workflowVerbs({
    workflows: resumingRuns(dynamoWorkflowVersions(db, tables), sendToWorker),
    async runs(workflow, limit) {
      const resources = await stackResources(options.target, deployment);
      const table = resources.physicalId('Runs');
      const { store } = deployedAudience(deployment, resources);
      const [newest, counts] = await Promise.all([
        dynamoRunLists(db, table).ofWorkflow(workflow.workflowId, limit),
        runCounts(db, table, workflow.workflowId),
      ]);
      const around = { store, workflows: [workflow], now: new Date() };
      return { newest: await runsNow(newest, around), counts };
    },
    async waitingAt(workflowId, stepId) {
      const { physicalId } = await stackResources(options.target, deployment);
      return dynamoRunLists(db, physicalId('Runs')).waitingAt(workflowId, stepId, mostCounted);
    },
    settings: mailSettings(() => readSettings(db, settingsTable), dynamoBrand(db, settingsTable)),
    brand: dynamoBrand(db, settingsTable),
    polar: () => dynamoConnection(db, settingsTable).read(),
    async maySwitchEmails() {
      // It is asked for once a workflow is active, so it must not fail.
      const found = await stackResources(options.target, deployment).catch(() => undefined);
      return found && maySwitchEmails(deployment, found);
    },
    deployment,
    send: (mail) => sendTest(mail, clientConfigs.sesv2),
    confirmed,
    fileToEdit,
    pastEvents: async (types) => {
      const { physicalId } = await stackResources(options.target, deployment);
      const table = physicalId('Events');
      return pastEvents(types, {
        events: recordedEvents(db, table),
        recordOf: (webhookId) => readRecord(db, table, webhookId),
        now: new Date(),
        days: Math.min(30, deployment.retentionDays),
        ...{ mostEvents: 2_000, mostListed: 20_000 },
      });
    },
    ...output,
    now: () => new Date(),
    newTag,
  });
  switch (options.verb) {
    case 'list':
      return does.list();
    case 'show':
      return does.show(options.word, options.version);
    case 'runs':
      return does.runs(options.word, options.limit);
    case 'history':
      return does.history(options.word);
    case 'restore':
      return does.restore(options.word, options.version, options.stopWaiting);
    case 'edit':
      return does.edit(options.word, options.stopWaiting);
    case 'test':
      return does.test(options.word, options.to, options.step);
    case 'remove':
      return does.remove(options.word, options.yes);
    case 'export':
      return does.files.exportTo(options.folder);
    case 'plan': {
      const verdict = await does.files.plan(options.folder);
      if (verdict !== 'nothing') process.exitCode = verdict === 'work' ? foundSomethingToDo : 1;
      return;
    }
    case 'apply':
      return does.files.apply(options.folder, options.plan, options.yes, options.stopWaiting);
    default:
      return does[options.verb](options.word);
  }
}

/** Easily read and typed: no letter that looks like a digit. */
function newTag(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
}
