import { nearestName } from '#shared/text.ts';
import { Advice, endQuietlyWithReader, runCommand, withAdvice } from './terminal/advice.ts';
import { runProgram, type StackCommands, stackCommands } from './terminal/program.ts';

type Print = (line: string) => void;
type Run = (args: string[], print: Print) => Promise<void>;
type Command = Readonly<{ does: string; load: () => Promise<Run> }>;

/** Every command of the engineer's, by the name of its npm script. Each is loaded when it is called. */
const commands: Readonly<Record<string, Command>> = {
  audience: {
    does: 'export contacts as CSV',
    load: async () => {
      const { audienceCommand } = await import('./commands/audience.ts');
      return (args) => audienceCommand(args, process.stdout, process.stderr);
    },
  },
  connect: {
    does: 'connect Polar, look at the connection, repair or end it',
    load: async () => (await import('./commands/connect.ts')).connectCommand,
  },
  console: {
    does: 'open the console of a deployed stage',
    load: async () => (await import('./commands/console-door/console.ts')).consoleCommand,
  },
  deadletters: {
    does: 'list dead letters, say why they died, send them again, discard them',
    load: async () => (await import('./commands/dead-letters/dead-letters.ts')).deadLettersCommand,
  },
  emails: {
    does: 'list emails, and settle those of which nobody knows whether they were sent',
    load: async () => (await import('./commands/emails.ts')).emailsCommand,
  },
  replay: {
    does: 'run recorded events again',
    load: async () => (await import('./commands/replay/replay.ts')).replayCommand,
  },
  settings: {
    does: 'show and change the settings',
    load: async () => (await import('./commands/settings.ts')).settingsCommand,
  },
  why: {
    does: 'say what became of an address, a webhook or an email, and why',
    load: async () => (await import('./commands/why/why.ts')).whyCommand,
  },
  workflows: {
    does: 'add, test, activate, pause and remove workflows',
    load: async () => (await import('./commands/workflows/workflows.ts')).workflowsCommand,
  },
};

const program: StackCommands = {
  backfill: {
    does: 'bring the audience in step with the customers of Polar',
    load: async () => (await import('./commands/backfill/backfill.ts')).backfillCommand,
  },
  recover: {
    does: 'close the gap after Polar could not deliver',
    load: async () => (await import('./commands/recover/recover.ts')).recoverCommand,
  },
};

const names = [...Object.keys(commands), ...Object.keys(program)].sort();

const overview = `Usage: npm run <command> -- [options]

${names.map((name) => `  ${name.padEnd(12)} ${(commands[name] ?? program[name])?.does}`).join('\n')}

"npm run <command> -- --help" shows what a command takes. Beside them, "npm start" runs the stack on this machine and
"npm run polar" sends webhooks to it.

Exit codes: 0 done, 1 failed, 2 where "connect --status" or "backfill --dry-run" found something to do, or
"recover" could not close the gap.`;

const [name = '--help', ...args] = process.argv.slice(2);

endQuietlyWithReader();
await runCommand(() =>
  withAdvice(async () => {
    if (['help', '--help', '-h'].includes(name)) return console.log(overview);
    if (Object.hasOwn(program, name)) return runProgram(stackCommands(program), [name, ...args]);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new Advice(unknownCommand(name));
    const run = await command.load();
    await run(args, console.log);
  }),
);

function unknownCommand(given: string): string {
  const near = nearestName(given, names);
  const hint = near === undefined ? `It is one of ${names.join(', ')}.` : `Did you mean "${near}"?`;
  return `There is no command "${given}". ${hint}`;
}
