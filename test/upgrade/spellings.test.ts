import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateAll } from '#infra/commands/migrate.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { look } from '#shared/audience/rows/unit-of-work.ts';
import { addressKeys, contactsNotFindable } from '#shared/store/audience/customer-scan.ts';
import { dynamoWordSearch, makeFindable } from '#shared/store/audience/word-index.ts';
import type { Life } from './life.ts';
import { startUpgraded, type Upgraded } from './upgraded-stack.ts';
import { keptVersions } from './version-folder.ts';

const nfd = (text: string) => text.normalize('NFD');

/** As people, and Polar, typed them while version 0.1.0 ran. */
const respelled = new Map([
  ['sara@example.com', 'sara@bücher.example'],
  ['nina@example.com', nfd('nina@bücher.example')],
  ['kim@example.com', 'kim@ｅｘａｍｐｌｅ.com'],
  // Two customers, one mailbox.
  ['tom@example.com', 'tom@bücher.example'],
  ['una@example.com', 'tom@xn--bcher-kva.example'],
  ['lars@example.com', 'lars\u200b@example.com'],
]);

describe.each(keptVersions)(
  'spellings that version %s took for addresses of their own',
  (version) => {
    let upgraded: Upgraded;
    beforeAll(async () => {
      upgraded = await startUpgraded(version, respelled);
    });
    afterAll(() => upgraded?.stop());

    async function tell(...event: Parameters<Life['sends']>) {
      const { webhookId } = await upgraded.life.sends(...event);
      await upgraded.stack.work('EventsQueue');
      await upgraded.stack.work('MailQueue');
      return (await upgraded.stack.parts.store.recorded(webhookId))?.record;
    }

    const at = (address: string) =>
      look(upgraded.stack.parts.store, (w) => {
        const email = w.spelled(address);
        const { contacts, addresses, suppressions } = w;
        return {
          contact: contacts.get(email),
          claims: Object.keys(addresses.get(email)?.claims ?? {}),
          suppression: suppressions.get(email),
        };
      });

    async function* keys() {
      const { db, tables } = upgraded.stack;
      for (const table of ['Contacts', 'Addresses']) yield* addressKeys(db, tables[table] ?? '');
    }

    const tableNamed = (id: string) => upgraded.stack.tables[id] ?? '';

    async function migrate({ isDryRun = false } = {}) {
      const lines: string[] = [];
      const { store, settings } = upgraded.stack.parts;
      const isLeft = await migrateAll(
        { isDryRun, isSure: true },
        {
          store,
          keys,
          unfindable: () => contactsNotFindable(upgraded.stack.db, tableNamed('Contacts')),
          makeFindable: (key) =>
            makeFindable(
              upgraded.stack.db,
              { contacts: tableNamed('Contacts'), words: tableNamed('Words') },
              key,
            ),
          surroundings: { settings: await settings(), now: new Date(), newId: () => 'new-id' },
          pause: () => Promise.resolve(),
          address: (address) => address,
          confirmed: () => Promise.reject(new Error('Nobody is asked.')),
          print: (line) => lines.push(line),
          progress: () => undefined,
          isStopped: () => false,
          options: '',
        },
      );
      return { isLeft, text: lines.join('\n') };
    }

    it('are one mailbox: an event with another spelling finds the contact', async () => {
      const before = await at('sara@bücher.example');
      const record = await tell('customer.updated', 'sara', {
        email: 'Sara@XN--BCHER-KVA.example',
        name: 'Sara Newname',
      });
      expect(record).toMatchObject({ outcome: 'applied', contactId: before.contact?.contactId });
      expect((await at('sara@bücher.example')).contact).toMatchObject({
        email: 'sara@xn--bcher-kva.example',
        address: 'Sara@XN--BCHER-KVA.example',
        lastName: 'Newname',
        contactId: before.contact?.contactId,
      });
    });

    it('keep a "no" for who comes with another spelling', async () => {
      const { contact, suppression } = await at('nina@xn--bcher-kva.example');
      expect(contact).toMatchObject({ subscribed: false });
      expect(suppression?.reasons.unsubscribed).toBeDefined();
      await tell('customer.deleted', 'nina');
      await tell('customer.created', 'somebody', { email: 'nina@bücher.example' });
      expect((await at('nina@bücher.example')).contact).toMatchObject({
        customerId: upgraded.life.person('somebody').customerId,
        subscribed: false,
      });
    });

    it('are found on the pages of the console and by its search', async () => {
      const { visitor } = upgraded.stack;
      for (const text of [
        'tom@bücher.example',
        'tom@xn--bcher-kva.example',
        'kim@ｅｘａｍｐｌｅ.com',
      ]) {
        const { status, location } = await visitor.post('/console/audience/search', { text });
        expect([text, status]).toEqual([text, 303]);
        expect((await visitor.get(location ?? '')).status).toBe(200);
      }
    });

    it('are shown by a dry run, which changes nothing', async () => {
      const first = await migrate({ isDryRun: true });
      expect(first.isLeft).toBe(true);
      expect(first.text).toMatch(/kim@ｅｘａｍｐｌｅ.com +becomes kim@example.com/);
      expect(first.text).toMatch(
        /tom@bücher.example +becomes tom@xn--bcher-kva.example, which already has/,
      );
      expect(first.text).toMatch(
        /lars\u200b@example.com +isn't an email address: its contact is removed/,
      );
      expect(first.text).toMatch(/Nothing was changed. To migrate them: npm run migrate$/);
      expect(await migrate({ isDryRun: true })).toEqual(first);
    });

    it('become one with the command, which finds nothing the second time', async () => {
      const [tom, una] = ['tom', 'una'].map((name) => upgraded.life.person(name).customerId);
      const kim = (await at('kim@ｅｘａｍｐｌｅ.com')).contact;
      expect((await migrate()).text).toMatch(
        /\d+ of \d+ addresses migrated\.\n\d+ contacts made searchable\.$/,
      );

      const all: string[] = [];
      for await (const page of keys()) all.push(...page);
      expect(all.filter((key) => key !== normalisedEmail(key))).toEqual([]);
      expect(all.filter((key) => key.startsWith('lars'))).toEqual([]);
      const both = await at('tom@xn--bcher-kva.example');
      expect(both.claims.sort()).toEqual([tom, una].sort());
      expect([tom, una]).toContain(both.contact?.customerId);
      expect((await at('kim@example.com')).contact).toMatchObject({
        contactId: kim?.contactId,
        firstName: 'Kim',
        userGroup: 'Friends',
      });
      expect((await at('nina@bücher.example')).contact).toMatchObject({ subscribed: false });
      const search = dynamoWordSearch(
        upgraded.stack.db,
        tableNamed('Words'),
        upgraded.stack.parts.store,
      );
      const found = await search('kim', { limit: 10 });
      expect(found.contacts.map(({ contactId }) => contactId)).toEqual([kim?.contactId]);
      expect(await migrate()).toEqual({
        isLeft: false,
        text: 'Nothing to migrate: everything is up to date.',
      });
    });

    it('are served after it as before', async () => {
      const record = await tell('order.paid', 'sara');
      expect(record).toMatchObject({
        contactId: (await at('sara@bücher.example')).contact?.contactId,
      });
      const { status } = await upgraded.stack.visitor.post('/console/audience/search', {
        text: 'kim@ｅｘａｍｐｌｅ.com',
      });
      expect(status).toBe(303);
    });
  },
);
