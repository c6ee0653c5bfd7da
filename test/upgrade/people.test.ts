import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportContacts } from '#infra/commands/audience/export.ts';
import { emailVerbs } from '#infra/commands/emails/verbs.ts';
import { whyRows } from '#infra/commands/why/rows.ts';
import { whyLines } from '#infra/commands/why/why.ts';
import { keptCustomers } from '#shared/store/audience/contact-lookup.ts';
import { dynamoContactList } from '#shared/store/audience/contact-search.ts';
import { countHeld } from '#shared/store/mail/due-emails.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { startUpgraded, textIn, type Upgraded } from './upgraded-stack.ts';
import { keptVersion, keptVersions } from './version-folder.ts';

describe.each(keptVersions)('people see what version %s left', (version) => {
  const { rows, messages, story } = keptVersion(version);
  let upgraded: Upgraded;
  beforeAll(async () => {
    upgraded = await startUpgraded(version);
    for (const { queue, body, attributes } of messages.filter((one) => /Dead/.test(one.queue))) {
      await upgraded.stack.send(queue, body, attributes);
    }
  });
  afterAll(() => upgraded?.stop());

  const all = (table: string, attribute: string) =>
    (rows.get(table) ?? []).map((row) => textIn(row, attribute));
  const tableOf = (table: string) => upgraded.stack.tables[table] ?? '';

  /** A page of the console that must be there, as text. */
  async function page(path: string): Promise<string> {
    const answer = await upgraded.stack.visitor.get(path);
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.text;
  }

  it('on the list of the audience, each contact', async () => {
    const list = await page('/console/audience');
    for (const email of all('Contacts', 'email')) expect(list).toContain(email);
    const group = await page('/console/audience?group=Friends');
    expect(group).toContain('kim@example.com');
    expect(group).not.toContain('ada@example.com');
    expect(await page('/console/audience?consent=unsubscribed')).toContain('nina@example.com');
  });

  it('on the page of each contact, who it is', async () => {
    for (const row of rows.get('Contacts') ?? []) {
      const contact = await page(`/console/audience/${textIn(row, 'contactId')}`);
      expect(contact).toContain(textIn(row, 'email'));
    }
  });

  it('on the page of a contact, its events and emails', async () => {
    const contact = await upgraded.contactAt('sara@example.com');
    const shown = await page(`/console/audience/${contact?.contactId}`);
    expect(shown).toContain('order.paid');
    expect(shown).toContain('Receipt');
  });

  it('on the page of a customer whom no contact shows, that it is kept or erased', async () => {
    for (const name of ['fay', 'hal', 'ida']) {
      await page(`/console/audience/customers/${story.customers[name]?.customerId}`);
    }
  });

  it.each(['user-1', 'user-kim', 'ada@example.com'])(
    'what they search for by %s',
    async (query) => {
      const { status, location } = await upgraded.stack.visitor.post('/console/audience/search', {
        text: query,
      });
      expect(status).toBe(303);
      expect(location).toMatch(/^\/console\/audience\/[\w-]{36}$/);
    },
  );

  it('on the list of events and on the page of each, what it did', async () => {
    expect(await page('/console/events')).toContain('customer.created');
    for (const row of rows.get('Events') ?? []) {
      const event = await page(`/console/events/${textIn(row, 'webhookId')}`);
      expect(event).toContain(textIn(row, 'type'));
    }
  });

  it('on the list of workflows and on the page and form of each, what it is', async () => {
    const list = await page('/console/workflows');
    for (const row of rows.get('Workflows') ?? []) {
      expect(list).toContain(textIn(row, 'name'));
      const path = `/console/workflows/${textIn(row, 'workflowId')}`;
      expect(await page(path)).toContain(textIn(row, 'name'));
      await page(`${path}/edit`);
    }
  });

  it('the settings and the connection', async () => {
    const settings = await upgraded.stack.visitor.get('/console/settings');
    expect(settings.status).toBe(200);
    expect(settings.html).toContain('1 Example Street');
    const shown = await upgraded.stack.visitor.get('/console/polar');
    expect(shown.status).toBe(200);
    const [connection] = (rows.get('Settings') ?? []).filter(
      (row) => row['name']?.S === 'connection',
    );
    expect(shown.text).toContain(connection?.['organizationName']?.S);
  });

  it('the dead letters with their reasons', async () => {
    const letters = await page('/console/dead-letters');
    expect(letters).toContain('timestamp is not an ISO 8601 time');
    expect(letters).toContain('The body is no message of the mail queue.');
    expect(letters).toContain('The message is not an event of SES.');
  });

  it('in the export, each contact once', async () => {
    const output = new PassThrough();
    const list = dynamoContactList(upgraded.stack.db, tableOf('Contacts'));
    const [count, file] = await Promise.all([
      exportContacts(list, {}, output, () => undefined).finally(() => output.end()),
      text(output),
    ]);
    const emails = all('Contacts', 'email');
    expect(count).toBe(emails.length);
    for (const email of emails) expect(file).toContain(`"${email}"`);
  });

  it('in the list of emails, each of them', async () => {
    const lines: string[] = [];
    const verbs = emailVerbs({
      emails: upgraded.stack.parts.emails,
      workflows: async () => [],
      customers: (ids) => keptCustomers(upgraded.stack.parts.store, ids),
      hold: dynamoHold(upgraded.stack.db, tableOf('Settings')),
      countHeld: () => countHeld(upgraded.stack.db, tableOf('Emails')),
      now: () => new Date(),
      queue: async () => undefined,
      deployment: { options: '' },
      person: 'a person',
      print: (line) => lines.push(line),
    });
    await verbs.hold('an upgrade');
    await verbs.release();
    await verbs.list({}, 1_000);
    for (const ledgerKey of all('Emails', 'ledgerKey'))
      expect(lines.join('\n')).toContain(ledgerKey);
  });

  it('why each customer, event and email is as it is', async () => {
    const { db, parts } = upgraded.stack;
    const tables = {
      contacts: tableOf('Contacts'),
      settings: tableOf('Settings'),
      acts: tableOf('Acts'),
      events: tableOf('Events'),
      emails: tableOf('Emails'),
      failures: tableOf('Failures'),
      workflows: tableOf('Workflows'),
      runs: tableOf('Runs'),
    };
    const hasher = parts.addressHash;
    const read = whyRows({ ...{ db, tables, store: parts.store }, hasher });
    const how = { isRevealed: true, address: (email: string) => email, options: '' };
    const why = async (about: string) => (await whyLines(about, read, how)).join('\n');
    for (const id of all('Events', 'webhookId')) expect(await why(id)).toContain(id);
    for (const key of all('Emails', 'ledgerKey')) expect(await why(key)).toContain(key);
    for (const email of all('Contacts', 'email')) expect(await why(email)).toContain(email);
    expect(await why('nina@example.com')).toMatch(/unsubscribed/i);
    expect(await why('made-up-unreadable')).toContain('timestamp is not an ISO 8601 time');
  });
});
