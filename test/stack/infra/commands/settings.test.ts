import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withSetting } from '#infra/commands/settings/values.ts';
import { setSetting, showSettings } from '#infra/commands/settings/verbs.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { defaultSettings } from '#shared/audience/settings.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { saveSettings, settingsOfVersion } from '#shared/store/settings-history.ts';
import { startDynamo } from '#test/support/emulators.ts';
import { createStackTables } from '#test/support/stack-tables.ts';

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
  table = (await createStackTables(dynamo.client))('Settings');
});

const set = (path: string, value: string) => setSetting(db(), table, { path, value }, print);

async function document() {
  const get = new GetCommand({ TableName: table, Key: { name: 'settings' } });
  return (await db().send(get)).Item;
}

describe('npm run settings', () => {
  it('shows the defaults of a fresh deployment, and asks for a postal address', async () => {
    await showSettings(db(), table, { print });
    expect(printed).toContain('newContacts      subscribed');
    expect(printed).toContain('postalAddress    none');
    expect(printed.join('\n')).toMatch(/^order\.paid +on +on +on +on +none +new-contacts$/m);
    expect(printed.join('\n')).toContain('npm run settings -- set postalAddress');
    expect(await document()).toEqual({ name: 'settings', ...defaultSettings });
  });

  it('shows all of them as one document, also what is not set', async () => {
    const found: object[] = [];
    await showSettings(db(), table, { print, document: (one) => found.push(one) });
    expect(found).toEqual([
      expect.objectContaining({ version: 0, newContacts: 'subscribed', postalAddress: null }),
    ]);
    expect(found[0]).toHaveProperty(['events', 'order.paid'], {
      ...{ enabled: true, trigger: true, fullName: true, externalId: true },
      ...{ userGroup: null, userGroupMode: 'new-contacts' },
    });
    expect(printed).toEqual([]);
  });

  it('sets the time zone and the language of emails, and refuses what is none', async () => {
    await set('timeZone', 'Europe/Berlin');
    await set('language', 'de');
    expect(await document()).toMatchObject({
      version: 2,
      timeZone: 'Europe/Berlin',
      language: 'de',
    });
    await expect(set('timeZone', 'Berlin')).rejects.toThrow(
      /^timeZone cannot be "Berlin"\. A time/,
    );
    await expect(set('language', 'english')).rejects.toThrow(/^language cannot be "english"\./);
  });

  it('sets values one by one, each with a version of its own', async () => {
    await set('postalAddress', 'Example Shop\\nStreet 1');
    await set('events.subscription.past_due.trigger', 'off');
    await set('events.order.paid.userGroup', 'buyers');
    expect(await document()).toMatchObject({
      version: 3,
      postalAddress: 'Example Shop\nStreet 1',
      events: {
        'order.paid': { userGroup: 'buyers', enabled: true },
        'subscription.past_due': { trigger: false, userGroup: null },
      },
    });
    await set('events.order.paid.userGroup', 'none');
    expect(await document()).toMatchObject({
      version: 4,
      events: { 'order.paid': { userGroup: null } },
    });
  });

  it('writes nothing when the value is that already', async () => {
    await set('customerDeleted', 'keep');
    await set('customerDeleted', 'keep');
    expect(printed.at(-1)).toBe('customerDeleted is that already: nothing was changed.');
    expect(await document()).toMatchObject({ version: 1 });
  });

  it('does not overwrite what someone else saved meanwhile', async () => {
    await set('customerDeleted', 'keep');
    const stale = { ...defaultSettings, version: 1 };
    const saved = { at: new Date(), by: 'somebody' };
    expect(await saveSettings(db(), table, stale, saved)).toBe(false);
    expect(await document()).toMatchObject({ customerDeleted: 'keep' });
  });

  it('keeps every version for those who ask later what was decided with it', async () => {
    await set('customerDeleted', 'keep');
    await set('customerDeleted', 'delete');

    const versions = await Promise.all(
      [0, 1, 2, 3].map((version) => settingsOfVersion(db(), table, version)),
    );
    expect(versions.map((one) => one?.customerDeleted)).toEqual([
      'unsubscribe',
      'keep',
      'delete',
      undefined,
    ]);
    expect(versions[2]).toMatchObject({ savedBy: 'the command line' });
  });

  it('says which field of the document is not valid', async () => {
    const Item = { name: 'settings', ...defaultSettings, newContacts: 'maybe' };
    await db().send(new PutCommand({ TableName: table, Item }));
    await expect(showSettings(db(), table, { print })).rejects.toThrow(Advice);
    await expect(set('customerDeleted', 'keep')).rejects.toThrow(/Look at: newContacts/);
  });
});

it.each([
  ['postaladress', 'x', /^There is no setting postaladress: it is one of newContacts/],
  ['version', '7', /^There is no setting version/],
  ['events', 'x', /^There is no setting events/],
  ['events.order.refunded.enabled', 'on', /names no event: it is one of customer\.created/],
  ['events.order.paid', 'on', /needs a field of order\.paid: it is one of enabled/],
  ['events.order.paidx.enabled', 'on', /names no event/],
  ['events.order.paid.toString', 'on', /needs a field/],
  ['events.order.paid.enabled', 'yes', /is on or off, not "yes"/],
  ['events.order.paid.userGroupMode', 'never', /is new-contacts or always, not "never"/],
  ['events.order.paid.userGroup', 'x'.repeat(101), /1 to 100 characters/],
  ['customerDeleted', 'forget', /is unsubscribe or delete or keep, not "forget"/],
  ['postalAddress', '  ', /cannot be empty: say none/],
  ['postalAddress', 'x'.repeat(501), /500 characters/],
])('set %s %s is refused with a sentence', (path, value, sentence) => {
  expect(() => withSetting(defaultSettings, path, value)).toThrow(Advice);
  expect(() => withSetting(defaultSettings, path, value)).toThrow(sentence);
});
