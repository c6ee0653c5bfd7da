import { commandActs } from '#infra/commands/command-acts.ts';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { noting } from '#infra/commands/noting.ts';
import { foundSomethingToDo } from '#infra/terminal/advice.ts';
import type { Act, StackCommand } from '#infra/terminal/command-line.ts';
import { outputFor } from '#infra/terminal/output.ts';
import { brandFields } from '#shared/audience/settings/brand.ts';
import { brandVerbs } from './brand-verbs.ts';
import { showWord, type VersionOptions, versionParts, versionWords } from './version-words.ts';

export type BrandOptions =
  | VersionOptions
  | (Readonly<{ target: Target }> &
      (
        | Readonly<{ verb: 'show'; json: boolean }>
        | Readonly<{ verb: 'set'; field: string; value: string }>
        | Readonly<{ verb: 'clear' }>
      ));

/** The words of `npm run brand`. */
export function brandCommand(
  command: StackCommand,
  act: Act<BrandOptions> = noting(commandActs.brand, runBrand),
): void {
  command.description('Show and change the brand of all mails, and restore earlier versions.');
  showWord(command, "show the brand, and what's wrong with it", act);
  command
    .command('set')
    .description('change one field')
    .argument('<field>', brandFields.join(', '))
    .argument('<value>', 'none removes it')
    .addHelpText('after', brandExamples)
    .action((field, value, _, self) =>
      act({ target: self.optsWithGlobals(), verb: 'set', field, value }),
    );
  command
    .command('clear')
    .description(
      'remove everything but postal address, time zone and language; "restore" brings it back',
    )
    .action((_, self) => act({ target: self.optsWithGlobals(), verb: 'clear' }));
  versionWords(command, act);
  command.addHelpText('after', brandExamples);
}

const brandExamples = `
Fields:
  set name "Example Shop"                        above every mail and on the unsubscribe page
  set logo https://example.com/logo.png          56 pixels high or more; logoDark for dark mode, logoAlt for its text
  set accent "#e4572e"                           the line above a mail and its button
  set website https://example.com                linked from the logo and at the foot
  set supportAddress help@example.com            gets replies, unless a workflow sets another address
  set portalUrl https://example.com/billing      instead of Polar's customer portal
  set footer "Example Shop AB, company 5566"     a sentence at the foot
  set postalAddress "Example Shop, Street 1"     at the foot; marketing isn't sent without one; \\n breaks a line
  set timeZone Europe/Berlin                     for days and hours in emails; UTC unless you set it
  set language de                                how emails write dates and amounts; en unless you set it`;

async function runBrand(options: BrandOptions): Promise<void> {
  const output = outputFor('json' in options && options.json);
  const deployment = await findDeployment(options.target, output.print);
  const does = brandVerbs(versionParts(deployment, output));
  switch (options.verb) {
    case 'show':
      if (!(await does.show())) process.exitCode = foundSomethingToDo;
      return;
    case 'set':
      return does.set(options.field, options.value);
    case 'clear':
      return does.clear();
    case 'history':
      return does.history(options.limit);
    case 'restore':
      await does.restore(options.version);
      return;
  }
}
