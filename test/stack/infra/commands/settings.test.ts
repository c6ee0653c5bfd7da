import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withSetting } from '#infra/commands/settings/values.ts';
import { settingsVerbs } from '#infra/commands/settings/verbs.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { defaultSettings, storedSettings } from '#shared/audience/settings/settings.ts';
import type { Followed } from '#shared/polar/connection/follow-settings.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoBrand } from '#shared/store/settings/brand.ts';
import { keptSettings, saveSettings, settingsOfVersion } from '#shared/store/settings/history.ts';
import { replaceDocument } from '#shared/store/settings/kept-versions.ts';
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
  follow = () => Promise.reject(new Error('nothing is to follow'));
  table = (await createStackTables(dynamo.client, 'Settings'))('Settings');
});

let follow: () => Promise<Followed>;
const stored = storedSettings(defaultSettings);

function does(document?: (found: object) => void) {
  const now = () => new Date('2026-11-29T10:00:00Z');
  const parts = { db: db(), table, person: 'anna', options: '', now, print, document };
  return settingsVerbs(parts, follow);
}
const set = (path: string, value: string) => does().set(path, value);

describe('an optional event', () => {
  const path = 'events.subscription.updated.enabled';
  const added = 'Added to the endpoint in Polar: subscription.updated.';

  it('is switched on, and the endpoint in Polar follows', async () => {
    follow = async () => ({ isBehind: false, sentences: [added] });
    expect(await set(path, 'on')).toBe(true);
    expect(printed).toEqual([expect.stringContaining('is set'), expect.any(String), added]);
    expect(Object(await document()).events).toMatchObject({
      'subscription.updated': { enabled: true, trigger: true },
    });
  });

  it('that the endpoint did not follow is saved, and the command says what to do', async () => {
    follow = async () => ({ isBehind: true, sentences: ['Polar is down.'] });
    expect(await set(path, 'on')).toBe(false);
    expect(printed.slice(-2)).toEqual(['Polar is down.', '  npm run connect -- --repair']);
    expect(Object(await document()).events).toHaveProperty('subscription.updated');
  });

  it('follows an earlier version that is put back, too', async () => {
    let asked = 0;
    follow = async () => {
      asked += 1;
      return { isBehind: false, sentences: [] };
    };
    await set(path, 'on');
    await set('newContacts', 'unsubscribed');
    expect(asked).toBe(1);
    expect(await does().restore(0)).toBe(true);
    expect(asked).toBe(2);
  });
});

async function document() {
  const get = new GetCommand({ TableName: table, Key: { name: 'settings' } });
  return (await db().send(get)).Item;
}

describe('npm run settings', () => {
  it('shows the defaults of a fresh deployment, and asks for a postal address', async () => {
    expect(await does().show()).toBe(true);
    expect(printed).toContain('newContacts      subscribed');
    expect(printed).toContain('postalAddress    none');
    expect(printed.join('\n')).toMatch(/^order\.paid +on +on +on +on +none +new-contacts$/m);
    expect(printed.join('\n')).toContain('npm run brand -- set postalAddress');
    expect(await document()).toEqual({ name: 'settings', ...stored });
  });

  it('shows all of them as one document, also what is not set', async () => {
    const found: object[] = [];
    expect(await does((one) => void found.push(one)).show()).toBe(true);
    expect(found).toEqual([
      expect.objectContaining({ version: 0, newContacts: 'subscribed', postalAddress: null }),
    ]);
    expect(found[0]).toHaveProperty('faults', []);
    expect(found[0]).toHaveProperty(['events', 'order.paid'], {
      ...{ enabled: true, trigger: true, fullName: true, externalId: true },
      ...{ userGroup: null, userGroupMode: 'new-contacts' },
    });
    expect(printed).toEqual([]);
  });

  it('sets what is part of the brand now there, says so, and shows what counts', async () => {
    await set('timeZone', 'Europe/Berlin');
    expect(printed[0]).toBe(
      "timeZone is part of the brand now, so it's set there (npm run brand -- set timeZone).",
    );
    await set('language', 'de');
    await set('postalAddress', 'Example Shop\\nStreet 1');
    expect(await document()).toEqual({ name: 'settings', ...stored });
    expect(await dynamoBrand(db(), table)()).toEqual({
      ...{ timeZone: 'Europe/Berlin', language: 'de', postalAddress: 'Example Shop\nStreet 1' },
    });
    const found: object[] = [];
    await does((one) => void found.push(one)).show();
    expect(found).toEqual([
      expect.objectContaining({ language: 'de', postalAddress: 'Example Shop\nStreet 1' }),
    ]);
    printed = [];
    await does().show();
    expect(printed).toContain('timeZone         Europe/Berlin');
    expect(printed.at(-1)).toContain('are part of the brand: npm run brand -- show');
    await expect(set('timeZone', 'Berlin')).rejects.toThrow(/^timeZone can't be "Berlin"\. A time/);
    await expect(set('language', 'english')).rejects.toThrow(/^language can't be "english"\./);
  });

  it('sets how many emails a mailbox gets in a day, and refuses what is no such number', async () => {
    await set('dailyLimit', '25');
    expect(await document()).toMatchObject({ version: 1, dailyLimit: 25 });
    await expect(set('dailyLimit', 'many')).rejects.toThrow(
      'dailyLimit can\'t be "many". It must be a whole number from 1 to 1000.',
    );
  });

  it('sets values one by one, each with a version of its own', async () => {
    await set('dailyLimit', '9');
    await set('events.subscription.past_due.trigger', 'off');
    await set('events.order.paid.userGroup', 'buyers');
    expect(await document()).toMatchObject({
      version: 3,
      dailyLimit: 9,
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

  it('writes nothing when the setting already has the value', async () => {
    await set('customerDeleted', 'keep');
    await set('customerDeleted', 'keep');
    expect(printed.at(-1)).toBe('customerDeleted already has this value. Nothing was changed.');
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
    expect(versions[2]).toMatchObject({ savedBy: 'anna' });
  });
});

describe('settings that are not valid', () => {
  const put = (document: object) =>
    db().send(new PutCommand({ TableName: table, Item: { name: 'settings', ...document } }));

  /** As somebody left them who edited the table by hand. */
  async function edited(change: object, events: object = {}) {
    const before = await document();
    await put({ ...before, ...change, events: { ...before?.['events'], ...events } });
  }

  const orderPaid = defaultSettings.events['order.paid'];

  it('are shown with the field at fault and both ways out', async () => {
    await set('customerDeleted', 'keep');
    await edited({ newContacts: 'maybe' });
    printed = [];
    expect(await does().show()).toBe(false);
    expect(printed).toContain('newContacts      maybe');
    expect(printed).toContain('customerDeleted  keep');
    expect(printed).toContain(
      '  newContacts: it is "maybe", and must be subscribed or unsubscribed.',
    );
    expect(printed.at(-3)).toBe('  npm run settings -- set newContacts <value>');
    expect(printed.at(-1)).toBe('  npm run settings -- restore 1');
  });

  it('are shown as one document too', async () => {
    const found: object[] = [];
    await put({ ...defaultSettings, version: 3, newContacts: 'maybe' });
    expect(await does((one) => void found.push(one)).show()).toBe(false);
    const [fault] = [{ setting: 'newContacts', problem: expect.stringContaining('"maybe"') }];
    expect(found).toEqual([
      expect.objectContaining({ version: 3, newContacts: 'maybe', faults: [fault] }),
    ]);
  });

  it('are mended one after the other, and each step says what is left', async () => {
    await set('customerDeleted', 'keep');
    const unknown = { 'refund.created': orderPaid };
    await edited(
      { newContacts: 'maybe', language: 7 },
      { 'order.paid': { ...orderPaid, enabled: 'yes', userGroup: undefined }, ...unknown },
    );
    const left = async (path: string, value: string) => {
      printed = [];
      await set(path, value);
      const faults = printed.filter((line) => /^ {2}(newC|lang|events)/.test(line));
      return faults.map((line) => line.trim().split(':')[0]);
    };
    expect(await left('newContacts', 'unsubscribed')).toEqual([
      ...['language', 'events.order.paid.enabled', 'events.order.paid.userGroup'],
      'events.refund.created',
    ]);
    expect(await left('events.order.paid.enabled', 'off')).toHaveLength(3);
    expect(await left('events.refund.created', 'none')).toHaveLength(2);
    expect(await left('events.order.paid.userGroup', 'none')).toEqual(['language']);
    expect(await left('language', 'de')).toEqual([]);
    expect(printed.at(-1)).toMatch(/^They're valid again, /);
    expect(await document()).toMatchObject({
      version: 6,
      newContacts: 'unsubscribed',
      customerDeleted: 'keep',
      language: 'de',
      events: {
        ...stored.events,
        'order.paid': { ...orderPaid, enabled: false, userGroup: null },
      },
    });
    expect((await document())?.['events']).not.toHaveProperty(['refund.created']);
  });

  it('take no value that is wrong itself', async () => {
    await edited({ newContacts: 'maybe' });
    await expect(set('newContacts', 'perhaps')).rejects.toThrow(
      /must be subscribed or unsubscribed/,
    );
    await expect(set('events.order.paid.userGroup', 'x'.repeat(101))).rejects.toThrow(/1 to 100/);
    expect(await document()).toMatchObject({ newContacts: 'maybe' });
  });

  it('without a version get the next one, and no kept version is written over', async () => {
    await set('customerDeleted', 'keep');
    await set('customerDeleted', 'delete');
    await edited({ version: 'two' });
    await set('customerDeleted', 'delete');
    expect(await document()).toMatchObject({ version: 3, customerDeleted: 'delete' });
    expect(await settingsOfVersion(db(), table, 2)).toMatchObject({ customerDeleted: 'delete' });
  });

  it('are mended where even the events are gone', async () => {
    await put({ version: 0, newContacts: 'subscribed', customerDeleted: 'keep', events: 'none' });
    await set('events.order.paid.enabled', 'off');
    expect(await document()).toMatchObject({ events: { 'order.paid': { enabled: false } } });
    await does().restore(0);
    expect(await document()).toMatchObject({ ...defaultSettings, version: 2 });
  });

  it('are not overwritten where a hand changed them meanwhile', async () => {
    await edited({ newContacts: 'maybe' });
    const seen = await document();
    await edited({ postalAddress: 'Street 1' });
    const next = { ...defaultSettings };
    const saved = { at: new Date(), by: 'anna' };
    const change = { seen: seen ?? {}, next };
    expect(await replaceDocument(db(), table, keptSettings, change, saved)).toBe(undefined);
    expect(await document()).toMatchObject({ newContacts: 'maybe', postalAddress: 'Street 1' });
  });
});

describe('the versions of the settings', () => {
  it('are listed with who saved them and what changed', async () => {
    await set('newContacts', 'unsubscribed');
    await set('dailyLimit', '20');
    printed = [];
    await does().history(50);
    expect(printed.slice(0, 4).map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      'VERSION  SAVED  BY  CHANGED',
      '2  2026-11-29T10:00:00.000Z  anna  dailyLimit: 10 → 20',
      '1  2026-11-29T10:00:00.000Z  anna  newContacts: subscribed → unsubscribed',
      '0  the defaults',
    ]);
    expect(printed.at(-1)).toBe('\nTo restore one:\n  npm run settings -- restore 1');
  });

  it('are one document with what a hand changed after the last', async () => {
    await set('newContacts', 'unsubscribed');
    await db().send(
      new PutCommand({ TableName: table, Item: { ...(await document()), newContacts: 'maybe' } }),
    );
    const found: object[] = [];
    await does((one) => void found.push(one)).history(1);
    const change = { setting: 'newContacts', from: 'subscribed', to: 'unsubscribed' };
    expect(found).toEqual([
      {
        present: {
          version: 1,
          isValid: false,
          changes: [{ ...change, from: 'unsubscribed', to: 'maybe' }],
        },
        versions: [
          {
            version: 1,
            savedAt: '2026-11-29T10:00:00.000Z',
            savedBy: 'anna',
            isValid: true,
            changes: [change],
          },
        ],
      },
    ]);
  });

  it('come back as a new version', async () => {
    await set('newContacts', 'unsubscribed');
    await set('customerDeleted', 'keep');
    printed = [];
    await does().restore(1);
    expect(printed.slice(0, 2)).toEqual([
      'Version 1 is restored as version 3. What changed:',
      '  customerDeleted: keep → unsubscribe',
    ]);
    expect(await document()).toMatchObject({ version: 3, newContacts: 'unsubscribed' });
    await does().restore(1);
    expect(printed.at(-1)).toMatch(/already as in version 1\. Nothing was changed/);
    await expect(does().restore(9)).rejects.toThrow(/^There's no version 9\./);
  });

  it('do not come back where they are not valid themselves', async () => {
    const kept = { ...defaultSettings, name: 'settings#1', version: 1, language: 7 };
    await db().send(new PutCommand({ TableName: table, Item: kept }));
    await expect(does().restore(1)).rejects.toThrow(
      /^Version 1 isn't valid itself \(language\), .* The last valid one is 0\.$/,
    );
    expect(await settingsOfVersion(db(), table, 1)).toBeUndefined();
  });
});

it.each([
  ['postaladress', 'x', /^There's no setting postaladress\. Use one of newContacts/],
  ['version', '7', /^There's no setting version/],
  ['events', 'x', /^There's no setting events/],
  ['events.refund.created.enabled', 'on', /doesn't name an event\. Use one of customer\.created/],
  ['events.order.paid', 'on', /needs a field of order\.paid\. Use one of enabled/],
  ['events.order.paidx.enabled', 'on', /doesn't name an event/],
  ['events.order.paid.toString', 'on', /needs a field/],
  ['events.order.paid.enabled', 'yes', /must be on or off, not "yes"/],
  ['events.order.paid.userGroupMode', 'never', /must be new-contacts or always, not "never"/],
  ['events.order.paid.userGroup', 'x'.repeat(101), /1 to 100 characters/],
  ['customerDeleted', 'forget', /must be unsubscribe or delete or keep, not "forget"/],
  ['postalAddress', '  ', /can't be empty\. To remove it, pass none/],
  ['postalAddress', 'x'.repeat(501), /500 characters/],
])('set %s %s is refused with a sentence', (path, value, sentence) => {
  expect(() => withSetting(defaultSettings, path, value)).toThrow(Advice);
  expect(() => withSetting(defaultSettings, path, value)).toThrow(sentence);
});
