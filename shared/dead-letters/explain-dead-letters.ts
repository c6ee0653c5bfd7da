import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type FailureRow, failureRowOf } from '#shared/aws/failure-row.ts';
import { rowsOf } from '#shared/aws/rows-of.ts';
import type { DeadLetter } from './dead-letter.ts';

/** A dead letter with why it died, if that was kept, and whom it is about, if that is known. */
export type ExplainedLetter = DeadLetter & Readonly<{ failure: FailureRow | undefined }>;

export type ExplainLetters = (letters: readonly DeadLetter[]) => Promise<ExplainedLetter[]>;

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
