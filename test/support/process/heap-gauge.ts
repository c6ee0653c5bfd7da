import { writeSync } from 'node:fs';

/** Loaded into a program that a test measures: at its end says how many bytes of its heap were in use at most. */
const everyMs = 250;

let most = 0;
const measure = () => {
  globalThis.gc?.();
  most = Math.max(most, process.memoryUsage().heapUsed);
};
setInterval(measure, everyMs).unref();
process.on('exit', () => {
  // A short run, too, has loaded by now all that a long one loads.
  measure();
  writeSync(2, `heap ${most}\n`);
});
