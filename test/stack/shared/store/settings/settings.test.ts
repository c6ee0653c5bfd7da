import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { defaultSettings, storedSettings } from '#shared/audience/settings/settings.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoSettings, dynamoSettingsReadOnly } from '#shared/store/settings/settings.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createPlainTable } from '#test/support/cloud/plain-table.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const saved = { ...defaultSettings, version: 7, customerDeleted: 'keep' };

async function emptyTable() {
  const table = await createPlainTable(dynamo.client, 'name');
  const db = documentClient(dynamo.client);
  return {
    table,
    put: (document: object) =>
      db.send(new PutCommand({ TableName: table, Item: { name: 'settings', ...document } })),
    document: async () =>
      (await db.send(new GetCommand({ TableName: table, Key: { name: 'settings' } }))).Item,
  };
}

describe('the settings document', () => {
  it('is written with the defaults where there is none', async () => {
    const { table, document } = await emptyTable();
    expect(await dynamoSettings(documentClient(dynamo.client), table)()).toEqual(defaultSettings);
    // What nobody has set of optional events is left out: version 0.1.0 knows none of them.
    expect(await document()).toEqual({ name: 'settings', ...storedSettings(defaultSettings) });
  });

  it('counts with its defaults, and is not written, for those who may not write it', async () => {
    const { table, put, document } = await emptyTable();
    const read = dynamoSettingsReadOnly(documentClient(dynamo.client), table);
    expect(await read()).toEqual(defaultSettings);
    expect(await document()).toBeUndefined();
    await put(saved);
    expect(await read()).toEqual(saved);
    await put({ ...saved, newContacts: 'perhaps' });
    await expect(read()).rejects.toThrow('newContacts');
  });

  it('is read as it was saved', async () => {
    const { table, put } = await emptyTable();
    await put(saved);
    expect(await dynamoSettings(documentClient(dynamo.client), table)()).toEqual(saved);
  });

  it('that someone saves just before the defaults are written stays, and is what is read', async () => {
    const { table, put, document } = await emptyTable();
    const client = new DynamoDBClient(dynamo.config);
    onTestFinished(() => client.destroy());
    let lostRaces = 0;
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'PutItemCommand') {
            lostRaces += 1;
            await put(saved);
          }
          return next(args);
        },
      { step: 'initialize' },
    );
    expect(await dynamoSettings(documentClient(client), table)()).toEqual(saved);
    expect(lostRaces).toBe(1);
    expect(await document()).toEqual({ name: 'settings', ...saved });
  });

  it.each([
    ['one field', { newContacts: 'perhaps' }, 'newContacts'],
    [
      'several fields',
      {
        version: -1,
        events: {
          ...defaultSettings.events,
          'order.paid': { ...defaultSettings.events['order.paid'], enabled: 'yes' },
        },
      },
      'version, events.order.paid.enabled',
    ],
  ])('that is not valid is refused with a sentence that names %s', async (_, spoilt, fields) => {
    const { table, put, document } = await emptyTable();
    await put({ ...defaultSettings, ...spoilt });
    const before = await document();
    await expect(dynamoSettings(documentClient(dynamo.client), table)()).rejects.toThrow(
      `The document "settings" in table Settings is not valid. Look at: ${fields}.`,
    );
    expect(await document()).toEqual(before);
  });
});
