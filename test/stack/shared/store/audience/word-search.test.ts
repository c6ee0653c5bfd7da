import { ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NormalisedEmail, normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { isFoundBy, typedWords } from '#shared/audience/person/search-words.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { contactsNotFindable } from '#shared/store/audience/customer-scan.ts';
import {
  dynamoWordSearch,
  makeFindable,
  type WordSearch,
} from '#shared/store/audience/word-index.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

async function audience() {
  const tables = audienceTables(await createStackTables(dynamo.client));
  const words = tables.words ?? '';
  const db = documentClient(dynamo.client);
  const options = { addressHash: async () => addressHash('a key'), retentionDays: 90 };
  const store = dynamoAudienceStore(db, tables, options);
  const search = dynamoWordSearch(db, words, store);
  /** What the table has, as text. */
  const rows = async () => {
    const { Items = [] } = await db.send(new ScanCommand({ TableName: words }));
    return Items.map(({ initial, wordAndEmail }) => `${initial}: ${wordAndEmail}`).sort();
  };
  const tableNames = { contacts: tables.contacts, words };
  return {
    ...{ db, tableNames, store, search, rows },
    /** Of a function that is not given the table. */
    withoutWords: dynamoAudienceStore(db, { ...tables, words: undefined }, options),
  };
}

type Audience = Awaited<ReturnType<typeof audience>>;

function contactAt(email: NormalisedEmail, address: string = email): Contact {
  return {
    ...{ email, address, contactId: `id of ${email}`, source: 'Polar webhook', consent: {} },
    ...{ createdAt: '2026-11-23T12:00:00.000Z', updatedAt: '2026-11-23T12:00:00.000Z' },
    subscribed: true,
  };
}

function write(store: Audience['store'], address: string, names: Partial<Contact> | 'gone') {
  const email = normalisedEmail(address);
  return settle(
    store,
    (w) => {
      w.contacts.get(email);
      if (names === 'gone') return void w.contacts.remove(email);
      w.contacts.put(email, { ...contactAt(email, address), ...names });
    },
    async () => undefined,
  );
}

/** All pages, in order. */
async function all(search: WordSearch, text: string, limit: number): Promise<string[]> {
  const found: string[] = [];
  let after: Awaited<ReturnType<WordSearch>>['next'];
  do {
    const page = await search(text, { limit, after });
    found.push(...page.contacts.map(({ email }) => email));
    after = page.next;
  } while (after);
  return found;
}

describe('search by words', () => {
  it('writes the words of a new contact, what a change of name changes, and takes all away with it', async () => {
    const { store, rows } = await audience();
    await write(store, 'ada@shop.example', { firstName: 'Ada', lastName: 'Byron' });
    expect(await rows()).toEqual([
      'a: ada ada@shop.example',
      'b: byron ada@shop.example',
      's: shop ada@shop.example',
    ]);
    await write(store, 'ada@shop.example', { firstName: 'Ada', lastName: 'Lovelace' });
    expect(await rows()).toEqual([
      'a: ada ada@shop.example',
      'l: lovelace ada@shop.example',
      's: shop ada@shop.example',
    ]);
    await write(store, 'ada@shop.example', 'gone');
    expect(await rows()).toEqual([]);
  });

  it('finds by the beginning of any word, and by several, each contact once', async () => {
    const { store, search } = await audience();
    await write(store, 'adams@gmail.com', { firstName: 'Ada', lastName: 'Adamson' });
    await write(store, 'grace@navy.example', { firstName: 'Grace', lastName: 'Hopper' });
    await write(store, 'ada.grace@gmail.com', {});
    expect(await all(search, 'ad', 1)).toEqual(['ada.grace@gmail.com', 'adams@gmail.com']);
    expect(await all(search, 'gra', 10)).toEqual(['ada.grace@gmail.com', 'grace@navy.example']);
    expect(await all(search, 'hop gr', 10)).toEqual(['grace@navy.example']);
    expect(await all(search, 'ada.gr', 10)).toEqual(['ada.grace@gmail.com']);
    expect(await all(search, 'opper', 10)).toEqual([]);
    expect(await all(search, '@@', 10)).toEqual([]);
  });

  it.each([
    ['of another word', { initial: 'z', wordAndEmail: 'zoe ada@gmail.com' }],
    [
      'of a part of the index that it is not in',
      { initial: 'z', wordAndEmail: 'ada ada@gmail.com' },
    ],
    ['longer than any key', { initial: 'a', wordAndEmail: `ada ${'x'.repeat(2_000)}` }],
  ])('begins at the beginning after a position %s', async (_, after) => {
    const { store, search } = await audience();
    await write(store, 'ada@gmail.com', {});
    const found = await search('ada', { limit: 5, after });
    expect(found.contacts.map(({ email }) => email)).toEqual(['ada@gmail.com']);
  });

  it('puts contacts of an earlier version into the index, once', async () => {
    const { store, search, db, tableNames, withoutWords } = await audience();
    await write(withoutWords, 'old@shop.example', { firstName: 'Olga' });
    await write(store, 'new@shop.example', { firstName: 'Olga' });
    expect(await all(search, 'olga', 10)).toEqual(['new@shop.example']);
    const unfindable: string[] = [];
    for await (const page of contactsNotFindable(db, tableNames.contacts)) unfindable.push(...page);
    expect(unfindable).toEqual(['old@shop.example']);
    expect(await makeFindable(db, tableNames, 'old@shop.example')).toBe('done');
    expect(await makeFindable(db, tableNames, 'nobody@shop.example')).toBe('gone');
    expect(await all(search, 'olga', 10)).toEqual(['new@shop.example', 'old@shop.example']);
    for await (const page of contactsNotFindable(db, tableNames.contacts)) {
      expect(page).toEqual([]);
    }
  });

  it('keeps a contact in the index that a function without the table changes otherwise', async () => {
    const { store, search, rows, withoutWords } = await audience();
    await write(store, 'ada@shop.example', { firstName: 'Ada' });
    await write(withoutWords, 'ada@shop.example', { firstName: 'Ada', subscribed: false });
    const before = await rows();
    await write(store, 'ada@shop.example', { firstName: 'Grace' });
    expect(before).toContain('a: ada ada@shop.example');
    expect(await rows()).toContain('g: grace ada@shop.example');
    expect((await all(search, 'grace', 5)).length).toBe(1);
  });

  it('leaves no word of a contact that is erased while it is put into the index', async () => {
    const { store, rows, db, tableNames, withoutWords } = await audience();
    await write(withoutWords, 'old@shop.example', { firstName: 'Olga' });
    let isFirst = true;
    const overtaken: typeof store = {
      ...store,
      async commit(decision) {
        if (isFirst) await makeFindable(db, tableNames, 'old@shop.example');
        isFirst = false;
        return store.commit(decision);
      },
    };
    await write(overtaken, 'old@shop.example', 'gone');
    expect(await rows()).toEqual([]);
  });

  it.each<[string, Partial<Contact> | 'gone', string[]]>([
    ['removed', 'gone', []],
    ['renamed', { firstName: 'Grace' }, ['g: grace ada@gmail.com', 'a: ada ada@gmail.com']],
  ])(
    'takes away the words of a contact that an earlier version wrote last, once it is %s',
    async (_, names, left) => {
      const { store, rows, db, tableNames } = await audience();
      await write(store, 'ada@gmail.com', { firstName: 'Olga' });
      // That version writes the row whole, and knows no mark.
      await db.send(
        new UpdateCommand({
          TableName: tableNames.contacts,
          Key: { email: 'ada@gmail.com' },
          UpdateExpression: 'REMOVE findable',
        }),
      );
      await write(store, 'ada@gmail.com', names);
      expect(await rows()).toEqual([...left].sort());
    },
  );

  it('leaves what does not fit into a transaction to be found later', async () => {
    const { store, db, tableNames, search } = await audience();
    const names = Array.from({ length: 12 }, (_, nth) => normalisedEmail(`p${nth}@gmail.com`));
    const all = names.map((email) => ({
      ...contactAt(email),
      ...{ firstName: 'A B C', lastName: 'D E F' },
    }));
    await settle(
      store,
      (w) => {
        for (const contact of all) {
          w.contacts.get(contact.email);
          w.contacts.put(contact.email, contact);
        }
      },
      async () => undefined,
    );
    const left: string[] = [];
    for await (const page of contactsNotFindable(db, tableNames.contacts)) left.push(...page);
    // Seven words each, and room for forty.
    expect(left).toHaveLength(7);
    for (const email of left) await makeFindable(db, tableNames, email);
    expect((await search('f', { limit: 20 })).contacts).toHaveLength(12);
  });

  it('finds whom a look through all contacts finds, whatever was changed', async () => {
    const names = ['Ada', 'Adam', 'Zoë', 'Grace', 'Gracia', '山田', 'Ann Marie', ''];
    const addresses = ['a.b@x.example', 'ada@gmail.com', 'grace@adam.example', 'z@qq.com'];
    const name = fc.constantFrom(...names);
    const step = fc.record({
      address: fc.constantFrom(...addresses),
      names: fc.oneof(
        { weight: 4, arbitrary: fc.record({ firstName: name, lastName: name }) },
        { weight: 1, arbitrary: fc.constant('gone' as const) },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const { store, search } = await audience();
        for (const { address, names } of steps) await write(store, address, names);
        const known = await store.load(
          addresses.map((one) => ({ kind: 'contacts', key: normalisedEmail(one) }) as const),
        );
        const contacts = [...known.contacts.values()].flatMap((stored) => stored?.row ?? []);
        for (const text of ['a', 'ada', 'gr', 'zoe', '山', 'ann m', 'adam gra', 'b@x.exa']) {
          const typed = typedWords(text);
          const wanted = contacts.filter((contact) => typed && isFoundBy(contact, typed));
          const found = await all(search, text, 2);
          expect([text, [...found].sort()]).toEqual([
            text,
            wanted.map(({ email }) => email).sort(),
          ]);
        }
      }),
      { numRuns: 12 },
    );
  });
});
