import type { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueName } from './dead-letter.ts';
import type { ExplainLetters } from './explain-dead-letters.ts';

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
