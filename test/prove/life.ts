import { pathToFileURL } from 'node:url';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Account } from './account.ts';
import { type Endpoints, type Fault, startFaultProxy } from './fault-proxy.ts';

/** The functions of the stack, by what their logical ids begin with. */
const functions = {
  ingest: /^WebhooksIngest/,
  worker: /^WorkerFunction/,
  mailer: /^MailMailer/,
  clock: /^Clock/,
  feedback: /^MailFeedback/,
  unsubscribe: /^MailUnsubscribe/,
  watch: /^WatchFunction/,
  rollup: /^RollUp/,
  importer: /^Importer/,
  console: /^ConsoleFunction/,
};
export type FunctionName = keyof typeof functions;

const folder = new URL('../../functions/', import.meta.url);
let lives = 0;

export type Life = Readonly<{
  handler: unknown;
  /** Its clients read it at their first call, when another function may have started in this process. */
  environment: Readonly<Record<string, string>>;
  /** Resolves when the function is killed in the middle of a call. */
  died: Promise<'died'>;
  /** The AWS calls that it made so far. */
  operations: readonly string[];
  end: () => Promise<void>;
}>;

/** A function as it starts in a new environment: its own handler, clients and caches, and one way to AWS. */
export async function startLife(
  account: Account,
  name: FunctionName,
  { fault, ses, more = {} }: { fault?: Fault; ses?: string; more?: Record<string, string> } = {},
): Promise<Life> {
  const endpoints: Endpoints = { ...account.endpoints, ...(ses !== undefined && { ses }) };
  const proxy = await startFaultProxy(endpoints, fault);
  const isRepeated = fault === undefined || fault.kind.endsWith('the SDK');
  const environment = {
    ...account.environmentOf(functions[name], proxy.address),
    ...more,
    // What a function makes of a failed call shows best when the SDK does not hide the failure.
    AWS_MAX_ATTEMPTS: isRepeated ? '3' : '1',
  };
  Object.assign(process.env, environment);
  lives += 1;
  const file = pathToFileURL(new URL(`${name}/handler.ts`, folder).pathname).href;
  const { handler } = await import(/* @vite-ignore */ `${file}?life=${lives}`);
  return { handler, environment, died: proxy.died, operations: proxy.operations, end: proxy.stop };
}

type QueueHandler = (
  batch: SQSEvent,
  time: { getRemainingTimeInMillis: () => number },
) => Promise<SQSBatchResponse>;

const time = { getRemainingTimeInMillis: () => 60_000 };

/** One call of a function that a schedule calls. */
export async function called({
  handler,
  environment,
  died,
}: Life): Promise<'done' | 'failed' | 'died'> {
  const invoke = handler as (event: unknown, of: typeof time) => Promise<void>;
  Object.assign(process.env, environment);
  const ended = invoke({}, time).then(
    () => 'done' as const,
    () => 'failed' as const,
  );
  const fate = await Promise.race([died, ended]);
  if (fate === 'died') await ended;
  return fate;
}

/** What becomes of one message in this life. */
export async function handled(life: Life, record: SQSRecord): Promise<'done' | 'failed' | 'died'> {
  const failed = await failedOf(life, [record]);
  if (failed === 'died') return failed;
  return failed.length > 0 ? 'failed' : 'done';
}

/** Which messages of a batch come again after this life handled it. */
export async function failedOf(
  { handler, environment, died }: Life,
  Records: SQSRecord[],
): Promise<SQSRecord[] | 'died'> {
  const invoke = handler as QueueHandler;
  Object.assign(process.env, environment);
  const answered = invoke({ Records }, time).then(({ batchItemFailures }) => {
    const ids = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    return Records.filter(({ messageId }) => ids.includes(messageId));
  });
  const fate = await Promise.race([died, answered]);
  // Whoever was killed does nothing any more: it may notice, before another one lives in its environment.
  if (fate === 'died') await answered.catch(() => undefined);
  return fate;
}
