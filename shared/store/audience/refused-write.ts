import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { CommitResult } from '#shared/audience/rows/unit-of-work.ts';
import { Unprocessable } from '#shared/failure.ts';
import { eventRecordOf } from '#shared/store/events/event-item.ts';

type Refused = Exclude<CommitResult, { kind: 'committed' }>;

/**
 * What a failed commit means: there is such a record already, or another worker won. Throws `Unprocessable` for
 * what DynamoDB will never accept, and the error itself for everything else (throttling, timeouts).
 * `hasRecord`: the first item of the write is the event record.
 */
export function refusedWrite(error: unknown, hasRecord: boolean): Refused {
  if (error instanceof ConditionalCheckFailedException) {
    return hasRecord ? duplicateOf(error.Item) : { kind: 'conflict' };
  }
  if (error instanceof TransactionCanceledException) {
    const reasons = error.CancellationReasons ?? [];
    const codes = reasons.map(({ Code }) => Code);
    if (hasRecord && codes[0] === 'ConditionalCheckFailed') return duplicateOf(reasons[0]?.Item);
    if (codes.includes('ConditionalCheckFailed') || codes.includes('TransactionConflict')) {
      return { kind: 'conflict' };
    }
    const invalid = reasons.find(({ Code }) => Code === 'ValidationError');
    if (invalid) throw new Unprocessable(`DynamoDB refused the write: ${invalid.Message}`);
  }
  if (error instanceof DynamoDBServiceException) {
    if (error.name === 'TransactionConflictException') return { kind: 'conflict' };
    if (isInvalid(error)) {
      throw new Unprocessable(`DynamoDB refused the write: ${error.message}`, { cause: error });
    }
  }
  throw error;
}

/** Whether DynamoDB refused what it was asked for as it is, and would always. */
export function isInvalid(error: unknown): boolean {
  return error instanceof DynamoDBServiceException && error.name === 'ValidationException';
}

function duplicateOf(item: ConditionalCheckFailedException['Item']): Refused {
  if (!item) throw new Error('DynamoDB did not return the event record that stands there already.');
  return { kind: 'duplicate', record: eventRecordOf(unmarshall(item)) };
}
