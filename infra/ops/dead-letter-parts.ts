import type { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueName } from './dead-letter.ts';
import type { ShownHow } from './dead-letter-text.ts';
import type { ExplainLetters } from './explain-dead-letters.ts';

export type DeadLetterQueue = Readonly<{
  name: QueueName;
  url: string;
  /** Where its messages came from. */
  sourceUrl: string;
}>;

export type DeadLetterParts = Readonly<{
  sqs: SQSClient;
  queues: readonly DeadLetterQueue[];
  explain: ExplainLetters;
  confirmed: (question: string) => Promise<boolean>;
  /** Where the bodies of what is discarded are kept. */
  folder: string;
  now: () => Date;
  address: ShownHow['address'];
  print: (line: string) => void;
  /** Tells how far a long run is. */
  progress: (text: string) => void;
  /** Whether the person wants it to end before its time. */
  isStopped: () => boolean;
  /** What has to stand behind the next command to mean the same deployment. */
  options: string;
  /** How long to wait for more before a queue counts as empty. */
  waitSeconds: number;
  /** After how long others see again what was only read. */
  shownAfterSeconds: number;
}>;
