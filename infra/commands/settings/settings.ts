import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { type Act, jsonOption, type StackCommand } from '#infra/terminal/command-line.ts';
import { outputFor } from '#infra/terminal/output.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { generalNames } from './values.ts';
import { setSetting, showSettings } from './verbs.ts';

export type SettingsOptions = Readonly<{ target: Target }> &
  ({ verb: 'show'; json: boolean } | { verb: 'set'; path: string; value: string });

/** The words of `npm run settings`. */
export function settingsCommand(
  command: StackCommand,
  act: Act<SettingsOptions> = (options) => runSettings(options),
): void {
  command.description('Shows and changes the settings.');
  command
    .command('show')
    .description('shows all settings')
    .addOption(jsonOption())
    .action((_, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'show', json });
    });
  command
    .command('set')
    .description('changes one')
    .argument('<path>', `${generalNames.join(', ')}, or events.<type>.<field>`)
    .argument('<value>', 'none takes a text away')
    .addHelpText('after', settingExamples)
    .action((path, value, _, self) =>
      act({ target: self.optsWithGlobals(), verb: 'set', path, value }),
    );
  command.addHelpText('after', settingExamples);
}

const settingExamples = `
Settings:
  set postalAddress "Example Shop, Street 1, City"   for the footer of marketing emails; \\n breaks a line
  set newContacts subscribed                         or unsubscribed
  set customerDeleted unsubscribe                    or delete, keep: what a deletion in Polar does here
  set timeZone Europe/Berlin                         for days and hours in emails; UTC unless you set it
  set language de                                    how emails write dates and amounts; en unless you set it
  set events.order.paid.enabled off                  or on; the same for trigger, fullName, externalId
  set events.order.paid.userGroup buyers             or none
  set events.order.paid.userGroupMode always         or new-contacts`;

async function runSettings(options: SettingsOptions): Promise<void> {
  const output = outputFor(options.verb === 'show' && options.json);
  const { clientConfigs, settingsTable } = await findDeployment(options.target, output.print);
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  if (options.verb === 'show') return showSettings(db, settingsTable, output);
  return setSetting(db, settingsTable, options, output.print);
}
