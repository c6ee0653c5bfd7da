import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Deployment, Target } from '#infra/commands/deployment/deployment.ts';
import {
  type Act,
  jsonOption,
  limitOption,
  type StackCommand,
  wholeNumber,
} from '#infra/terminal/command-line.ts';
import type { Output } from '#infra/terminal/output.ts';
import { person } from '#infra/terminal/person.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import type { VersionParts } from './version-verbs.ts';

export type VersionOptions = Readonly<{ target: Target }> &
  (
    | Readonly<{ verb: 'history'; limit: number; json: boolean }>
    | Readonly<{ verb: 'restore'; version: number }>
  );

type ShowOptions = Readonly<{ target: Target; verb: 'show'; json: boolean }>;

/** The word that shows such a document. */
export function showWord(command: StackCommand, description: string, act: Act<ShowOptions>): void {
  command
    .command('show')
    .description(description)
    .addOption(jsonOption())
    .action((_, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'show', json });
    });
}

/** The words that the commands of documents with versions have alike. */
export function versionWords(command: StackCommand, act: Act<VersionOptions>): void {
  command
    .command('history')
    .description('list the versions, who saved them, and what changed')
    .addOption(limitOption())
    .addOption(jsonOption())
    .action((_, self) => {
      const { limit, json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'history', limit, json });
    });
  command
    .command('restore')
    .description('save an earlier version as a new one')
    .argument('<version>', 'as "history" lists them')
    .action((version, _, self) => {
      const number = wholeNumber('The version', 0, Number.MAX_SAFE_INTEGER)(version);
      return act({ target: self.optsWithGlobals(), verb: 'restore', version: number });
    });
}

/** What these commands work with. */
export function versionParts(
  { clientConfigs, settingsTable, options }: Deployment,
  output: Output,
): VersionParts {
  return {
    db: documentClient(new DynamoDBClient(clientConfigs.dynamodb)),
    table: settingsTable,
    person: person(),
    options,
    now: () => new Date(),
    ...output,
  };
}
