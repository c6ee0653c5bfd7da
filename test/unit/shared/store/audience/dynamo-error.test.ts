import {
  type CancellationReason,
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { eventRecordSchema } from '#shared/audience/event-record.ts';
import { Unprocessable } from '#shared/failure.ts';
import { refusedWrite } from '#shared/store/audience/refused-write.ts';

const record = eventRecordSchema.parse({
  webhookId: 'evt-1',
  type: 'order.paid',
  occurredAt: '2026-11-23T11:59:00.000000Z',
  receivedAt: '2026-11-23T12:00:00.000Z',
  outcome: 'unchanged',
  changes: [],
  settingsVersion: 0,
  customerId: 'c1',
  properties: { customerId: 'c1' },
});
/** With what stands beside a record in its item. */
const Item = marshall({ ...record, expiresAt: 1, dayShard: '2026-11-23#0' });

const base = { $metadata: {}, message: 'of DynamoDB' };
const checkFailed = (patch: object = {}) =>
  new ConditionalCheckFailedException({ ...base, ...patch });
const canceled = (...CancellationReasons: CancellationReason[]) =>
  new TransactionCanceledException({ ...base, CancellationReasons });
const named = (name: string) => new DynamoDBServiceException({ ...base, name, $fault: 'client' });

const none = { Code: 'None' };
const failed = { Code: 'ConditionalCheckFailed' };
const conflict = { Code: 'TransactionConflict' };
const invalid = { Code: 'ValidationError', Message: 'Item size has exceeded the limit' };
const throttled = { Code: 'ThrottlingError' };

describe('a write that DynamoDB refused', () => {
  it.each<[string, Error, boolean]>([
    ['a put whose record stands there already', checkFailed({ Item }), true],
    ['a transaction whose first item, the record, does', canceled({ ...failed, Item }, none), true],
    [
      'a transaction whose record and rows have both changed',
      canceled({ ...failed, Item }, failed),
      true,
    ],
  ])('is a duplicate: %s', (_, error, hasRecord) => {
    expect(refusedWrite(error, hasRecord)).toEqual({ kind: 'duplicate', record });
  });

  it.each<[string, Error, boolean]>([
    ['a row beside the record has changed', canceled(none, failed), true],
    ['the first row of a write without record has', canceled({ ...failed, Item }), false],
    ['another transaction has a row', canceled(none, conflict), true],
    ['another transaction has the record', canceled(conflict, none), true],
    ['a row has changed and another item is invalid', canceled(none, failed, invalid), true],
    ['a row is taken and another one was throttled', canceled(none, conflict, throttled), true],
    ['a put met a transaction', new TransactionConflictException(base), true],
  ])('is a conflict: %s', (_, error, hasRecord) => {
    expect(refusedWrite(error, hasRecord)).toEqual({ kind: 'conflict' });
  });

  it.each<[string, Error, string]>([
    ['an item of a transaction is', canceled(none, invalid), 'Item size has exceeded the limit'],
    ['the whole call is', named('ValidationException'), 'of DynamoDB'],
  ])('can never be accepted when %s invalid', (_, error, expected) => {
    const refuse = () => refusedWrite(error, true);
    expect(refuse).toThrow(Unprocessable);
    expect(refuse).toThrow(`DynamoDB refused the write: ${expected}`);
  });

  it.each<[string, Error]>([
    ['throttling', new ProvisionedThroughputExceededException(base)],
    ['throttling in a transaction', canceled(none, throttled)],
    ['a transaction without reasons', canceled()],
    ['another error of the service', named('InternalServerError')],
    ['an error that is not of the service', new Error('socket hang up')],
  ])('because of %s is thrown on as it is, to be tried again', (_, error) => {
    const thrown = (() => {
      try {
        return refusedWrite(error, true);
      } catch (reason) {
        return reason;
      }
    })();
    expect(thrown).toBe(error);
  });

  it.each<[string, Error]>([
    ['a put', checkFailed()],
    ['a transaction', canceled(failed)],
  ])('is no duplicate when %s does not say of which record', (_, error) => {
    expect(() => refusedWrite(error, true)).toThrow('did not return the event record');
  });
});
