import {
  Command,
  CommanderError,
  type CommandUnknownOpts,
  type ErrorOptions,
  Option,
} from '@commander-js/extra-typings';
import { Advice } from './advice.ts';
import { printLine } from './lines.ts';

/** Says in one sentence what it cannot understand, and in which command. */
class OurCommand extends Command {
  override createCommand(name?: string): Command {
    return new OurCommand(name);
  }

  override error(message: string, { code }: ErrorOptions = {}): never {
    throw new Advice(sentenceOf(message, code, this));
  }

  /** Whoever says nothing gets the help that --help gives. */
  override help(): never {
    return super.help();
  }
}

export type Print = (line: string) => void;

/** A program without words yet. Its name is what a person types before them, such as `npm start`. */
export function program(name: string, print: Print = printLine) {
  return new OurCommand(name)
    .usage('-- [options]')
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureHelp({
      commandUsage: (command) => `${typed(command)} ${command.usage()}`,
      styleTitle: (title) => (title === 'Global Options:' ? 'Which stack:' : title),
      showGlobalOptions: true,
    })
    .configureOutput({ writeOut: (written) => print(written.trimEnd()) });
}

export type StackCommands = Readonly<Record<string, LoadedCommand>>;
type LoadedCommand = Readonly<{
  does: string;
  /** Gives what adds the words of the command. Called only for the one that was typed. */
  load: () => Promise<(command: StackCommand) => void> | ((command: StackCommand) => void);
}>;

/** One command, which works with a stack on this machine or in AWS. Its words are to be added. */
export type StackCommand = ReturnType<ReturnType<typeof stackProgram>['command']>;

/** What is done with a command line once it is understood. */
export type Act<Options> = (options: Options) => void | Promise<void>;

function stackProgram(print?: Print) {
  return program('npm run', print)
    .usage('<command> -- [options]')
    .option('--local', 'the stack that "npm start" runs here (default while it runs)')
    .addOption(text('--stage <stage>', 'this stage in AWS, such as prod'))
    .addOption(text('--region <region>', 'its region (default: AWS_REGION or your profile)'));
}

/** The program of all commands that work with a stack, whose help goes to `print`. */
export function stackCommands(commands: StackCommands, print?: Print) {
  const root = stackProgram(print);
  const loads = Object.entries(commands).map(([name, { does, load }]) => {
    const command = root.command(name).description(does);
    return [name, async () => (await load())(command)] as const;
  });
  const loadByName = new Map(loads);
  return root.hook('preSubcommand', (_, command) => loadByName.get(command.name())?.());
}

/** An option with a value as it is given. Another option in its place means that the value was forgotten. */
export function text<Flags extends string>(flags: Flags, description: string) {
  return parsed(flags, description, (given) => given);
}

/** An option with a value that `parse` reads, and may throw Advice about. */
export function parsed<Flags extends string, Value>(
  flags: Flags,
  description: string,
  parse: (given: string) => Value,
) {
  return new Option(flags, description).argParser((given: string): Value => {
    if (given.startsWith('--')) throw new Advice(`Missing value: ${flags}.`);
    return parse(given);
  });
}

/** Reads a whole number in this range. */
export function wholeNumber(name: string, from: number, to: number) {
  return (given: string): number => {
    const number = Number(given);
    if (Number.isInteger(number) && number >= from && number <= to) return number;
    throw new Advice(`${name} must be a whole number from ${from} to ${to}, not "${given}".`);
  };
}

/** Reads one of the words that are known. */
export function oneOf<Word extends string>(name: string, known: readonly Word[]) {
  return (given: string): Word => {
    const word = known.find((one) => one === given);
    if (word !== undefined) return word;
    throw new Advice(`${name} must be one of ${known.join(', ')}, not "${given}".`);
  };
}

/** How many a list shows. */
export function limitOption() {
  const read = wholeNumber('--limit', 1, 10_000);
  return parsed('--limit <n>', 'how many to show', read).default(50);
}

/** For programs that read what a command finds. */
export function jsonOption() {
  return new Option('--json', 'print one JSON document to standard output; use with npm run -s');
}

/** Whether a person typed the command alone. */
export function saysNothing(command: CommandUnknownOpts): boolean {
  return command.args.length === 0 && Object.keys(command.optsWithGlobals()).length === 0;
}

/** Reads a command line and does what it says. Throws Advice about what cannot be understood. */
export async function runProgram(
  program: Readonly<{ parseAsync: (args: string[], from: { from: 'user' }) => Promise<unknown> }>,
  args: readonly string[],
): Promise<void> {
  try {
    await program.parseAsync(ledgerKeysLast(args), { from: 'user' });
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.code.startsWith('commander.help');
    if (!isHelp) throw error;
  }
}

/** Some ledger keys begin with a hyphen, and are no options. */
function ledgerKeysLast(args: readonly string[]): string[] {
  const isLedgerKey = (arg: string) => /^-[\w-]{42}$/.test(arg);
  const keys = args.filter(isLedgerKey);
  if (keys.length === 0) return [...args];
  return [...args.filter((arg) => !isLedgerKey(arg)), '--', ...keys];
}

/** What a person types to get at this command. */
function typed(command: CommandUnknownOpts): string {
  const { parent } = command;
  if (!parent) return command.name();
  return `${typed(parent)} ${command.name()}${parent.parent ? '' : ' --'}`;
}

/** What commander complains of, in one sentence, and what to do. */
function sentenceOf(
  message: string,
  code: string | undefined,
  command: CommandUnknownOpts,
): string {
  const [first = '', hint = ''] = message.replace(/^error: /, '').split('\n');
  const near = /Did you mean (?:one of )?(.+?)[,?]/.exec(hint)?.[1];
  const usage = `${typed(command)} ${command.usage()}`.replace(
    /( --)? \[options\]$|( \[options\])/,
    '',
  );
  const [, quoted = ''] = /'(.+?)'/.exec(first) ?? [];
  switch (code) {
    case 'commander.unknownCommand':
      return unknownCommand(command, near);
    case 'commander.missingArgument':
      return `Missing <${quoted}>. Usage: ${usage}`;
    case 'commander.excessArguments': {
      const expected = command.registeredArguments.length;
      const more = expected > 0 ? ' Put quotes around a value with spaces.' : '';
      return `Unexpected "${command.args[expected]}". Usage: ${usage}.${more}`;
    }
    case 'commander.optionMissingArgument':
      return `Missing value: ${quoted}. ${seeHelp(command)}`;
    default: {
      const meant = near === undefined ? '' : ` Did you mean ${near}?`;
      return `${first.charAt(0).toUpperCase()}${first.slice(1)}.${meant} ${seeHelp(command)}`;
    }
  }
}

const elsewhere = new WeakMap<CommandUnknownOpts, (word: string) => string>();

/** Says of a word that this command does not know, and that is like none of its own, what may be meant. */
export function hintElsewhere(command: CommandUnknownOpts, hint: (word: string) => string): void {
  elsewhere.set(command, hint);
}

function unknownCommand(command: CommandUnknownOpts, near: string | undefined): string {
  const [word = ''] = command.args;
  const names = command.commands.map((one) => one.name()).join(', ');
  const others = [`Use one of ${names}.`, elsewhere.get(command)?.(word)].filter(Boolean);
  const hint = near === undefined ? others.join(' ') : `Did you mean "${near}"?`;
  const sentence = `Unknown command "${word}". ${hint}`;
  return command.parent ? `${sentence} ${seeHelp(command)}` : sentence;
}

function seeHelp(command: CommandUnknownOpts): string {
  return `Run "${typed(command).replace(/ --( .*)?$/, '')} -- --help" for usage.`;
}

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Before this there was no Polar. */
const earliest = Date.UTC(2020, 0, 1);

/** Reads the time of an option, as an age or a day. Throws Advice about what is none. */
export function timeFrom(name: string, given: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(given) ?? [];
  if (unit === 'm' || unit === 'h' || unit === 'd') {
    return new Date(Math.max(earliest, now.getTime() - Number(count) * unitsMs[unit]));
  }
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(given);
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(given) && given.includes('T');
  const at = Date.parse(hasZone || !given.includes('T') ? given : `${given}Z`);
  if (isTime && at >= earliest) return new Date(at);
  throw new Advice(
    `--${name} must be a time such as 24h, 2026-11-23 or 2026-11-23T14:30:00Z (in UTC unless it says otherwise), not "${given}".`,
  );
}
