import { commandActs } from '#infra/commands/command-acts.ts';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { partsOf } from '#infra/commands/deployment/parts.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { noting } from '#infra/commands/noting.ts';
import { foundSomethingToDo } from '#infra/terminal/advice.ts';
import type { Act, StackCommand } from '#infra/terminal/command-line.ts';
import { outputFor } from '#infra/terminal/output.ts';
import { followSettings } from '#shared/polar/connection/follow-settings.ts';
import { generalNames } from './values.ts';
import { settingsVerbs } from './verbs.ts';
import { showWord, type VersionOptions, versionParts, versionWords } from './version-words.ts';

export type SettingsOptions =
  | VersionOptions
  | (Readonly<{ target: Target }> &
      (
        | Readonly<{ verb: 'show'; json: boolean }>
        | Readonly<{ verb: 'set'; path: string; value: string }>
      ));

/** The words of `npm run settings`. */
export function settingsCommand(
  command: StackCommand,
  act: Act<SettingsOptions> = noting(commandActs.settings, runSettings),
): void {
  command.description('Show, change and fix the settings, and restore earlier versions.');
  showWord(command, "show all settings, and what's wrong with them", act);
  command
    .command('set')
    .description("change one, or fix it if it isn't valid")
    .argument('<path>', `${generalNames.join(', ')}, or events.<type>.<field>`)
    .argument('<value>', 'none removes a text')
    .addHelpText('after', settingExamples)
    .action((path, value, _, self) =>
      act({ target: self.optsWithGlobals(), verb: 'set', path, value }),
    );
  versionWords(command, act);
  command.addHelpText('after', settingExamples);
}

const settingExamples = `
Settings:
  set newContacts subscribed                         or unsubscribed
  set customerDeleted unsubscribe                    or delete, keep: what a deletion in Polar does here
  set dailyLimit 10                                  the most emails one mailbox gets in a day
  set events.order.paid.enabled off                  or on; the same for trigger, fullName, externalId
  set events.order.paid.userGroup buyers             or none
  set events.order.paid.userGroupMode always         or new-contacts
  set events.order.refunded.enabled on               an optional event: it's added to the endpoint in Polar too

Postal address, time zone and language are part of the brand: npm run brand -- set postalAddress "…"`;

async function runSettings(options: SettingsOptions): Promise<void> {
  const output = outputFor('json' in options && options.json);
  const deployment = await findDeployment(options.target, output.print);
  const does = settingsVerbs(versionParts(deployment, output), async () => {
    const resources = await stackResources(options.target, deployment);
    const partsFor = partsOf(deployment, resources);
    return followSettings({ connections: partsFor('production').connections, partsFor });
  });
  switch (options.verb) {
    case 'show':
      if (!(await does.show())) process.exitCode = foundSomethingToDo;
      return;
    case 'set':
      if (!(await does.set(options.path, options.value))) process.exitCode = foundSomethingToDo;
      return;
    case 'history':
      return does.history(options.limit);
    case 'restore':
      if (!(await does.restore(options.version))) process.exitCode = foundSomethingToDo;
      return;
  }
}
