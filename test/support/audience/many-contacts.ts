import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Contact } from '#shared/audience/person/person.ts';
import { shardOf } from '#shared/store/dynamo.ts';

const atOnce = 25;

/** Contacts that lists and files show, for tests that need thousands: without the words by which they are found. */
export async function putContacts(
  db: DynamoDBDocumentClient,
  table: string,
  contacts: readonly Contact[],
): Promise<void> {
  for (let start = 0; start < contacts.length; start += atOnce) {
    const puts = contacts.slice(start, start + atOnce).map((contact) => {
      const shard = shardOf(contact.contactId);
      const groupShard = contact.userGroup && `${shard}#${contact.userGroup}`;
      const Item = { ...contact, creationShard: shard, groupShard, revision: contact.contactId };
      return { PutRequest: { Item } };
    });
    const { UnprocessedItems = {} } = await db.send(
      new BatchWriteCommand({ RequestItems: { [table]: puts } }),
    );
    if (Object.keys(UnprocessedItems).length > 0) throw new Error('Not all contacts are written.');
  }
}
