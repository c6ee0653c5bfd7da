import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type FailureRow, failureRowOf } from '#shared/queue/failures.ts';
import { rowsOf } from '#shared/store/dynamo.ts';
import type { DeadLetter, QueueName } from './dead-letter.ts';

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** How long something has lasted, roughly, from two days on in days: `36 h`, `5 min`, `20 s`. */
export function ageText(ms: number): string {
  const unit = units.find(([, length]) => ms >= 2 * length);
  const [name, length] = unit ?? (['s', 1_000] as const);
  return `${Math.max(0, Math.floor(ms / length))} ${name}`;
}

/** Its function ended before it could note why, or had no id to note it under that its copy has, too. */
export const noReason =
  'No reason is kept: its function crashed, ran out of time or could not tell what it is (see its log).';

export type DeadLetterQueue = Readonly<{
  name: QueueName;
  url: string;
  /** Where its messages came from. */
  sourceUrl: string;
}>;

/** What it takes to go through the dead letters. */
export type DeadLetterQueues = Readonly<{
  sqs: SQSClient;
  queues: readonly DeadLetterQueue[];
  explain: ExplainLetters;
  now: () => Date;
  /** Tells how far a long run is. */
  progress: (text: string) => void;
  /** Whether it is to end before its time. */
  isStopped: () => boolean;
  /** How long to wait for more before a queue counts as empty. */
  waitSeconds: number;
  /** After how long others see again what was only read. */
  shownAfterSeconds: number;
}>;

/** A dead letter with why it died, if that was kept, and whom it is about, if that is known. */
export type ExplainedLetter = DeadLetter & Readonly<{ failure: FailureRow | undefined }>;

type ExplainLetters = (letters: readonly DeadLetter[]) => Promise<ExplainedLetter[]>;

const customerRowSchema = z.object({ email: z.optional(z.object({ value: z.string() })) });

/** Looks up why dead letters died and, where they name a customer only, the address. */
export function explainLetters(
  db: DynamoDBDocumentClient,
  tables: Readonly<{ failures: string; customers: string }>,
): ExplainLetters {
  return async (letters) => {
    const nameless = letters.filter(({ email }) => email === undefined);
    const [failures, customers] = await Promise.all([
      rowsOf(
        db,
        { table: tables.failures, key: 'webhookId' },
        letters.map(({ failureId }) => failureId),
      ),
      rowsOf(
        db,
        { table: tables.customers, key: 'customerId' },
        nameless.map(({ customerId = '' }) => customerId),
      ),
    ]);
    return letters.map((letter) => {
      const row = customerRowSchema.safeParse(customers.get(letter.customerId ?? '')).data;
      return {
        ...letter,
        email: letter.email ?? row?.email?.value,
        failure: failureRowOf(failures.get(letter.failureId)),
      };
    });
  };
}

/** SQS keeps a message for so long after it was first sent. */
const keptMs = 14 * 86_400_000;

export function lastReasonOf({ failure }: ExplainedLetter): string {
  return failure?.lastReason ?? noReason;
}

/** Where it is another one than the last. */
export function firstReasonOf({ failure }: ExplainedLetter): string | undefined {
  return failure?.firstReason === failure?.lastReason ? undefined : failure?.firstReason;
}

/** By the function, where it could note that; SQS's own count grows with each look at a dead letter. */
export function receivesOf({ failure, receives }: ExplainedLetter): number {
  return failure?.attempts ?? receives;
}

export function keptUntil({ sentAt }: DeadLetter): Date {
  return new Date(sentAt.getTime() + keptMs);
}

/** What a person can expect of sending it again. */
export function prospectOf({ failure }: ExplainedLetter): string {
  return failure?.isFinal
    ? 'No retry can fix it. Deploy a version that can read it, or download and discard it.'
    : 'It was retried for about 90 minutes. Fix the cause, then send it again.';
}
