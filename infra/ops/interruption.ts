/** Ctrl-C ends a run tidily: what it is at is finished. A second one ends it at once. */
export function interruption(print: (line: string) => void) {
  let stopped = false;
  const onInterrupt = () => {
    stopped = true;
    process.exitCode = 130;
    print('Ending … (Ctrl-C again ends it at once)');
  };
  process.once('SIGINT', onInterrupt);
  return {
    isStopped: () => stopped,
    forget: () => void process.off('SIGINT', onInterrupt),
    /** While a person is asked, Ctrl-C ends the program. */
    async isOff<T>(ask: () => Promise<T>): Promise<T> {
      process.off('SIGINT', onInterrupt);
      try {
        return await ask();
      } finally {
        process.once('SIGINT', onInterrupt);
      }
    },
  };
}
