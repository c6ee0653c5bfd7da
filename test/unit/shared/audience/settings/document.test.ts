import { describe, expect, it } from 'vitest';
import {
  changesBetween,
  mendedSettings,
  readDocument,
  withValue,
} from '#shared/audience/settings/document.ts';
import {
  defaultSettings,
  type Settings,
  type SettingsDocument,
  settingsSchema,
  storedSettings,
} from '#shared/audience/settings/settings.ts';
import { optionalEventTypes, standardEventTypes } from '#shared/polar/event-types.ts';

const { 'order.paid': orderPaid, ...otherEvents } = defaultSettings.events;
const { newContacts: _, ...withoutNewContacts } = defaultSettings;
const withOrder = (change: object) => ({
  ...defaultSettings,
  events: { ...otherEvents, 'order.paid': { ...orderPaid, ...change } },
});

const kept: Settings = { ...defaultSettings, version: 4, newContacts: 'unsubscribed' };

describe('a settings document', () => {
  it.each<[string, SettingsDocument, string[]]>([
    ['a word that is none', { ...defaultSettings, customerDeleted: 'forget' }, ['customerDeleted']],
    ['a field that is missing', withoutNewContacts, ['newContacts']],
    ['a switch of text', withOrder({ trigger: 'on' }), ['events.order.paid.trigger']],
    [
      'a group too long',
      withOrder({ userGroup: 'x'.repeat(101) }),
      ['events.order.paid.userGroup'],
    ],
    ['a zone that is none', { ...defaultSettings, timeZone: 'Berlin' }, ['timeZone']],
    ['a version that is none', { ...defaultSettings, version: '7' }, ['version']],
    [
      'an event of a newer version',
      { ...defaultSettings, events: { ...defaultSettings.events, 'refund.created': orderPaid } },
      ['events.refund.created'],
    ],
    [
      'an event that is missing',
      { ...defaultSettings, events: otherEvents },
      Object.keys(orderPaid).map((field) => `events.order.paid.${field}`),
    ],
  ])('with %s names it, and can be mended from what was kept', (_what, document, paths) => {
    const read = readDocument(document);
    expect(read.kind === 'invalid' && read.faults.map(({ path }) => path)).toEqual(paths);
    const mended = mendedSettings(document, kept);
    expect(settingsSchema.parse(mended)).toEqual(mended);
    const isItsOwn = paths[0] !== 'newContacts';
    expect(mended.newContacts).toBe(isItsOwn ? 'subscribed' : 'unsubscribed');
  });

  it('without events is at fault everywhere, and is mended too', () => {
    const document = { ...defaultSettings, version: 2, events: [] };
    const read = readDocument(document);
    expect(read.kind === 'invalid' && read.faults).toHaveLength(90);
    expect(mendedSettings(document, kept)).toEqual({ ...defaultSettings, version: 2 });
  });

  it('of version 0.1.0 has no time zone and no language, and is valid', () => {
    const { timeZone: _zone, language: _language, ...old } = defaultSettings;
    expect(readDocument(old)).toEqual({ kind: 'valid', settings: defaultSettings });
  });
});

describe('an optional event', () => {
  const onIn = ({ events }: Settings) => optionalEventTypes.filter((type) => events[type].enabled);
  const on = withValue(
    storedSettings(defaultSettings),
    { type: 'subscription.updated', field: 'enabled' },
    true,
  );

  it('is off where the document says nothing of it, and then not stored either', () => {
    const stored = storedSettings(defaultSettings);
    expect(Object.keys(stored.events).sort()).toEqual([...standardEventTypes].sort());
    expect(readDocument(stored)).toEqual({ kind: 'valid', settings: defaultSettings });
    expect(onIn(defaultSettings)).toEqual([]);
  });

  it('is stored whole once one of its values is another one', () => {
    const read = readDocument(on);
    if (read.kind === 'invalid') throw new Error(JSON.stringify(read.faults));
    expect(onIn(read.settings)).toEqual(['subscription.updated']);
    const { events } = storedSettings(read.settings);
    expect(events['subscription.updated']).toEqual({ ...orderPaid, enabled: true });
    expect(Object.keys(events)).toHaveLength(standardEventTypes.length + 1);
  });

  it('is the one change between a document without it and one that has it on', () => {
    const path = 'events.subscription.updated.enabled';
    const change = [{ path, from: 'off', to: 'on' }];
    expect(changesBetween(storedSettings(defaultSettings), on)).toEqual(change);
    const broken = { ...storedSettings(defaultSettings), customerDeleted: 'forget' };
    const paths = changesBetween(broken, on).map((one) => one.path);
    expect(paths).toEqual(['customerDeleted', path]);
  });
});
