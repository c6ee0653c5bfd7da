import { runCommand, withAdvice } from './terminal/advice.ts';

type Print = (line: string) => void;
type Command = (args: string[], print: Print) => Promise<void>;

/** Each is loaded when it is called, so that none pays for another. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  audience: async () => {
    const { audienceCommand } = await import('./commands/audience.ts');
    return (args) => audienceCommand(args, process.stdout, process.stderr);
  },
  backfill: async () => (await import('./commands/backfill/backfill.ts')).backfillCommand,
  connect: async () => (await import('./commands/connect.ts')).connectCommand,
  console: async () => (await import('./commands/console-door/console.ts')).consoleCommand,
  'dead-letters': async () =>
    (await import('./commands/dead-letters/dead-letters.ts')).deadLettersCommand,
  emails: async () => (await import('./commands/emails.ts')).emailsCommand,
  recover: async () => (await import('./commands/recover/recover.ts')).recoverCommand,
  replay: async () => (await import('./commands/replay/replay.ts')).replayCommand,
  settings: async () => (await import('./commands/settings.ts')).settingsCommand,
  why: async () => (await import('./commands/why/why.ts')).whyCommand,
  workflows: async () => (await import('./commands/workflows/workflows.ts')).workflowsCommand,
};

const [name = '', ...args] = process.argv.slice(2);

await runCommand(() =>
  withAdvice(async () => {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!load)
      throw new Error(`There is no command "${name}": ${Object.keys(commands).join(', ')}.`);
    const command = await load();
    await command(args, console.log);
  }),
);
