import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addContact } from '#shared/audience/by-hand/acts-by-hand.ts';
import { audienceRefusals, type Refusal, suppress } from '#shared/audience/consent/refusals.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { normalisedEmail, normalisedEmailSchema } from '#shared/audience/person/address.ts';
import { formerOf, migrateKey } from '#shared/audience/rows/migration.ts';
import { look, settle } from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { asMany } from '#test/support/as-many.ts';
import { facts, surroundingsWith, visible, work } from '#test/support/audience/arrival.ts';
import { audienceStory, minuteOf } from '#test/support/audience/audience-story.ts';
import { referenceAudience } from '#test/support/audience/reference-audience.ts';
import {
  eventsOf,
  happeningsArbitrary,
  settingsArbitrary,
} from '#test/support/polar/polar-history.ts';

type Memory = ReturnType<typeof memoryAudienceStore>;

const numRuns = asMany(10, 5_000);

const nfd = (text: string) => text.normalize('NFD');

/** What version 0.1.0 made the key of an address. */
const formerKey = (address: string) => address.trim().toLowerCase();

/**
 * Plain addresses in the place of such as version 0.1.0 took for mailboxes of their own, so that the code of today keeps
 * them apart, too; written into its rows afterwards, the real ones make rows of version 0.1.0.
 */
function plainNames() {
  const names = new Map<string, string>();
  return {
    plain(address: string): string {
      const key = formerKey(address);
      if (normalisedEmail(key) === key && !/[^\0-\x7f]|xn--/.test(key)) return address;
      const name = names.get(key) ?? `mailbox${names.size}@plain.example`;
      names.set(key, name);
      return name;
    },
    rows({ rows }: Memory): Memory {
      const former = memoryAudienceStore();
      for (const kind of ['customers', 'addresses', 'contacts', 'suppressions'] as const) {
        let text = JSON.stringify([...rows[kind]]);
        for (const [key, name] of names) text = text.replaceAll(name, key);
        for (const [key, row] of JSON.parse(text)) former.rows[kind].set(key, row);
      }
      return former;
    },
  };
}

async function migrated(memory: Memory, settings = defaultSettings) {
  const means = {
    store: memory.store,
    surroundings: surroundingsWith(settings),
    pause: () => Promise.resolve(),
  };
  const keys = [...memory.rows.contacts.keys(), ...memory.rows.addresses.keys()];
  for (const key of keys) {
    if (await formerOf(key, memory.store)) await migrateKey(key, means);
  }
}

function view({ rows }: Memory) {
  const all = <T>(table: Map<string, { row: T }>) => [...table.values()].map(({ row }) => row);
  const customers = facts(all(rows.customers));
  return {
    contacts: visible(all(rows.contacts)),
    customers: new Map(
      [...customers].map(([id, { addresses, ...rest }]) => [
        id,
        { ...rest, addresses: new Set(addresses.map(normalisedEmail)) },
      ]),
    ),
    addresses: new Map([...rows.addresses].map(([key, { row }]) => [key, row])),
  };
}

const refusalArbitrary = fc.record({
  address: fc.constantFrom('Zoë@Bücher.example', 'zoë@xn--bcher-kva.example', 'bob@example.com'),
  reason: fc.constantFrom('unsubscribed', 'complained', 'bounced'),
});

const tasksOf = (events: readonly ReceivedEvent[]) => events.map((event) => ({ event }));

describe('rows of version 0.1.0 with several spellings of one mailbox', () => {
  it('become what the same history makes today, whatever came before the migration', async () => {
    await fc.assert(
      fc.asyncProperty(
        happeningsArbitrary,
        fc.nat({ max: 31 }),
        fc.array(refusalArbitrary, { maxLength: 2 }),
        settingsArbitrary,
        async (happenings, upgradedAfter, refusals, settings) => {
          const events = eventsOf(happenings);
          // A "no" at one spelling reaches those who had another with the migration, or with their own next event.
          const split = refusals.length > 0 ? events.length : upgradedAfter;
          const asked = refusals.map(({ address, reason }): Refusal => {
            const by = 'the person';
            return { email: normalisedEmail(address), reason, at: '2026-01-01T00:00:00.000Z', by };
          });
          const reference = referenceAudience(events, asked, settings);
          if (reference.isErasedUnsubscribed) return;

          const names = plainNames();
          const before = memoryAudienceStore();
          const early = events.slice(0, split).map((event): ReceivedEvent => {
            const { email } = event.customer;
            if (email === undefined) return event;
            return { ...event, customer: { ...event.customer, email: names.plain(email) } };
          });
          const saidBefore = refusals.map(({ address }, n) => ({
            refusal: { ...asked[n], email: normalisedEmail(names.plain(address)) } as Refusal,
          }));
          const surroundings = surroundingsWith(settings);
          await work([...tasksOf(early), ...saidBefore], before.store, surroundings);
          const upgraded = names.rows(before);
          await work(tasksOf(events.slice(split)), upgraded.store, surroundings);
          await migrated(upgraded, settings);

          const today = memoryAudienceStore();
          const saidToday = asked.map((refusal) => ({ refusal }));
          await work([...tasksOf(events), ...saidToday], today.store, surroundings);
          expect(withoutTyped(view(upgraded))).toEqual(withoutTyped(view(today)));
          for (const key of [...upgraded.rows.contacts.keys(), ...upgraded.rows.addresses.keys()]) {
            expect(await formerOf(key, upgraded.store)).toBeUndefined();
          }
        },
      ),
      { numRuns },
    );
  });
});

/** What was typed went through a plain name here, and came back in lower case. */
function withoutTyped({ contacts, customers, addresses }: ReturnType<typeof view>) {
  const lower = ({ value, version }: { value: string; version: string }) => ({
    version,
    value: normalisedEmail(value),
  });
  return {
    addresses,
    contacts: new Map(
      [...contacts].map(([key, one]) => [key, { ...one, address: normalisedEmail(one.address) }]),
    ),
    customers: new Map(
      [...customers].map(([key, { email, ...rest }]) => [
        key,
        { ...rest, ...(email && { email: lower(email) }) },
      ]),
    ),
  };
}

describe('until they are migrated', () => {
  const wide = 'anna@ｅｘａｍｐｌｅ.com';
  const key = normalisedEmail(wide);

  /** A stage of version 0.1.0 that has this address, which Polar told of a customer or a person typed in. */
  async function stageWith(typed: string, whose: 'customer' | 'by hand', isUnsubscribed = false) {
    const names = plainNames();
    const before = audienceStory();
    const email = names.plain(typed);
    if (whose === 'customer') await before.tell('customer.created', 'c1', { minute: 1, email });
    else await before.add({ email, firstName: 'Anna' }, 1);
    if (isUnsubscribed) await before.refuse(email, 'unsubscribed', 2);
    const { rows, store } = names.rows(before);
    const means = { store, surroundings: before.surroundings, pause: () => Promise.resolve() };
    return { rows, store, means };
  }

  it.each(['anna@bücher.example', 'josé@example.com'.normalize('NFD')])(
    '%s is found by every spelling, and unsubscribed by every one',
    async (typed) => {
      const { store } = await stageWith(typed, 'customer', true);
      for (const spelling of [typed, typed.normalize('NFC'), normalisedEmail(typed)]) {
        const found = await look(store, (w) => {
          const email = w.spelled(spelling);
          return { contact: w.contacts.get(email), suppression: w.suppressions.get(email) };
        });
        expect(found.contact).toMatchObject({ email: normalisedEmail(typed), subscribed: false });
        expect(found.suppression?.reasons.unsubscribed).toBeDefined();
      }
    },
  );

  it('what cannot be worked out is found by who has typed it, or once had it', async () => {
    const { store } = await stageWith(wide, 'customer', true);
    const typed = await look(store, (w) => w.contacts.get(w.spelled(wide)));
    const had = await look(store, (w) => w.customers.get('c1') && w.contacts.get(key));
    expect([typed?.email, had?.email]).toEqual([key, key]);
    expect(await look(store, (w) => w.contacts.get(key))).toBeUndefined();
  });

  it('a customer who comes with another spelling of a suppressed address is not subscribed', async () => {
    const { rows, store } = await stageWith('anna@bücher.example', 'customer', true);
    const story = audienceStory();
    await work(
      [
        {
          event: {
            ...{ type: 'customer.created', webhookId: 'w2', object: { id: 'c2', version: '2' } },
            ...{
              occurredAt: '2026-11-02T00:00:00.000000Z',
              receivedAt: '2026-11-02T00:00:01.000Z',
            },
            properties: { customerId: 'c2' },
            customer: {
              ...{ id: 'c2', version: '2026-11-02T00:00:00.000000Z', anonymised: false },
              email: 'anna@xn--bcher-kva.example',
            },
          },
        },
      ],
      store,
      story.surroundings,
    );
    expect([...rows.contacts.values()].map(({ row }) => row)).toMatchObject([
      { email: 'anna@xn--bcher-kva.example', customerId: 'c2', subscribed: false },
    ]);
    expect(rows.customers.get('c2')?.row.no?.unsubscribed).toBeDefined();
  });

  it('nobody adds by hand what is there under another spelling', async () => {
    const { means } = await stageWith('anna@bücher.example', 'by hand');
    const act = { at: '2026-11-02T00:00:00.000Z', by: 'an engineer' };
    expect(await addContact({ email: 'Anna@XN--BCHER-KVA.example' }, act, means)).toMatchObject({
      kind: 'refused',
    });
  });

  it('a contact that was added by hand keeps its id and its name under the new key', async () => {
    const { rows, means } = await stageWith(wide, 'by hand');
    const id = [...rows.contacts.values()][0]?.row.contactId;
    await migrateKey(normalisedEmailSchema.parse(wide), means);
    expect([...rows.contacts]).toMatchObject([
      [key, { row: { email: key, address: wide, contactId: id, firstName: 'Anna' } }],
    ]);
  });

  it.each([
    ['tom@xn--bcher-kva.example', 'tom@bücher.example'],
    ['tom@bücher.example', 'tom@xn--bcher-kva.example'],
    [nfd('tom@bücher.example'), 'tom@bücher.example'],
  ])('a customer who went from %s to %s has never left', async (from, to) => {
    const names = plainNames();
    const before = audienceStory();
    const told = { minute: 1, email: names.plain(from) };
    await before.tell('customer.created', 'c1', told);
    await before.tell('customer.updated', 'c1', { minute: 2, email: names.plain(to) });
    const { rows, store } = names.rows(before);
    const means = { store, surroundings: before.surroundings, pause: () => Promise.resolve() };
    for (const one of [from, to]) await migrateKey(formerKey(one), means);
    expect([...rows.addresses.values()].map(({ row }) => row.claims)).toEqual([
      { c1: { version: minuteOf(2), state: 'living' } },
    ]);
    expect([...rows.contacts.values()]).toMatchObject([
      { row: { email: 'tom@xn--bcher-kva.example', customerId: 'c1' } },
    ]);
  });

  it('a bounce of an email that version 0.1.0 sent reaches the address under its key', async () => {
    const typed = 'anna@bücher.example';
    const { store, means } = await stageWith(typed, 'customer');
    const email = normalisedEmail(typed);
    const contactNow = () => look(store, (w) => w.contacts.get(email));
    const refusals = audienceRefusals({
      ...{ store, storeByHash: store, pause: means.pause },
      contactOf: async () => ({ contact: await contactNow(), addresses: [email], spellings: [] }),
      // Nothing is hashed in memory.
      addressHash: async () => (itself) => itself,
      surroundings: async () => means.surroundings,
    });
    const recipient = { contactId: 'contact-1', addressHash: typed };
    await refusals.ofRecipient(recipient, { reason: 'bounced', at: minuteOf(9), by: 'SES' });
    expect((await contactNow())?.subscribed).toBe(false);
    const suppression = await look(store, (w) => w.suppressions.get(email));
    expect(suppression?.reasons).toEqual({ bounced: { at: minuteOf(9), by: 'SES' } });
  });

  it('a "no" that only the earlier address knows goes along when its customer moves', async () => {
    const { tell, rows, ...means } = audienceStory();
    await tell('customer.created', 'c1', { minute: 1, email: 'anna@example.com' });
    const no = { email: normalisedEmail('anna@example.com'), at: minuteOf(2), by: 'a person' };
    const alone = (w: Workspace) =>
      suppress(w, { ...no, reason: 'unsubscribed' }, means.surroundings);
    await settle(means.store, alone, () => Promise.resolve());
    await tell('customer.updated', 'c1', { minute: 3, email: 'bob@example.com' });
    const claims = rows.addresses.get(normalisedEmail('bob@example.com'))?.row.claims;
    expect(claims?.['c1']).toMatchObject({ refused: true, refusedAt: minuteOf(2) });
  });

  it('what is no address anymore loses its contact, and its customer keeps the facts', async () => {
    const hidden = 'an\u200bna@bücher.example';
    const { rows, means } = await stageWith(hidden, 'customer');
    expect(await formerOf(hidden, means.store)).toBe('none');
    await migrateKey(hidden, means);
    expect([rows.contacts.size, rows.addresses.size]).toEqual([0, 0]);
    expect(rows.customers.get('c1')?.row.contact).toBeDefined();
  });

  it('what only looks like the address of somebody takes nothing from that person', async () => {
    const hidden = 'anna@exam\u00adple.com';
    const { tell, rows, ...story } = audienceStory();
    const means = { ...story, pause: () => Promise.resolve() };
    await tell('customer.created', 'real', { minute: 1, email: 'anna@example.com' });
    await tell('customer.created', 'hidden', { minute: 2, email: 'mailbox0@plain.example' });
    for (const table of [rows.customers, rows.addresses, rows.contacts]) {
      const text = JSON.stringify([...table]).replaceAll('mailbox0@plain.example', hidden);
      table.clear();
      for (const [key, row] of JSON.parse(text)) table.set(key, row);
    }
    const real = structuredClone(rows.contacts.get('anna@example.com'));
    expect(await formerOf(hidden, means.store)).toBe('none');
    await migrateKey(hidden, means);
    await tell('customer.updated', 'hidden', { minute: 3, email: hidden });
    expect([...rows.contacts]).toEqual([['anna@example.com', real]]);
    expect([...rows.addresses].map(([key, { row }]) => [key, Object.keys(row.claims)])).toEqual([
      ['anna@example.com', ['real']],
    ]);
  });
});
