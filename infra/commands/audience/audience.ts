import { commandActs } from '#infra/commands/command-acts.ts';
import { noting } from '#infra/commands/noting.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  parsed,
  type StackCommand,
  text,
} from '#infra/terminal/command-line.ts';
import { type ExportOptions, runExport } from './export.ts';

export type AudienceOptions = ExportOptions;

/** The words of `npm run audience`. */
export function audienceCommand(
  command: StackCommand,
  act: Act<AudienceOptions> = noting(commandActs.audience, (options) =>
    runExport(options, process.stdout, process.stderr),
  ),
): void {
  command
    .description('Works with the contacts.')
    .command('export')
    .description(
      'Writes the contacts as CSV, newest first. Into a pipe: npm run -s audience -- export | head',
    )
    .addOption(parsed('--group <group>', 'only those of one group', (group) => group.trim()))
    .addOption(
      parsed(
        '--consent <consent>',
        'only those who get marketing mail, or who do not: subscribed or unsubscribed',
        consentNamed,
      ),
    )
    .addOption(text('--output <file>', 'where to, once it is whole; else the standard output'))
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
}

function consentNamed(given: string): boolean {
  if (given === 'subscribed' || given === 'unsubscribed') return given === 'subscribed';
  throw new Advice(`--consent is subscribed or unsubscribed, not "${given}".`);
}
