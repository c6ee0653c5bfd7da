import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';

export type QueueStatus = Readonly<{
  /** About how many messages can be received now, and how many are with a reader; both lag by up to a minute. */
  visible: number;
  hidden: number;
  /** The time by the clock that stamps messages. */
  at: Date;
}>;

const answerSchema = z.object({ headers: z.object({ date: z.string() }) });

/** The header has whole seconds and may be a second old. Closer than this, the clock of this machine is right. */
const toleranceMs = 2_000;

export async function queueStatus(
  sqs: SQSClient,
  queueUrl: string,
  now: () => Date,
): Promise<QueueStatus> {
  let at = now();
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
  });
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const answer = answerSchema.safeParse(result.response);
      const here = now();
      const there = answer.success ? new Date(answer.data.headers.date) : here;
      at = Math.abs(there.getTime() - here.getTime()) > toleranceMs ? there : here;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'serverTime' },
  );
  const { Attributes } = await sqs.send(command);
  return {
    visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
    hidden: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
    at,
  };
}
