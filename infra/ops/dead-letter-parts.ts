import type { Failures } from '#shared/aws/dynamo-failures.ts';
import type { DeadLetterQueues } from '#shared/dead-letters/dead-letter-queues.ts';
import type { ShownHow } from './dead-letter-text.ts';

export type DeadLetterParts = DeadLetterQueues &
  Readonly<{
    failures: Pick<Failures, 'clear'>;
    confirmed: (question: string) => Promise<boolean>;
    /** Where the bodies of what is discarded are kept. */
    folder: string;
    address: ShownHow['address'];
    print: (line: string) => void;
    /** What has to stand behind the next command to mean the same deployment. */
    options: string;
  }>;
