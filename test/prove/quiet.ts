/** Keeps the log lines of functions that run in this process off its output, until the returned function is called. */
export function quiet(): () => void {
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) =>
    String(chunk).startsWith('{"timestamp":') || write(chunk, ...rest)) as typeof stdout.write;
  return () => {
    stdout.write = write;
  };
}
