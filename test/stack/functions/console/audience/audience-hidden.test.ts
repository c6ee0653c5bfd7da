import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readWorkerRequest } from '#shared/queue/events-queue.ts';
import { dynamoCustomersByExternalId } from '#shared/store/audience/contact-search.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());

const list = '/console/audience';
const othersGo = 'It also erases other Polar customers with the same address';
const hidden = { customerDeleted: 'delete' } as const;

let made = 0;
let id: string;
let email: string;
let externalId: string;
let path: string;
beforeEach(async () => {
  made += 1;
  id = `customer-${made}`;
  email = `gone${made}@example.com`;
  externalId = `ext/${made}`;
  path = `${list}/customers/${id}`;
});
afterEach(async () => {
  await at.sqs.send(new PurgeQueueCommand({ QueueUrl: at.urlOf('EVENTS_QUEUE_URL') }));
});

async function bornAndDeleted() {
  await at.tell('customer.created', id, { minute: 1, email, name: 'Ann Gone', externalId });
  await at.tell('customer.deleted', id, { minute: 2, email }, hidden);
  expect(await at.contact(email)).toBeUndefined();
}

/** The deletion came first, so there never was a contact. */
async function deletedAndTold() {
  await at.tell('customer.deleted', id, { minute: 2, email }, hidden);
  await at.tell('customer.created', id, { minute: 1, email, name: 'Ann Gone', externalId }, hidden);
  expect(await at.contact(email)).toBeUndefined();
}

async function erasureAskedFor() {
  const [message, ...more] = await at.taken('EVENTS_QUEUE_URL');
  expect(more).toEqual([]);
  const kind = message?.MessageAttributes?.['kind']?.StringValue;
  const request = readWorkerRequest(kind, message?.Body ?? '');
  return request?.kind === 'erasure' ? request.erasure : undefined;
}

describe.each([
  ['whose contact went with its deletion', bornAndDeleted],
  ['whose deletion came before its facts', deletedAndTold],
])('a customer %s', (_, happens) => {
  test.each([
    ['its address, however it is typed', () => ` ${email.toUpperCase()} `],
    ['its customer id', () => id],
    ['its external id', () => externalId],
  ])('is found by %s, with what is kept and the way to erase it', async (_by, text) => {
    await happens();
    const page = await at.post(`${list}/search`, { text: text() });
    expect(page.text).toContain(
      'Polar deleted this customer, and your settings removed the contact',
    );
    for (const fact of [id, email, 'Ann Gone', externalId]) expect(page.text).toContain(fact);
    expect(page.html).toContain(`href="${path}/erase"`);
    expect(page.html).toContain(`data-copy="${id}"`);
  });

  test('is erased by a message to the worker, after a question', async () => {
    await happens();
    const { text } = await at.get(`${path}/erase`);
    expect(text).toContain('This can’t be undone.');
    expect(text).toContain(email);
    expect(text).not.toContain(othersGo);
    expect(await at.taken('EVENTS_QUEUE_URL')).toEqual([]);

    const done = await at.submit(`${path}/erase`);
    expect(done.text).toContain('The erasure is under way');
    expect(await erasureAskedFor()).toMatchObject({
      hiddenCustomerId: id,
      email,
      by: 'local',
    });
    expect(await at.delayed('EVENTS_QUEUE_URL')).toBe(1);
    const again = await at.get(path);
    expect(again.text).toMatch(/The erasure is under way.* Requested on .* by a local user/);
    expect(again.html).not.toContain(`${path}/erase`);
  });

  test('is not erased without the token of the form', async () => {
    await happens();
    await at.get(path);
    expect((await at.postWithToken(`${path}/erase`, 'guessed')).status).toBe(403);
    expect(await at.taken('EVENTS_QUEUE_URL')).toEqual([]);
  });
});

test('the page of a contact that went with a deletion leads to the erasure, too', async () => {
  await at.tell('customer.created', id, { minute: 1, email });
  const contact = await at.contact(email);
  await at.tell('customer.deleted', id, { minute: 2, email }, hidden);
  const { text, html } = await at.get(`${list}/${contact?.['contactId']}`);
  expect(text).toContain('Polar deleted this customer');
  expect(html).toContain(`href="${path}/erase"`);
});

test('before a contact is erased, a hidden customer with its external id can be looked for', async () => {
  await bornAndDeleted();
  const anew = `${id}-anew`;
  await at.tell('customer.created', anew, { minute: 3, email: `new-${email}`, externalId });
  const contact = await at.contact(`new-${email}`);
  const contactPath = `${list}/${contact?.['contactId']}`;
  expect((await at.post(`${list}/search`, { text: externalId })).location).toBe(contactPath);
  const { html, text } = await at.get(`${contactPath}/erase`);
  expect(text).not.toContain(othersGo);
  expect(html).toContain(`name="text" value="${externalId}"`);
  const all = await at.post(`${list}/search`, { text: externalId, all: 'on' });
  expect(all.text).toContain('2 customers found');
  expect(all.html).toContain(`href="${contactPath}"`);
  expect(all.html).toContain(`href="${path}/erase"`);
});

test('a customer without an address is erased by its id', async () => {
  await at.tell('customer.created', id, { minute: 1, name: 'A Team', externalId });
  expect((await at.post(`${list}/search`, { text: externalId })).text).toContain('A Team');
  expect((await at.get(`${path}/erase`)).text).not.toContain(othersGo);
  await at.submit(`${path}/erase`);
  const asked = await erasureAskedFor();
  expect(asked).toMatchObject({ contactId: id, hiddenCustomerId: id });
  expect(asked).not.toHaveProperty('email');
});

describe('before somebody is erased, the page names', () => {
  const twin = () => `${id}-twin`;
  const twinGoes = () => `${othersGo} (1): ${twin()}.`;

  test('a customer with the address of the contact', async () => {
    await at.tell('customer.created', id, { minute: 1, email });
    await at.tell('customer.created', twin(), { minute: 2, email });
    const contact = await at.contact(email);
    const { text, html } = await at.get(`${list}/${contact?.['contactId']}/erase`);
    expect(text).toContain(`${othersGo} (1): ${id}.`);
    expect(html).toContain(`href="${path}"`);
    expect(text).not.toContain('who have another one now');
  });

  test('a hidden customer with the address of a hidden one', async () => {
    await at.tell('customer.created', twin(), { minute: 1, email });
    await at.tell('customer.deleted', twin(), { minute: 1, email }, hidden);
    await bornAndDeleted();
    expect((await at.get(`${path}/erase`)).text).toContain(twinGoes());
  });

  test('a customer who had the address, and loses nothing else', async () => {
    await at.tell('customer.created', twin(), { minute: 1, email });
    await at.tell('customer.updated', twin(), { minute: 2, email: `new-${email}` });
    await at.tell('customer.created', id, { minute: 3, email });
    const contact = await at.contact(email);
    const { text } = await at.get(`${list}/${contact?.['contactId']}/erase`);
    expect(text).not.toContain(othersGo);
    expect(text).toContain(
      `This address, but nothing else, of Polar customers who have another one now (1): ${twin()}.`,
    );
  });
});

test('where somebody else has its address now, only it goes, and the page says so', async () => {
  const owner = `${id}-owner`;
  await at.tell('customer.created', id, { minute: 1, email });
  await at.tell('customer.created', owner, { minute: 2, email });
  const there = await at.contact(email);
  expect(there).toMatchObject({ customerId: owner });
  const { text, html } = await at.post(`${list}/search`, { text: id });
  expect(text).toContain('Another customer has this customer’s address now');
  expect(html).toContain(`href="${list}/${there?.['contactId']}"`);
  const question = await at.get(`${path}/erase`);
  expect(question.text).toContain('which is another customer’s, stays');
  expect(question.text).not.toContain(othersGo);
  await at.submit(`${path}/erase`);
  const asked = await erasureAskedFor();
  expect(asked).toMatchObject({ hiddenCustomerId: id });
  expect(asked).not.toHaveProperty('email');
});

describe('a customer', () => {
  test('that a contact shows is erased as that contact', async () => {
    await at.tell('customer.created', id, { minute: 1, email });
    const contact = await at.contact(email);
    for (const { location } of [await at.get(path), await at.post(`${path}/erase`)]) {
      expect(location).toBe(`${list}/${contact?.['contactId']}`);
    }
    expect(await at.taken('EVENTS_QUEUE_URL')).toEqual([]);
  });

  test('that is erased already says so, and by whom it was asked for', async () => {
    await at.put('Customers', {
      customerId: id,
      addresses: [],
      erased: true,
      erasure: { at: '2026-11-01T00:00:00.000Z', by: 'a colleague' },
      revision: '1',
    });
    const { text, html } = await at.post(`${list}/search`, { text: id });
    expect(text).toContain('This customer’s data was erased');
    expect(text).toMatch(/Requested on .* by a colleague\./);
    expect(html).not.toContain('/erase');
    await at.post(`${path}/erase`);
    expect(await at.taken('EVENTS_QUEUE_URL')).toEqual([]);
  });

  test('that is not known has a page that says so', async () => {
    expect((await at.get(`${path}/nothing`)).status).toBe(404);
    const { status, text } = await at.get(path);
    expect(status).toBe(404);
    expect(text).toContain('Nothing is kept about a customer with this id.');
    expect((await at.get(`${list}/customers/${'x'.repeat(3_000)}`)).status).toBe(404);
  });
});

test('looking on after what no customer can have begins from the beginning', async () => {
  await bornAndDeleted();
  const after = 'x'.repeat(3_000);
  const { status, text } = await at.post(`${list}/search`, { text: externalId, after });
  expect(status).toBe(200);
  expect(text).toContain(id);
});

test('an external id is looked for a part at a time among all customers', async () => {
  const wanted = `rare-${made}`;
  for (let nth = 0; nth < 20; nth++) {
    await at.tell('customer.created', `part-${nth}`, {
      minute: 1,
      externalId: nth % 10 === 0 ? wanted : `other-${nth}`,
    });
  }
  const search = dynamoCustomersByExternalId(at.db, at.tableOf('Customers'), { pageSize: 1 });
  const found: string[] = [];
  let searches = 0;
  for (let next: string | undefined = ''; next !== undefined; searches++) {
    const part = await search(wanted, next || undefined);
    found.push(...part.customerIds);
    next = part.next;
  }
  expect(found.sort()).toEqual(['part-0', 'part-10']);
  expect(searches).toBeGreaterThan(2);
});
