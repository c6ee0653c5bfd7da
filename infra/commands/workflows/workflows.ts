import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import {
  findDeployment,
  readSettings,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  commonHelp,
  commonOptions,
  readArguments,
  readVerb,
} from '#infra/terminal/command-line.ts';
import { confirmed } from '#infra/terminal/person.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import { sendTest, workflowVerbs } from './workflow-verbs.ts';

export const workflowsHelp = `Shows and changes the workflows: which event sends which email.

  npm run workflows -- list
  npm run workflows -- add <template>    saves a ready-made one as a draft; "add" alone lists them
  npm run workflows -- show <id>
  npm run workflows -- test <id> --to you@example.com
                                         sends its email once, with made-up values
  npm run workflows -- activate <id>     events from now on send it
  npm run workflows -- pause <id>        nothing is sent until it is activated again
  npm run workflows -- remove <id>       asks first, unless --yes

An id may be shortened: welcome for welcome-x7k2, where there is one welcome only.

${commonHelp}`;

const verbs = {
  list: [],
  add: ['template'],
  show: ['id'],
  test: ['id'],
  activate: ['id'],
  pause: ['id'],
  remove: ['id'],
};

type WorkflowsOptions = Readonly<{
  target: Target;
  verb: keyof typeof verbs;
  word: string;
  to: string | undefined;
  yes: boolean;
}>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function workflowsOptions(args: readonly string[]): WorkflowsOptions | undefined {
  const options = {
    ...commonOptions,
    to: { type: 'string' } as const,
    yes: { type: 'boolean' } as const,
  };
  const { values, positionals } = readArguments('workflows', () =>
    parseArgs({ args: [...args], allowPositionals: true, options }),
  );
  if (values.help || args.length === 0) return undefined;
  const isBareAdd = positionals.length === 1 && positionals[0] === 'add';
  const { verb, words } = readVerb('workflows', verbs, isBareAdd ? ['add', ''] : positionals);
  const { to, yes = false } = values;
  if (verb === 'test' && !z.email().safeParse(to).success) {
    throw new Advice('Say whom to send the test to: --to you@example.com');
  }
  return { target: values, verb, word: words[0] ?? '', to, yes };
}

/** `npm run workflows`. */
export async function workflowsCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const options = workflowsOptions(args);
  if (!options) return print(workflowsHelp);
  const deployment = await findDeployment(options.target, print);
  const { clientConfigs, workflowsTable, settingsTable } = deployment;
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  const does = workflowVerbs({
    workflows: dynamoWorkflows(db, workflowsTable),
    settings: () => readSettings(db, settingsTable),
    deployment,
    send: (mail) => sendTest(mail, clientConfigs.sesv2),
    confirmed,
    print,
    now: () => new Date(),
    newTag,
  });
  const { verb, word, to = '', yes } = options;
  switch (verb) {
    case 'list':
      return does.list();
    case 'test':
      return does.test(word, to);
    case 'remove':
      return does.remove(word, yes);
    default:
      return does[verb](word);
  }
}

/** Easily read and typed: no letter that looks like a digit. */
function newTag(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
}
