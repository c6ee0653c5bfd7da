import { setTimeout } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { EventSourceAtWork } from '#infra/local/lambda/event-source.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoDueEmails } from '#shared/store/mail/due-emails.ts';
import { dynamoDueRuns } from '#shared/store/runs/due-runs.ts';

/** When something is due first, of the runs and emails that are due by then, by the tables of a stack. */
export function whatIsDue(
  client: DynamoDBClient,
  { Runs, Emails }: Readonly<Record<string, string>>,
): (by: Date) => Promise<Date | undefined> {
  const db = documentClient(client);
  const runs = Runs === undefined ? undefined : dynamoDueRuns(db, Runs);
  const emails = Emails === undefined ? undefined : dynamoDueEmails(db, Emails);
  return async (by) => {
    const [run, email] = await Promise.all([
      runs?.due(by.toISOString(), 1),
      emails?.due(by.toISOString(), 1),
    ]);
    const times = [run?.runs[0]?.wakeAt, email?.[0]?.dueAt].filter((at) => at !== undefined);
    const [first] = times.sort();
    return first === undefined ? undefined : new Date(first);
  };
}

const lookMs = 20;
const quietLooks = 20;
const patienceMs = 60_000;

/**
 * When the functions have done what was in the queues. A message that failed comes back in its own time, and one that is
 * delayed waits in the time of this machine, as SQS here knows no other: neither is waited for.
 */
export async function whenSettled(
  sqs: SQSClient,
  sources: readonly EventSourceAtWork[],
): Promise<void> {
  const queues = sources.map(({ queueUrl }) => queueUrl);
  const until = performance.now() + patienceMs;
  for (let quiet = 0; quiet < quietLooks && performance.now() < until; ) {
    const { ready, taken } = await inQueues(sqs, queues);
    if (ready + taken === 0 && sources.every((source) => !source.isBusy())) return;
    // Between a queue and its function a message is in neither's sight for a moment.
    quiet = ready === 0 && sources.every((source) => !source.isBusy()) ? quiet + 1 : 0;
    await setTimeout(lookMs);
  }
}

async function inQueues(sqs: SQSClient, queues: readonly string[]) {
  const counts = await Promise.all(
    queues.map(async (QueueUrl) => {
      const AttributeNames = [
        'ApproximateNumberOfMessages' as const,
        'ApproximateNumberOfMessagesNotVisible' as const,
      ];
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames }),
      );
      return AttributeNames.map((name) => Number(Attributes[name] ?? 0));
    }),
  );
  const total = (index: number) => counts.reduce((sum, count) => sum + (count[index] ?? 0), 0);
  return { ready: total(0), taken: total(1) };
}
