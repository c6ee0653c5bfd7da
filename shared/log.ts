import { visible } from './safe-text.ts';

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Log = Readonly<
  Record<'info' | 'warn' | 'error', (message: string, fields?: Fields) => void>
>;

/**
 * Writes one JSON object a line to standard output, with the keys that Lambda's log levels go by. Not through
 * `console`, which Lambda would wrap once more. Fields hold ids and counts, never personal data or secrets.
 */
export function jsonLog(write: (line: string) => void = toStandardOutput): Log {
  const at = (level: string) => (message: string, fields?: Fields) =>
    write(
      visible(JSON.stringify({ timestamp: new Date().toISOString(), level, message, ...fields })),
    );
  return { info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}

function toStandardOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}
