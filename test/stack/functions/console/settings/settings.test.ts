import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  defaultSettings,
  type Settings,
  storedSettings,
} from '#shared/audience/settings/settings.ts';
import { saveSettings, settingsOfVersion } from '#shared/store/settings/history.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';

let desk: Awaited<ReturnType<typeof startConsole>>;

beforeAll(async () => {
  desk = await startConsole();
});
afterAll(() => desk.stop());
beforeEach(async () => {
  const TableName = desk.tableOf('Settings');
  for (const { name } of await desk.items('Settings')) {
    await desk.db.send(new DeleteCommand({ TableName, Key: { name } }));
  }
});

const page = '/console/settings';
const save = page;
const document = () => desk.item('Settings', { name: 'settings' });

/** The fields that a browser would post of the form for settings on this page, with some changed; null: not ticked. */
function fields(html: string, changed: Record<string, string | null> = {}) {
  const values: Record<string, string> = {};
  const attribute = (node: DefaultTreeAdapterTypes.Element, name: string) =>
    node.attrs.find((one) => one.name === name)?.value;
  const visit = (node: DefaultTreeAdapterTypes.Node, form?: string): void => {
    if (!('childNodes' in node)) return;
    const inside = 'tagName' in node && node.tagName === 'form' ? attribute(node, 'action') : form;
    if ('tagName' in node && inside === save) take(node);
    for (const child of node.childNodes) visit(child, inside);
  };
  const take = (node: DefaultTreeAdapterTypes.Element): void => {
    const name = attribute(node, 'name');
    if (name === undefined) return;
    if (node.tagName === 'input') {
      const type = attribute(node, 'type') ?? '';
      const isLeftOut =
        ['checkbox', 'radio'].includes(type) && attribute(node, 'checked') === undefined;
      if (!isLeftOut) values[name] = attribute(node, 'value') ?? '';
    }
    if (node.tagName === 'textarea') {
      values[name] = node.childNodes.map((one) => ('value' in one ? one.value : '')).join('');
    }
    if (node.tagName === 'select') {
      const options = node.childNodes.filter((one) => 'tagName' in one && one.tagName === 'option');
      const all = options.filter((one): one is DefaultTreeAdapterTypes.Element => 'tagName' in one);
      const chosen = all.find((one) => attribute(one, 'selected') !== undefined) ?? all[0];
      values[name] = (chosen && attribute(chosen, 'value')) ?? '';
    }
  };
  visit(parse(html));
  const merged: Record<string, string | null> = { ...values, ...changed };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

const opened = async (changed: Record<string, string | null> = {}) =>
  fields((await desk.get(page)).html, changed);

async function someoneSaves(change: Partial<Settings>, by = 'arn:aws:iam::1:user/bea') {
  const { version } = await desk.parts.settings();
  const settings = { ...(await desk.parts.settings()), ...change, version: version + 1 };
  expect(
    await saveSettings(desk.db, desk.tableOf('Settings'), settings, { at: new Date(), by }),
  ).toBe(true);
}

const withEvent = (type: keyof Settings['events'], change: object): Pick<Settings, 'events'> => ({
  events: { ...defaultSettings.events, [type]: { ...defaultSettings.events[type], ...change } },
});

describe('the settings', () => {
  it('are found under their old address, too', async () => {
    const { status, location } = await desk.get('/console/polar/settings');
    expect([status, location]).toEqual([301, page]);
  });

  it('say what a group does where it is set', async () => {
    const group = (type: string) => ({
      [`events.${type}.userGroup`]: 'buyers',
      [`events.${type}.userGroupMode`]: type === 'order.paid' ? 'always' : 'new-contacts',
    });
    const changed = { ...group('order.paid'), ...group('subscription.created') };
    const { text } = await desk.submit(save, await opened(changed));
    const effects = text.match(/(Moves|Puts) [^.]+\./g);
    expect(effects).toEqual([
      'Moves every contact with this event to “buyers”.',
      'Puts contacts in “buyers” if the event comes within a day of their first.',
    ]);
  });

  it('keep what another page edits, and show it only to be mended', async () => {
    await someoneSaves({ postalAddress: 'Street 1', timeZone: 'Europe/Berlin' });
    expect((await desk.get(page)).text).not.toContain('Street 1');
    await desk.submit(save, await opened({ customerDeleted: 'keep' }));
    expect(await document()).toMatchObject({
      customerDeleted: 'keep',
      postalAddress: 'Street 1',
      timeZone: 'Europe/Berlin',
    });
  });

  it('are saved all at once, as a version of their own with who saved them', async () => {
    const answer = await desk.submit(
      save,
      await opened({
        'events.order.paid.enabled': null,
        'events.customer.created.trigger': null,
        'events.subscription.active.fullName': null,
        'events.subscription.active.externalId': null,
        'events.order.paid.userGroup': '  buyers ',
        'events.order.paid.userGroupMode': 'always',
        customerDeleted: 'keep',
        newContacts: 'unsubscribed',
        postalAddress: ' Example Shop\r\nStreet 1 \r\nCity\r\n',
      }),
    );
    expect(answer.text).toContain('Saved 9 settings. They apply within 30 seconds.');
    const { events } = storedSettings(defaultSettings);
    const expected = {
      version: 1,
      newContacts: 'unsubscribed',
      customerDeleted: 'keep',
      postalAddress: 'Example Shop\nStreet 1\nCity',
      events: {
        ...events,
        'order.paid': {
          ...defaultSettings.events['order.paid'],
          enabled: false,
          userGroup: 'buyers',
          userGroupMode: 'always',
        },
        'customer.created': { ...defaultSettings.events['customer.created'], trigger: false },
        'subscription.active': {
          ...defaultSettings.events['subscription.active'],
          fullName: false,
          externalId: false,
        },
      },
    };
    expect(await document()).toMatchObject(expected);
    expect(await settingsOfVersion(desk.db, desk.tableOf('Settings'), 1)).toMatchObject({
      ...expected,
      savedBy: 'local',
    });
    expect(fields(answer.html)).toMatchObject({ version: '1', customerDeleted: 'keep' });
  });

  it('come back as they are when nothing was changed, and no version is made of it', async () => {
    const answer = await desk.submit(save, await opened());
    expect(answer.text).toContain('Nothing was changed.');
    expect(await document()).toMatchObject({ version: 0 });
    expect(await desk.item('Settings', { name: 'settings#1' })).toBeUndefined();
  });

  it('takes a group away again where its field is emptied', async () => {
    await desk.submit(save, await opened({ 'events.order.paid.userGroup': 'buyers' }));
    await desk.submit(save, await opened({ 'events.order.paid.userGroup': ' ' }));
    expect(await document()).toMatchObject({
      version: 2,
      events: { 'order.paid': { userGroup: null } },
    });
  });

  it('saves nothing while something is wrong, says where, and keeps what was typed', async () => {
    const long = 'x'.repeat(101);
    const answer = await desk.post(
      save,
      await opened({
        'events.order.paid.userGroup': long,
        'events.order.paid.userGroupMode': 'never',
        'events.customer.updated.enabled': null,
        customerDeleted: 'forget',
        postalAddress: 'y'.repeat(501),
      }),
    );
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Nothing was saved. 4 things are wrong:');
    expect(answer.html).toContain('href="#events.order.paid.userGroup"');
    expect(answer.html).toContain('id="events.order.paid.userGroup-problem"');
    expect(answer.html).toContain('aria-invalid="true"');
    expect(answer.text).toContain('1 to 100 characters; this one has 101.');
    expect(answer.text).toContain('at most 500 characters; this one has 501.');
    expect(fields(answer.html)).toMatchObject({
      'events.order.paid.userGroup': long,
      postalAddress: 'y'.repeat(501),
      version: '0',
    });
    expect(fields(answer.html)).not.toHaveProperty('events.customer.updated.enabled');
    expect(await document()).toMatchObject({ version: 0 });
  });

  it('shows hostile texts as the text that they are', async () => {
    const hostile = `"><script>alert('x')</script>&amp;`;
    await desk.submit(
      save,
      await opened({ 'events.order.paid.userGroup': hostile, postalAddress: hostile }),
    );
    const { html } = await desk.get(page);
    expect(html).not.toContain('<script>alert');
    expect(fields(html)).toMatchObject({
      'events.order.paid.userGroup': hostile,
      postalAddress: hostile,
    });
    const mine = await opened({ 'events.order.paid.userGroup': `${hostile}2` });
    await someoneSaves(withEvent('order.paid', { userGroup: `${hostile}3` }));
    const overtaken = await desk.post(save, mine);
    expect(overtaken.status).toBe(409);
    expect(overtaken.html).not.toContain('<script>alert');
    expect(overtaken.text).toContain(`${hostile}3`);
  });

  it.each([
    ['no version', { version: null }],
    ['a version that is none', { version: '1; drop' }],
    ['no field for a text', { postalAddress: null }],
  ])('are left alone by a form with %s', async (_what, broken) => {
    const form = await opened({ ...broken, 'events.order.paid.enabled': null });
    const answer = await desk.submit(save, form);
    expect(answer.text).toContain('nothing was saved');
    expect(await document()).toMatchObject({ version: 0 });
  });

  it('are left alone by a form of another page', async () => {
    const form = await opened({ customerDeleted: 'keep' });
    await desk.get(page);
    const answer = await desk.postWithToken(save, 'a token of somebody else', form);
    expect(answer.status).toBe(403);
    expect(await document()).toMatchObject({ version: 0 });
  });
});

describe('the settings that are not valid', () => {
  const orderPaid = defaultSettings.events['order.paid'];
  const deleted = defaultSettings.events['customer.deleted'];
  const hand = async (change: object) =>
    desk.db.send(
      new PutCommand({
        TableName: desk.tableOf('Settings'),
        Item: { ...(await document()), ...change },
      }),
    );

  it('are marked on the page, and saving it mends them', async () => {
    await someoneSaves({ newContacts: 'unsubscribed', customerDeleted: 'keep' });
    await hand({
      newContacts: 'maybe',
      postalAddress: 'Street 1',
      events: {
        ...defaultSettings.events,
        'order.paid': { ...orderPaid, enabled: 'yes' },
        'customer.deleted': { ...deleted, userGroupMode: 'never', fullName: 'yes' },
        'refund.created': orderPaid,
      },
    });
    const { status, html, text } = await desk.get(page);
    expect(status).toBe(200);
    expect(text).toContain('The settings aren’t valid, and events wait until you fix them.');
    expect(text).toContain('5 things are wrong:');
    expect(text).toContain('New contacts: It is "maybe", and must be subscribed or unsubscribed.');
    expect(html).toContain('href="#events.order.paid.enabled"');
    expect(html).toContain('id="events.order.paid.enabled-problem"');
    expect(html).toContain('id="newContacts-problem"');
    // What is at fault is as it was saved last, all else as it is now.
    expect(fields(html)).toMatchObject({
      newContacts: 'unsubscribed',
      customerDeleted: 'keep',
      postalAddress: 'Street 1',
      'events.order.paid.enabled': 'on',
      version: '1',
    });

    const wrong = await desk.post(save, fields(html, { timeZone: 'Berlin' }));
    expect(wrong.status).toBe(422);
    expect(await document()).toMatchObject({ newContacts: 'maybe' });

    const answer = await desk.submit(save, fields(wrong.html, { timeZone: 'Europe/Berlin' }));
    expect(answer.text).toContain('They apply within 30 seconds.');
    expect(answer.text).not.toContain('not valid');
    const { name: _, events, ...general } = (await document()) ?? {};
    expect(events).toEqual(storedSettings(defaultSettings).events);
    expect(general).toMatchObject({
      version: 2,
      newContacts: 'unsubscribed',
      customerDeleted: 'keep',
      postalAddress: 'Street 1',
      timeZone: 'Europe/Berlin',
    });
    expect(await settingsOfVersion(desk.db, desk.tableOf('Settings'), 2)).toMatchObject(general);
  });

  it('are left alone by a form that was made from others', async () => {
    const valid = await opened({ customerDeleted: 'keep' });
    await hand({ newContacts: 'maybe' });
    const broken = await opened();
    await hand({ newContacts: 'perhaps' });
    for (const form of [valid, broken]) {
      const answer = await desk.submit(save, form);
      expect(answer.text).toContain('so your changes weren’t saved.');
      expect(await document()).toMatchObject({ version: 0, newContacts: 'perhaps' });
    }
  });

  it('that somebody else mended meanwhile are not overwritten', async () => {
    await someoneSaves({ customerDeleted: 'keep' });
    await hand({ newContacts: 'maybe' });
    const form = await opened({ customerDeleted: 'delete' });
    await hand({ newContacts: 'subscribed' });
    await someoneSaves({ newContacts: 'unsubscribed' });
    const asked = await desk.post(save, form);
    expect(asked.status).toBe(409);
    expect(await document()).toMatchObject({ version: 2, customerDeleted: 'keep' });
  });

  it('keep other pages from opening, which say where to mend them', async () => {
    await opened();
    await hand({ newContacts: 'maybe' });
    const { status, text } = await desk.get('/console/audience');
    expect(status).toBe(503);
    expect(text).toContain('Look at: newContacts. Events & groups shows what’s wrong');
  });
});

describe('the settings that two people change', () => {
  it('offer to put my changes on top of theirs, and save nothing before', async () => {
    await someoneSaves(withEvent('customer.deleted', { userGroup: 'off', fullName: false }));
    const mine = await opened({ customerDeleted: 'keep' });
    await someoneSaves({ newContacts: 'unsubscribed' });
    const asked = await desk.post(save, mine);
    expect(asked.status).toBe(409);
    expect(asked.text).toContain('saved by bea on');
    expect(asked.text).toContain('New contacts Subscribed Unsubscribed, until they subscribe');
    expect(asked.text).toContain('When a customer is deleted Unsubscribe Keep');
    expect(await document()).toMatchObject({ version: 2, customerDeleted: 'unsubscribe' });

    const answer = await desk.submit(save, fields(asked.html));
    expect(answer.text).toContain('Saved one setting. It applies within 30 seconds.');
    const own = withEvent('customer.deleted', { userGroup: 'off', fullName: false });
    expect(await document()).toMatchObject({
      events: storedSettings({ ...defaultSettings, ...own }).events,
      version: 3,
      customerDeleted: 'keep',
      newContacts: 'unsubscribed',
    });
  });

  it('show both values where they clash, and want a choice', async () => {
    const mine = await opened({
      'events.order.paid.userGroup': 'mine',
      'events.order.paid.trigger': null,
      'events.order.paid.enabled': null,
    });
    await someoneSaves(withEvent('order.paid', { userGroup: 'theirs', enabled: false }));
    const asked = await desk.post(save, mine);
    expect(asked.text).toContain('As it is now: theirs');
    expect(asked.text).toContain('As you had it: mine');

    const undecided = await desk.post(save, fields(asked.html));
    expect(undecided.status).toBe(422);
    expect(undecided.text).toContain('Two people changed this. Choose one.');
    expect(await document()).toMatchObject({
      version: 1,
      events: { 'order.paid': { userGroup: 'theirs', trigger: true } },
    });

    await desk.submit(save, fields(asked.html, { 'events.order.paid.userGroup': 'mine' }));
    expect(await document()).toMatchObject({
      version: 2,
      events: { 'order.paid': { userGroup: 'mine', trigger: false, enabled: false } },
    });
  });

  it('clash by a switch, too, where the first version is not known anymore', async () => {
    await someoneSaves({ newContacts: 'unsubscribed' });
    const mine = await opened({ version: '999', 'events.order.paid.enabled': null });
    const asked = await desk.post(save, mine);
    expect(asked.status).toBe(409);
    expect(asked.text).toContain('As it is now: on');
    await desk.submit(save, fields(asked.html, { 'events.order.paid.enabled': 'off' }));
    expect(await document()).toMatchObject({
      version: 2,
      newContacts: 'unsubscribed',
      events: { 'order.paid': { enabled: false } },
    });
  });

  it('of whom one changed nothing are as the other saved them', async () => {
    const mine = await opened();
    await someoneSaves({ customerDeleted: 'delete' });
    const answer = await desk.submit(save, mine);
    expect(answer.text).toContain('Nothing was changed.');
    expect(await document()).toMatchObject({ version: 1, customerDeleted: 'delete' });
  });
});
