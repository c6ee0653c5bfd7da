import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** What somebody who calls DynamoDB meets at a call: it may be made late, or not at all, or lose its answer. */
export type Meeting = (call: () => Promise<unknown>) => Promise<unknown>;

/** The same client, of which the `nth` call meets something. `calls` are those that were made, by their command. */
export function metAtACall(db: DynamoDBDocumentClient, nth: number, meeting: Meeting) {
  const calls: string[] = [];
  const send = (command: never) => {
    calls.push(Object(command).constructor.name);
    const call = () => db.send(command);
    return calls.length === nth ? meeting(call) : call();
  };
  const client: DynamoDBDocumentClient = Object.assign(Object.create(db), { send });
  return { client, calls };
}
