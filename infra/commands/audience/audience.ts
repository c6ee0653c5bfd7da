import { commandActs } from '#infra/commands/command-acts.ts';
import { noting } from '#infra/commands/noting.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  oneOf,
  parsed,
  type StackCommand,
  text,
} from '#infra/terminal/command-line.ts';
import { type Clearable, clearable, type EditOptions, editsTyped, runEdit } from './edit.ts';
import { type ExportOptions, runExport } from './export.ts';

export type AudienceOptions = ExportOptions | EditOptions;

/** The words of `npm run audience`. */
export function audienceCommand(
  command: StackCommand,
  act: Act<AudienceOptions> = noting(commandActs.audience, (options) =>
    options.verb === 'edit' ? runEdit(options) : runExport(options, process.stdout, process.stderr),
  ),
): void {
  command.description('Edit a contact, and export contacts.');
  command
    .command('export')
    .description(
      'write contacts as CSV, newest first. For a pipe: npm run -s audience -- export | head',
    )
    .addOption(parsed('--group <group>', 'only those in this group', (group) => group.trim()))
    .addOption(
      parsed(
        '--consent <consent>',
        "only those who get marketing mail (subscribed), or don't (unsubscribed)",
        consentNamed,
      ),
    )
    .addOption(
      text(
        '--output <file>',
        'write to this file, once the export is complete (default: standard output)',
      ),
    )
    .addOption(jsonOption())
    .action((_, self) => {
      const { group, consent, output, json = false, ...target } = self.optsWithGlobals();
      return act({
        target,
        verb: 'export',
        filter: { group, isSubscribed: consent },
        file: output,
        json,
      });
    });
  command
    .command('edit')
    .description(
      "set or clear a contact's fields, overriding Polar; shows the change and asks first",
    )
    .argument('<address>')
    .addOption(text('--name <name>', 'first and last name, split like names from Polar'))
    .addOption(text('--first-name <name>', 'first name only'))
    .addOption(text('--last-name <name>', 'last name only'))
    .addOption(text('--external-id <id>', 'the id in your own system'))
    .addOption(text('--group <group>', 'the group; "" here or above means none'))
    .addOption(
      parsed(
        '--clear <fields>',
        `clear what was set: ${Object.keys(clearable).join(', ')}`,
        fieldsNamed,
      ),
    )
    .option('--dry-run', 'show what would change; changes nothing')
    .option('--yes', "don't ask")
    .addOption(jsonOption())
    .action((address, _, self) => {
      const { name, firstName, lastName, externalId, group, clear, ...rest } =
        self.optsWithGlobals();
      const { dryRun = false, yes = false, json = false, ...target } = rest;
      const edits = editsTyped({ name, firstName, lastName, externalId, group, clear });
      const how = { isDryRun: dryRun, isSure: yes, json };
      return act({ target, verb: 'edit', address, edits, ...how });
    });
}

function fieldsNamed(given: string): Clearable[] {
  const names = given.split(',').map((one) => one.trim());
  return names.map(oneOf('--clear', Object.keys(clearable).filter(isClearable)));
}

function isClearable(name: string): name is Clearable {
  return Object.hasOwn(clearable, name);
}

function consentNamed(given: string): boolean {
  if (given === 'subscribed' || given === 'unsubscribed') return given === 'subscribed';
  throw new Advice(`--consent must be subscribed or unsubscribed, not "${given}".`);
}
