import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import * as z from 'zod';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import { createTables } from '#infra/local/emulators/dynamo.ts';
import type { AudienceTables } from '#shared/store/audience/audience-store.ts';

const templateSchema = z.object({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string() })),
});

/**
 * Creates the tables of the stack, or those with these logical ids, empty, under names of their own. Gives the name of
 * each by its logical id.
 */
export async function createStackTables(client: DynamoDBClient, ...only: readonly string[]) {
  const { Resources } = templateSchema.parse(inject('stackTemplate'));
  const tables = Object.entries(Resources).filter(
    ([id, { Type }]) => Type === 'AWS::DynamoDB::Table' && (only.length === 0 || only.includes(id)),
  );
  const template = templateOf(`Test${randomUUID().slice(0, 8)}`, {
    Resources: Object.fromEntries(tables),
    Outputs: {},
  });
  const names = await createTables(client, localIdentities(template, { sqs: '', http: '' }), {
    areNew: true,
  });
  return (id: string) => {
    const name = names[id];
    if (name === undefined) throw new Error(`The stack has no table ${id}`);
    return name;
  };
}

/** The tables of the audience store, by the names that `createStackTables` gave. */
export function audienceTables(tableOf: (id: string) => string): AudienceTables {
  return {
    customers: tableOf('Customers'),
    addresses: tableOf('Addresses'),
    contacts: tableOf('Contacts'),
    suppressions: tableOf('Suppressions'),
    events: tableOf('Events'),
    acts: tableOf('Acts'),
    runs: tableOf('Runs'),
    emails: tableOf('Emails'),
    words: tableOf('Words'),
    workflows: tableOf('Workflows'),
  };
}
