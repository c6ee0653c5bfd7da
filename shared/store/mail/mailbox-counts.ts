import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Counted } from '#shared/audience/emails/email.ts';
import { mostMarketingADay, type Quota } from '#shared/audience/emails/mailbox.ts';

type Update = NonNullable<
  NonNullable<TransactWriteCommandInput['TransactItems']>[number]['Update']
>;

const dayMs = 24 * 3_600_000;

/** Takes one of what the mailbox gets on this day; part of the transaction that reserves the email. */
export function takeOne(table: string, { key, isMarketing, mails }: Quota): Update {
  const mostMarketing = { ':mostMarketing': mostMarketingADay };
  return {
    TableName: table,
    Key: { mailboxDay: key },
    UpdateExpression: `SET expiresAt = :expiresAt ADD mails :one${isMarketing ? ', marketing :one' : ''}`,
    ConditionExpression: `(attribute_not_exists(mails) OR mails < :most)${isMarketing ? ' AND (attribute_not_exists(marketing) OR marketing < :mostMarketing)' : ''}`,
    ExpressionAttributeValues: {
      ':one': 1,
      ':most': mails,
      ':expiresAt': expiresAt(key),
      ...(isMarketing && mostMarketing),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/** Gives it back, on the same day; part of the transaction that ends the reservation. */
export function giveBack(table: string, { key, isMarketing }: Counted): Update {
  return {
    TableName: table,
    Key: { mailboxDay: key },
    UpdateExpression: `ADD mails :less${isMarketing ? ', marketing :less' : ''}`,
    ConditionExpression: 'attribute_exists(mailboxDay)',
    ExpressionAttributeValues: { ':less': -1 },
  };
}

/** In seconds since 1970: when nobody gives anything back any more. */
function expiresAt(key: string): number {
  const day = key.slice(key.lastIndexOf('#') + 1);
  return (Date.parse(day) + 3 * dayMs) / 1_000;
}
