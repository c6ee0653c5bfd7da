import * as feedback from '#functions/feedback/handler.ts';
import * as ingest from '#functions/ingest/handler.ts';
import * as mailer from '#functions/mailer/handler.ts';
import * as unsubscribe from '#functions/unsubscribe/handler.ts';
import * as worker from '#functions/worker/handler.ts';

type EntryPoint = { handler(event: unknown, context: unknown, done: unknown): unknown };

/** The entry points of the functions, as Lambda loads them: they read the environment when this file is loaded. */
export const entryPoints: Readonly<
  Record<'ingest' | 'worker' | 'mailer' | 'feedback' | 'unsubscribe', EntryPoint>
> = { ingest, worker, mailer, feedback, unsubscribe };
