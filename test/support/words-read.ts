import {
  type Act,
  runProgram,
  type StackCommand,
  stackCommands,
} from '#infra/terminal/command-line.ts';

type Words<Options> = (command: StackCommand, act: Act<Options>) => void;

/** What a command line comes to, without doing it; the help where that is what it asks for. */
export async function wordsRead<Options>(
  name: string,
  words: Words<Options>,
  args: readonly string[],
): Promise<Options | string> {
  const help: string[] = [];
  let read: Options | undefined;
  const act = (options: Options) => {
    read = options;
  };
  const load = () => (command: StackCommand) => words(command, act);
  await runProgram(
    stackCommands({ [name]: { does: '', load } }, (line) => help.push(line)),
    [name, ...args],
  );
  return read ?? help.join('\n');
}
