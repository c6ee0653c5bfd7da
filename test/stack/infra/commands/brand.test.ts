import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { brandVerbs } from '#infra/commands/settings/brand-verbs.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoBrand } from '#shared/store/settings/brand.ts';
import { keptBrand, replaceDocument } from '#shared/store/settings/kept-versions.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let table: string;
let printed: string[];
const db = () => documentClient(dynamo.client);
const print = (line: string) => void printed.push(line);

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  printed = [];
  table = (await createStackTables(dynamo.client, 'Settings'))('Settings');
});

function does(document?: (found: object) => void) {
  const now = () => new Date('2026-11-29T10:00:00Z');
  return brandVerbs({ db: db(), table, person: 'anna', options: '', now, print, document });
}
const item = async (name: string) =>
  (await db().send(new GetCommand({ TableName: table, Key: { name } }))).Item;

describe('npm run brand', () => {
  it('shows that nothing is set, without writing anything, and how to begin', async () => {
    expect(await does().show()).toBe(true);
    expect(printed).toContain('name            none');
    expect(printed.at(-1)).toBe('  npm run brand -- set name "Example Shop"');
    expect(await item('brand')).toBeUndefined();
  });

  it('sets one field after the other, each as a version that is kept', async () => {
    await does().set('name', ' Northlight ');
    await does().set('accent', 'E4572E');
    expect(printed).toContainEqual(expect.stringMatching(/^White text on it would be unreadable/));
    expect(await dynamoBrand(db(), table)()).toEqual({ name: 'Northlight', accent: '#e4572e' });
    expect(await item('brand#1')).toMatchObject({
      values: { name: 'Northlight' },
      savedBy: 'anna',
    });
    await does().set('accent', '#E4572E');
    expect(printed.at(-1)).toBe('accent already has this value. Nothing was changed.');
    await does().set('accent', 'none');
    expect(await item('brand')).toMatchObject({ version: 3, values: { name: 'Northlight' } });
  });

  it('is one document for programs', async () => {
    await does().set('website', 'https://northlight.example');
    const found: object[] = [];
    expect(await does((one) => void found.push(one)).show()).toBe(true);
    expect(found).toEqual([
      expect.objectContaining({
        version: 1,
        name: null,
        website: 'https://northlight.example',
        faults: [],
      }),
    ]);
  });

  it('has the postal address, time zone and language of the settings until it has its own', async () => {
    const settings = {
      ...defaultSettings,
      version: 1,
      postalAddress: 'Old Street 1',
      language: 'de',
    };
    const Item = { name: 'settings', ...settings };
    await db().send(new PutCommand({ TableName: table, Item }));
    const found: object[] = [];
    const shown = async () => {
      await does((one) => void found.push(one)).show();
      return found.pop();
    };
    await does().set('name', 'Northlight');
    expect(await shown()).toMatchObject({ postalAddress: 'Old Street 1', language: 'de' });
    await does().set('postalAddress', 'New Street 2\\nOslo');
    expect(await shown()).toMatchObject({
      ...{ name: 'Northlight', postalAddress: 'New Street 2\nOslo', language: 'de' },
    });
    await does().set('postalAddress', 'none');
    expect(await shown()).toMatchObject({ postalAddress: null });
    expect(await item('settings')).toEqual(Item);
    await does().restore(1);
    expect(await shown()).toMatchObject({ postalAddress: 'Old Street 1' });
    await does().set('postalAddress', 'Old Street 1');
    expect(printed.at(-1)).toBe('postalAddress already has this value. Nothing was changed.');
  });

  it.each([
    ['colour', '#e4572e', /^A brand has no colour\. Use one of name, logo/],
    ['postalAddress', 'x'.repeat(501), /A postal address has at most 500 characters/],
    ['timeZone', 'Berlin', /^timeZone can't be "Berlin"\. A time zone is a name/],
    ['language', 'en-u-ca-buddhist', /without extensions/],
    ['accent', 'red', /^accent can't be "red"\. It must be a color/],
    ['name', '  ', /^name can't be empty\. To remove it, pass none/],
  ])('refuses %s %j with a sentence, and writes nothing', async (field, value, sentence) => {
    await expect(does().set(field, value)).rejects.toThrow(sentence);
    expect(await item('brand')).toBeUndefined();
  });

  it('lists versions, takes all away, and puts a version back', async () => {
    await does().set('name', 'Northlight');
    await does().clear();
    expect(printed.at(-1)).toBe('To restore it:\n  npm run brand -- restore 1');
    expect(await dynamoBrand(db(), table)()).toEqual({});
    await does().restore(1);
    expect(await dynamoBrand(db(), table)()).toEqual({ name: 'Northlight' });
    printed = [];
    await does().restore(1);
    expect(printed).toEqual(['The brand is already as in version 1. Nothing was changed.']);
    printed = [];
    await does().history(2);
    expect(printed.slice(1, 3).map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      '3  2026-11-29T10:00:00.000Z  anna  name: none → Northlight',
      '2  2026-11-29T10:00:00.000Z  anna  name: Northlight → none',
    ]);
    await does().restore(0);
    expect(await dynamoBrand(db(), table)()).toEqual({});
  });

  it('keeps what marketing cannot go out without when all else is taken away', async () => {
    await does().set('name', 'Northlight');
    await does().set('postalAddress', 'Street 1');
    await does().clear();
    expect(await dynamoBrand(db(), table)()).toEqual({ postalAddress: 'Street 1' });
  });

  it('tells what a hand broke, which mails leave out, and mends it', async () => {
    await does().set('name', 'Northlight');
    const broken = { ...(await item('brand')), values: { name: 'Northlight', accent: 'red;x' } };
    await db().send(new PutCommand({ TableName: table, Item: broken }));
    expect(await dynamoBrand(db(), table)()).toEqual({ name: 'Northlight' });
    expect(await does().show()).toBe(false);
    expect(printed.at(-1)).toBe('  npm run brand -- set accent none');
    await does().set('accent', 'none');
    expect(await does().show()).toBe(true);
  });

  it('writes nothing where somebody else was first', async () => {
    const saved = { at: new Date(), by: 'grace' };
    const first = { seen: {}, next: { values: { name: 'Hers' } } };
    expect(await replaceDocument(db(), table, keptBrand, first, saved)).toBe(1);
    const second = { seen: {}, next: { values: { name: 'Mine' } } };
    expect(await replaceDocument(db(), table, keptBrand, second, saved)).toBeUndefined();
    expect(await dynamoBrand(db(), table)()).toEqual({ name: 'Hers' });
  });
});
