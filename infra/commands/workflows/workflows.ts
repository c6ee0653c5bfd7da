import { randomInt } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { commandActs } from '#infra/commands/command-acts.ts';
import {
  findDeployment,
  readSettings,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
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
import { runsNow } from '#shared/audience/runs/outlook.ts';
import { mostCounted } from '#shared/audience/runs/steps-gone.ts';
import type { SendToWorker } from '#shared/queue/events-queue.ts';
import { resumingRuns } from '#shared/queue/resuming.ts';
import { dynamoBrand, mailSettings } from '#shared/store/brand.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { readRecord } from '#shared/store/events/event-item.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { dynamoConnection } from '#shared/store/polar/connection.ts';
import { dynamoRunLists, runCounts } from '#shared/store/run-lists.ts';
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
    .description('Shows and changes the workflows: which event sends which email.')
    .addHelpText('after', shortIds);
  command
    .command('list')
    .description('all of them')
    .addOption(jsonOption())
    .action((_, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'list', json });
    });
  command
    .command('add')
    .description('saves a ready-made one as a draft; "add" alone lists them')
    .argument('[template]')
    .action((word = '', _, self) => act({ target: self.optsWithGlobals(), verb: 'add', word }));
  command
    .command('show')
    .description('all that was written of one')
    .argument('<id>')
    .addOption(parsed('--version <n>', 'as it was in this version', version('--version')))
    .addOption(jsonOption())
    .action((word, _, self) => {
      const { json = false, version, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'show', word, version, json });
    });
  command
    .command('runs')
    .description('who is on the way through its steps: the newest runs, and how many wait where')
    .argument('<id>')
    .addOption(limitOption())
    .addOption(jsonOption())
    .action((word, _, self) => {
      const { limit, json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'runs', word, limit, json });
    });
  command
    .command('edit')
    .description('opens it in the editor that EDITOR names, and saves it')
    .argument('<id>')
    .option(...stopWaitingOption)
    .action((word, _, self) => {
      const { stopWaiting = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'edit', word, stopWaiting });
    });
  command
    .command('history')
    .description('its versions, and what changed; "history" alone lists all, also those removed')
    .argument('[id]')
    .addOption(jsonOption())
    .action((word, _, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'history', word, json });
    });
  command
    .command('restore')
    .description(
      'puts an earlier version back, as a new one; also brings back one that was removed',
    )
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
    .description('sends one of its emails once, with made-up values')
    .argument('<id>')
    .addOption(text('--to <address>', 'whom to send it to'))
    .addOption(text('--step <id>', 'the email of this step; without it the first one'))
    .action((word, _, self) => {
      const { to, step, ...target } = self.optsWithGlobals();
      const address = z.email().safeParse(to).data;
      if (address !== undefined) return act({ target, verb: 'test', word, to: address, step });
      throw new Advice('Say whom to send the test to: --to you@example.com');
    });
  command
    .command('activate')
    .description('events from now on send it')
    .argument('<id>')
    .action((word, _, self) => act({ target: self.optsWithGlobals(), verb: 'activate', word }));
  command
    .command('pause')
    .description('nothing is sent until it is activated again')
    .argument('<id>')
    .action((word, _, self) => act({ target: self.optsWithGlobals(), verb: 'pause', word }));
  command
    .command('remove')
    .description('asks first')
    .argument('<id>')
    .option('--yes', 'does not ask')
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
    .description('writes each into a file of a folder, to be kept in Git and reviewed')
    .argument('<folder>')
    .action((folder, _, self) => act({ target: self.optsWithGlobals(), verb: 'export', folder }));
  command
    .command('plan')
    .description('says what the files of a folder would change, and changes nothing')
    .argument('<folder>')
    .addOption(jsonOption())
    .action((folder, _, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'plan', folder, json });
    });
  command
    .command('apply')
    .description('does what was planned; new ones are drafts unless their file has a status')
    .argument('<folder>')
    .addOption(parsed('--plan <id>', 'the one that "plan" printed', planNamed))
    .option('--yes', 'does not ask')
    .option(...stopWaitingOption)
    .action((folder, _, self) => {
      const { plan, yes = false, stopWaiting = false, ...target } = self.optsWithGlobals();
      if (plan !== undefined) return act({ target, verb: 'apply', folder, plan, yes, stopWaiting });
      throw new Advice('Say which plan: --plan with the id that "plan" printed.');
    });
}

const stopWaitingOption = [
  '--stop-waiting',
  'also where people wait at steps that it takes away: they get nothing more of it',
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
