import { visible } from '#shared/safe-text.ts';
import { Advice } from './advice.ts';
import { progressLine } from './lines.ts';

/** Where a command writes what it found. */
export type Output = Readonly<{
  /** A line for a person. */
  print: (line: string) => void;
  /** Writes the one document for a program. Absent: a person reads. */
  document?: ((found: object) => void) | undefined;
}>;

type Streams = Readonly<{ out: (text: string) => void; error: (text: string) => void }>;

const streams: Streams = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

/**
 * Lines on standard output, which cannot steer the terminal; with `json` one document there, and titles and progress on standard error. Throws Advice
 * where npm has written lines of its own before the document.
 */
export function outputFor(
  json: boolean,
  { out, error }: Streams = streams,
  isTerminal: boolean = process.stdout.isTTY,
): Output {
  if (!json) return { print: (line) => out(`${visible(line)}\n`) };
  if (!isTerminal) refuseBanner(process.env);
  return {
    print: (line) => error(`${visible(line)}\n`),
    document: (found) => out(`${visible(JSON.stringify(found, null, 2))}\n`),
  };
}

/** The same for what takes a while: how far it is goes to standard error, and away before each line. */
export function outputWithProgress(json: boolean) {
  const output = outputFor(json);
  const { progress, clear } = progressLine(process.stderr);
  const print = (line: string) => {
    clear();
    output.print(line);
  };
  return { ...output, print, progress, clear };
}

/** Throws Advice where npm has written lines of its own to the standard output before this program began. */
export function refuseBanner(variables: NodeJS.ProcessEnv): void {
  const { npm_lifecycle_event: script, npm_config_loglevel: level } = variables;
  if (script === undefined || level === 'silent') return;
  throw new Advice(
    `npm prints its own lines before this output. Run it with "npm run -s ${script} -- …".`,
  );
}
