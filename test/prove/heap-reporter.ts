/*
 * Loaded into a function process before its code: on SIGUSR2 it collects garbage and writes what is in use. What is
 * in use after a collection is what a leak lets grow; resident memory also depends on when the collector last ran.
 */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ heapOf: process.pid, bytes: heapUsed + external })}\n`);
});
