import { describe, expect, it } from 'vitest';
import { customerDrift, purchaseDrift } from '#shared/audience/drift.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Customer } from '#shared/audience/person/person.ts';
import {
  defaultSettings,
  type EventSettings,
  type Settings,
} from '#shared/audience/settings/settings.ts';
import type { PolarCustomer, PolarEvent } from '#shared/polar/event.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

const at = (second: number) => `2026-11-01T00:00:0${second}.000000Z`;
const said: PolarCustomer = {
  id: 'c-1',
  version: at(5),
  email: 'ann@example.com',
  name: 'Ann  Lee',
  externalId: 'u-1',
  anonymised: false,
};
const row: Customer = {
  customerId: 'c-1',
  email: { value: 'ann@example.com', version: at(1) },
  name: { value: 'Ann Lee', version: at(1) },
  externalId: { value: 'u-1', version: at(1) },
  addresses: [normalisedEmail('ann@example.com')],
};
const act = { at: at(2), by: 'the person' };

function having(type: SupportedEventType, changes: Partial<EventSettings>): Settings {
  const { events } = defaultSettings;
  return { ...defaultSettings, events: { ...events, [type]: { ...events[type], ...changes } } };
}

const fact = (value: string, second: number) => ({ value, version: at(second) });
const deletion = { occurredAt: at(2), webhookId: 'evt-1', mode: 'unsubscribe' as const };

describe('a customer that Polar lists', () => {
  it.each<[string, Customer | undefined, string]>([
    ['is in step in another version of the same values', row, 'in-step'],
    [
      'is in step whatever was said of its consent',
      { ...row, no: { unsubscribed: act } },
      'in-step',
    ],
    ['is missing without a row', undefined, 'missing'],
    ['is missing without an address in its row', { customerId: 'c-1', addresses: [] }, 'missing'],
    ['is stale with an older address', { ...row, email: fact('old@example.com', 1) }, 'stale'],
    ['is in step with a newer address', { ...row, email: fact('new@example.com', 6) }, 'in-step'],
    ['is stale with an older name', { ...row, name: fact('Bo', 1) }, 'stale'],
    ['is stale with a lesser name of the same version', { ...row, name: fact('Aa', 5) }, 'stale'],
    [
      'is in step with a greater one of the same version',
      { ...row, name: fact('Bo', 5) },
      'in-step',
    ],
    ['is stale with another external id', { ...row, externalId: fact('u-0', 1) }, 'stale'],
    ['stays erased', { customerId: 'c-1', addresses: [], erased: true, deletion }, 'erased'],
    ['stays deleted', { ...row, deletion }, 'deleted-here'],
  ])('%s', (_, here, kind) => {
    const drift = customerDrift({ customer: said, isChanged: true }, here, defaultSettings);
    expect(drift.kind).toBe(kind);
  });

  it('cannot be missed where it has no address, or one that no mail could reach', () => {
    for (const email of [undefined, 'not an address']) {
      const { email: _, ...customer } = said;
      const without = { ...customer, ...(email !== undefined && { email }) };
      expect(
        customerDrift({ customer: without, isChanged: false }, undefined, defaultSettings),
      ).toEqual({
        kind: 'without-address',
      });
    }
  });

  it('is mended by the event that Polar would have sent, if that is switched on', () => {
    const renamed = { ...row, name: fact('Bo', 1) };
    const drift = (here: Customer | undefined, isChanged: boolean, settings = defaultSettings) =>
      customerDrift({ customer: said, isChanged }, here, settings);
    expect(drift(undefined, false)).toEqual({ kind: 'missing', type: 'customer.created' });
    expect(drift(renamed, true)).toEqual({ kind: 'stale', type: 'customer.updated' });
    const noCreated = having('customer.created', { enabled: false });
    expect(drift(undefined, true, noCreated)).toEqual({
      kind: 'missing',
      type: 'customer.updated',
    });
    expect(drift(undefined, false, noCreated)).toMatchObject({ kind: 'unwanted' });
    expect(drift(renamed, true, having('customer.updated', { enabled: false }))).toMatchObject({
      kind: 'unwanted',
    });
    expect(drift(renamed, true, having('customer.updated', { fullName: false }))).toEqual({
      kind: 'in-step',
    });
  });
});

describe('an order or a subscription', () => {
  const paid: PolarEvent = {
    type: 'order.paid',
    occurredAt: at(5),
    customer: said,
    object: { id: 'o-1', version: at(5) },
    properties: {},
  };
  const buyers = having('order.paid', { userGroup: 'buyers', userGroupMode: 'always' });
  const grouped = (second: number): Customer => ({
    ...row,
    alwaysGroup: { occurredAt: at(second), webhookId: 'evt-1', group: 'buyers' },
  });

  it.each<[string, Customer | undefined, Settings, string]>([
    ['brings a customer that nothing else brought', undefined, defaultSettings, 'missing'],
    ['brings nothing to who is here without a group', row, defaultSettings, 'in-step'],
    ['brings the group that it always gives', row, buyers, 'wrong-group'],
    ['brings it again where an older event gave it', grouped(4), buyers, 'wrong-group'],
    ['brings nothing where it, or a newer one, gave a group', grouped(5), buyers, 'in-step'],
    ['brings nothing to who is deleted', { ...row, deletion }, buyers, 'in-step'],
    [
      'brings nothing to who is new where only new contacts get its group',
      row,
      having('order.paid', { userGroup: 'buyers' }),
      'in-step',
    ],
    [
      'brings nothing when it is switched off',
      undefined,
      having('order.paid', { enabled: false }),
      'in-step',
    ],
  ])('%s', (_, here, settings, kind) => {
    expect(purchaseDrift(paid, here, settings)).toBe(kind);
  });
});
