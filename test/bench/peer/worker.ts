import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { SQSEvent } from 'aws-lambda';
import { handler as receive } from './ingest.ts';

/*
 * The same peer with `lib-dynamodb`: reads the contact of each event and writes it again, one after another, without
 * a record, versions, consent or workflows.
 */
const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env['CONTACTS_TABLE'];

export async function handler({ Records }: SQSEvent) {
  for (const { body } of Records) {
    const { data } = JSON.parse(body);
    const customer = data.customer ?? data;
    const email = String(customer.email).toLowerCase();
    const { Item } = await db.send(new GetCommand({ TableName, Key: { email } }));
    const contact = { ...Item, email, name: customer.name, customerId: customer.id };
    await db.send(new PutCommand({ TableName, Item: contact }));
  }
  return { batchItemFailures: [] };
}

export { receive };
