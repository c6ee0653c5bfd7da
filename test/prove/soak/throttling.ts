import * as z from 'zod';
import type { Answer } from '#test/support/polar/passed-on.ts';

/** Those that the soak troubles. */
export type TroubledService = 'dynamodb' | 'sqs' | 'ses';

/** What a service says that is asked too much, as AWS documents it. */
export function refusal(service: TroubledService, operation: string, body: Buffer): Answer {
  switch (service) {
    case 'dynamodb':
      return operation === 'TransactWriteItems'
        ? cancelled(transactionSchema.parse(JSON.parse(String(body))).TransactItems.length)
        : answered(400, dynamo('ThrottlingException', 'Throughput exceeds the current capacity.'));
    case 'sqs':
      return answered(
        400,
        { __type: 'com.amazonaws.sqs#RequestThrottled', message: 'The request was throttled.' },
        { 'x-amzn-query-error': 'RequestThrottled;Sender' },
      );
    case 'ses':
      return answered(
        429,
        { message: 'Maximum sending rate exceeded.' },
        { 'x-amzn-errortype': 'TooManyRequestsException' },
      );
  }
}

const transactionSchema = z.object({ TransactItems: z.array(z.unknown()) });

function cancelled(items: number): Answer {
  const codes = ['ThrottlingError', ...Array.from({ length: items - 1 }, () => 'None')];
  return answered(400, {
    ...dynamo('TransactionCanceledException', `Transaction cancelled [${codes.join(', ')}]`),
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
}

function dynamo(name: string, message: string) {
  return { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message };
}

function answered(status: number, content: object, headers: Record<string, string> = {}): Answer {
  const body = Buffer.from(JSON.stringify(content));
  const type = { 'content-type': 'application/x-amz-json-1.0' };
  return { status, headers: { ...type, ...headers, 'content-length': String(body.length) }, body };
}

const keysSchema = z.object({ Keys: z.array(z.unknown()) }).catchall(z.unknown());
const batchSchema = z.object({ RequestItems: z.record(z.string(), keysSchema) });

/** Whether DynamoDB may answer a call for a part of what it asks. */
export function mayBePartial(operation: string, body: Buffer): boolean {
  if (operation !== 'BatchGetItem') return false;
  const { RequestItems } = batchSchema.parse(JSON.parse(String(body)));
  return Object.values(RequestItems).flatMap(({ Keys }) => Keys).length > 1;
}

/** The first key of a BatchGetItem, and how its answer says that the others were left unread. */
export function firstKeyOnly(body: Buffer): [Buffer, (answer: Answer) => Answer] {
  const { RequestItems } = batchSchema.parse(JSON.parse(String(body)));
  const [[table, { Keys, ...how }] = ['', { Keys: [] }], ...others] = Object.entries(RequestItems);
  const [first, ...rest] = Keys;
  const asked = { RequestItems: { [table]: { ...how, Keys: [first] } } };
  const UnprocessedKeys = {
    ...Object.fromEntries(others),
    ...(rest.length > 0 && { [table]: { ...how, Keys: rest } }),
  };
  return [
    Buffer.from(JSON.stringify(asked)),
    ({ status, body: content }) =>
      answered(status, { ...JSON.parse(String(content)), UnprocessedKeys }),
  ];
}
