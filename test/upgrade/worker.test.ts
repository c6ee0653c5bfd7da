import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { recordedOf } from '#shared/store/events/event-item.ts';
import type { Life } from './life.ts';
import { startUpgraded, type Upgraded } from './upgraded-stack.ts';
import { keptVersions } from './version-folder.ts';

describe.each(keptVersions)('the worker of today, on the rows of version %s,', (version) => {
  let upgraded: Upgraded;
  beforeAll(async () => {
    upgraded = await startUpgraded(version);
  });
  afterAll(() => upgraded?.stop());

  /** All rows of these tables, in an order of their own. */
  async function rowsOf(...tables: readonly string[]): Promise<string[]> {
    const { db, tables: names } = upgraded.stack;
    const pages = await Promise.all(
      tables.map((table) => db.send(new ScanCommand({ TableName: names[table] }))),
    );
    return pages
      .flatMap(({ Items = [] }) => Items.map((item) => JSON.stringify(item, inOrder)))
      .sort();
  }

  const customer = (name: string) => {
    const known = upgraded.kept.story.customers[name];
    if (!known) throw new Error(`The story knows no ${name}.`);
    return known;
  };

  /** A new event of a customer; gives its record. The mails that it asks for are left to the mailer. */
  async function tell(...event: Parameters<Life['sends']>) {
    const { webhookId } = await upgraded.life.sends(...event);
    await upgraded.stack.work('EventsQueue');
    await upgraded.stack.take('MailQueue');
    const recorded = await upgraded.stack.parts.store.recorded(webhookId);
    if (!recorded) throw new Error('There is no record of the event.');
    return recorded.record;
  }

  it('changes nothing when a webhook of then is delivered once more', async () => {
    const tables = ['Customers', 'Addresses', 'Contacts', 'Suppressions', 'Events', 'Settings'];
    const before = await rowsOf(...tables);
    const rows = upgraded.kept.rows.get('Events') ?? [];
    for (const row of rows) {
      const { record, payload } = recordedOf(unmarshall(row));
      const body = payload ?? bodyFor(record.type, record.customerId, record.occurredAt);
      await upgraded.life.posts({ webhookId: record.webhookId, body });
    }
    await upgraded.stack.work('EventsQueue');
    expect(rows.length).toBeGreaterThan(40);
    expect(await rowsOf(...tables)).toEqual(before);
    expect(await upgraded.stack.take('EventsDeadLetters')).toEqual([]);
    await upgraded.stack.take('MailQueue');
  });

  it('asks for the same emails when Polar sends the same news under another id', async () => {
    const keysOf = ({ workflows = [] }: EventRecord) =>
      workflows.flatMap(({ ledgerKey }) => ledgerKey ?? []);
    const frequencies = new Set<string | undefined>();
    let compared = 0;
    const workflows = await upgraded.stack.parts.workflows.all();
    for (const row of upgraded.kept.rows.get('Events') ?? []) {
      const { record, payload } = recordedOf(unmarshall(row));
      if (payload === undefined || keysOf(record).length === 0) continue;
      const webhookId = `${record.webhookId} again`;
      await upgraded.life.posts({ webhookId, body: payload });
      await upgraded.stack.work('EventsQueue');
      const again = (await upgraded.stack.parts.store.recorded(webhookId))?.record;
      const asksNow = again ? keysOf(again) : [];
      // Not those who are deleted by now or have lost their address, and not contacts that became part of another.
      if (asksNow.length === 0 || again?.contactId !== record.contactId) continue;
      compared += 1;
      expect([record.type, asksNow]).toEqual([record.type, keysOf(record)]);
      for (const { workflowId } of record.workflows ?? []) {
        frequencies.add(workflows.find((one) => one.workflowId === workflowId)?.frequency);
      }
    }
    const all = ['every-time', 'once-per-contact', 'once-per-order', 'once-per-subscription'];
    expect([...frequencies].sort()).toEqual(all);
    expect(compared).toBeGreaterThan(20);
    await upgraded.stack.take('MailQueue');
  });

  it.each(['nina', 'rosa', 'olga', 'pete', 'pia'])(
    'leaves %s, who said no or never said yes, unsubscribed',
    async (name) => {
      const { email } = customer(name);
      const before = await upgraded.contactAt(email);
      const record = await tell('order.paid', name, { name: 'New Name' });
      expect(record).toMatchObject({ outcome: 'applied', contactId: before?.contactId });
      const contact = await upgraded.contactAt(email);
      expect(contact).toMatchObject({ firstName: 'New', lastName: 'Name', subscribed: false });
    },
  );

  it.each(['nina', 'rosa', 'olga', 'pete'])(
    'subscribes no new customer with the address of %s',
    async (name) => {
      const { email } = customer(name);
      await tell('customer.created', `another ${name}`, { email, isNew: true });
      const contact = await upgraded.contactAt(email);
      expect(contact?.customerId).not.toBe(customer(name).customerId);
      expect(contact?.subscribed).toBe(false);
    },
  );

  it.each(['quin', 'lars'])('leaves %s subscribed, whose no was lifted by hand', async (name) => {
    await tell('order.paid', name);
    expect(await upgraded.contactAt(customer(name).email)).toMatchObject({ subscribed: true });
  });

  it.each(['ada', 'ben', 'sara'])('moves the contact of %s to a newer address', async (name) => {
    const { email } = customer(name);
    const before = await upgraded.contactAt(email);
    await tell('customer.updated', name, { email: `${name}@newer.example` });
    expect(await upgraded.contactAt(email)).toBeUndefined();
    const { updatedAt, email: _, address, ...kept } = before ?? {};
    const after = await upgraded.contactAt(`${name}@newer.example`);
    expect(after).toMatchObject({ ...kept, customerId: customer(name).customerId });
  });

  it('takes no address back for an event that is older than what is known', async () => {
    const { life } = upgraded;
    life.pass(-86_400);
    const record = await tell('customer.updated', 'ben', { email: 'ben@example.com' });
    life.pass(86_400);
    expect(record.outcome).not.toBe('skipped');
    expect(await upgraded.contactAt('ben@example.com')).toBeUndefined();
    life.person('ben', { email: 'ben@newer.example' });
  });

  it.each(['hal', 'ida'])('keeps %s erased', async (name) => {
    const before = await rowsOf('Customers', 'Contacts', 'Addresses');
    const record = await tell('order.paid', name, { email: `${name}@example.com` });
    expect(record).toMatchObject({ outcome: 'skipped', erased: true });
    expect(record.email).toBeUndefined();
    expect(await rowsOf('Customers', 'Contacts', 'Addresses')).toEqual(before);
  });

  it.each([
    ['eve', false],
    ['fay', undefined],
    ['gus', true],
  ])('lets no event of %s, who was deleted, trigger anything', async (name, subscribed) => {
    const record = await tell('subscription.past_due', name);
    expect(record.workflows?.map(({ verdict }) => verdict)).toEqual(['skip']);
    expect((await upgraded.contactAt(customer(name).email))?.subscribed).toBe(subscribed);
  });

  it('makes the contact of a customer whose address comes only now', async () => {
    const record = await tell('customer.updated', 'jon', { email: 'jon@example.com' });
    expect(record.outcome).toBe('applied');
    const contact = await upgraded.contactAt('jon@example.com');
    expect(contact).toMatchObject({ customerId: customer('jon').customerId, firstName: 'Jon' });
  });

  it('gives an address with two claimants to the newer claim', async () => {
    const { email, customerId } = customer('cora');
    expect(await upgraded.contactAt(email)).toMatchObject({
      customerId: customer('dan').customerId,
    });
    await tell('customer.updated', 'cora');
    expect(await upgraded.contactAt(email)).toMatchObject({ customerId, firstName: 'Cora' });
  });

  it('leaves what was typed by hand over what Polar says', async () => {
    await tell('customer.updated', 'lea', { name: 'Leah Otherwise', isNew: false });
    const typed = { firstName: 'Lea by hand', lastName: 'Typed' };
    expect(await upgraded.contactAt(customer('lea').email)).toMatchObject(typed);
  });

  it('shows a contact that was added by hand over the customer who comes, and keeps it at its address', async () => {
    const before = await upgraded.contactAt(customer('kim').email);
    await tell('customer.created', 'kim', { isNew: true });
    expect(await upgraded.contactAt(customer('kim').email)).toMatchObject({
      mergedIds: [before?.contactId],
      firstName: 'Kim',
      userGroup: 'Friends',
      externalId: 'user-kim',
      customerId: customer('kim').customerId,
    });
    const { email } = customer('kim');
    await tell('customer.updated', 'kim', { email: 'kim@moved.example', name: 'Mallory' });
    expect(await upgraded.contactAt('kim@moved.example')).toMatchObject({ firstName: 'Mallory' });
    const { updatedAt, ...left } = before ?? {};
    expect(await upgraded.contactAt(email)).toMatchObject(left);
  });

  it('remembers the ids of contacts that became one', async () => {
    const before = await upgraded.contactAt(customer('max').email);
    await tell('customer.updated', 'max', { name: 'Max Mustermann' });
    const contact = await upgraded.contactAt(customer('max').email);
    expect(contact?.mergedIds).toHaveLength(1);
    expect(contact).toMatchObject({ mergedIds: before?.mergedIds, lastName: 'Mustermann' });
  });

  it('goes by the settings and workflows of then', async () => {
    const record = await tell('subscription.active', 'newcomer', { isNew: true });
    const { version: settingsVersion } = await upgraded.stack.parts.settings();
    expect(record).toMatchObject({ settingsVersion, workflows: [{ verdict: 'send' }] });
    const contact = await upgraded.contactAt(upgraded.life.person('newcomer').email);
    expect(contact).toMatchObject({ userGroup: 'Members', subscribed: true });
  });
});

/** For a record without a payload: the worker knows the webhook by its id. */
function bodyFor(type: string, id: string, timestamp: string): string {
  const customer = { id, created_at: timestamp, modified_at: timestamp, email: null };
  const data = type.startsWith('customer.') ? customer : { id, created_at: timestamp, customer };
  return JSON.stringify({ type, timestamp, data });
}

/** The emulator gives the fields of a row in any order. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
