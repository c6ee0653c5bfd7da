type EntryPoints = Readonly<{
  console: typeof import('#functions/console/handler.ts');
  feedback: typeof import('#functions/feedback/handler.ts');
  importer: typeof import('#functions/importer/handler.ts');
  ingest: typeof import('#functions/ingest/handler.ts');
  mailer: typeof import('#functions/mailer/handler.ts');
  rollup: typeof import('#functions/rollup/handler.ts');
  unsubscribe: typeof import('#functions/unsubscribe/handler.ts');
  watch: typeof import('#functions/watch/handler.ts');
  worker: typeof import('#functions/worker/handler.ts');
}>;

let starts = 0;

/**
 * The entry point of a function as a new environment of Lambda loads it: it reads `process.env` again and keeps nothing
 * of an earlier start. What it imports is loaded once, and reads no environment.
 */
export function coldStart<Name extends keyof EntryPoints>(name: Name): Promise<EntryPoints[Name]> {
  starts += 1;
  return import(
    new URL(`../../../functions/${name}/handler.ts?start=${starts}`, import.meta.url).href
  );
}
