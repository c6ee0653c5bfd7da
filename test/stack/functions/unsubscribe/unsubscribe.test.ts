import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { unsubscribe } from '#functions/unsubscribe/unsubscribe.ts';
import { coldStart } from '#test/support/process/cold-start.ts';
import { fresh, freshEmail, request, startUnsubscribe, tokens } from './unsubscribe-at-work.ts';

let work: Awaited<ReturnType<typeof startUnsubscribe>>;
let audience: typeof work.audience;
beforeAll(async () => {
  work = await startUnsubscribe();
  audience = work.audience;
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => work.stop());

describe('unsubscribing', () => {
  const bodies = {
    'by one click of a mail program': 'List-Unsubscribe=One-Click',
    'by one click in a multipart form':
      '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    'by the form of the page': undefined,
    'with a body that goes on and on': 'x'.repeat(1_000_000),
  };

  it.each(Object.entries(bodies))('counts %s, and twice is fine', async (_, body) => {
    const [email, id] = [freshEmail(), fresh('c')];
    await audience.tell('customer.created', id, { minute: 1, email });
    const token = await work.linkTo(email);
    expect(await audience.contact(email)).toMatchObject({ subscribed: true });
    const first = await work.post(token, body);
    expect(first).toMatchObject({ statusCode: 200, body: expect.stringContaining('unsubscribed') });
    expect(await audience.contact(email)).toMatchObject({ subscribed: false });
    expect(await audience.reasons(email)).toEqual(['unsubscribed']);
    expect(await audience.item('Customers', { customerId: id })).toMatchObject({
      no: {
        unsubscribed: {
          at: '2026-11-24T08:00:00.000Z',
          by: body?.includes('One-Click')
            ? 'the recipient, in the mail program'
            : 'the recipient, on the unsubscribe page',
        },
      },
    });
    const after = await work.everything();
    expect(await work.post(token, body)).toEqual(first);
    expect(await work.everything()).toEqual(after);
  });

  it('holds against every event that comes later', async () => {
    const [email, id] = [freshEmail(), fresh('c')];
    await audience.tell('customer.created', id, { minute: 1, email });
    await work.post(await work.linkTo(email));
    await audience.tell('order.paid', id, { minute: 2, email, name: 'Ann Lee' });
    expect(await audience.contact(email)).toMatchObject({ lastName: 'Lee', subscribed: false });
  });

  it('from an old email unsubscribes the old address and the present one', async () => {
    const [old, present, id] = [freshEmail(), freshEmail(), fresh('c')];
    await audience.tell('customer.created', id, { minute: 1, email: old });
    const token = await work.linkTo(old);
    await audience.tell('customer.updated', id, { minute: 2, email: present });
    expect(await audience.contact(present)).toMatchObject({ subscribed: true });
    expect(await work.post(token)).toMatchObject({ statusCode: 200 });
    expect(await audience.contact(present)).toMatchObject({ subscribed: false });
    expect(await audience.reasons(old)).toEqual(['unsubscribed']);
    expect(await audience.reasons(present)).toEqual(['unsubscribed']);
  });

  it('reaches whoever else had the address that the email went to', async () => {
    const [shared, own] = [freshEmail(), freshEmail()];
    const [first, second] = [fresh('c'), fresh('c')];
    await audience.tell('customer.created', first, { minute: 1, email: shared });
    const token = await work.linkTo(shared);
    await audience.tell('customer.updated', second, { minute: 2, email: shared });
    await audience.tell('customer.updated', second, { minute: 3, email: own });
    await work.post(token);
    expect(await audience.contact(own)).toMatchObject({ customerId: second, subscribed: false });
  });

  it('finds those through the customer who has the contact now', async () => {
    const [shared, own, present] = [freshEmail(), freshEmail(), freshEmail()];
    const [first, second] = [fresh('c'), fresh('c')];
    await audience.tell('customer.created', first, { minute: 1, email: shared });
    await audience.tell('customer.updated', first, { minute: 2, email: own });
    await audience.addByHand(shared, fresh('by-hand'));
    const token = await work.linkTo(shared);
    await audience.tell('customer.created', second, { minute: 3, email: shared });
    await audience.tell('customer.updated', second, { minute: 4, email: present });
    await work.post(token);
    expect(await audience.contact(present)).toMatchObject({ subscribed: false });
    expect(await audience.contact(own)).toMatchObject({ customerId: first, subscribed: false });
  });

  it('works where another customer has taken the address and the contact is not shown', async () => {
    const [email, moved] = [freshEmail(), freshEmail()];
    const [older, newer] = [fresh('c'), fresh('c')];
    await audience.tell('customer.created', older, { minute: 1, email });
    const token = await work.linkTo(email);
    await audience.tell('customer.created', newer, { minute: 2, email });
    expect(await audience.contact(email)).toMatchObject({ customerId: newer });
    await work.post(token);
    await audience.tell('customer.updated', older, { minute: 3, email: moved });
    expect(await audience.contact(moved)).toMatchObject({ customerId: older, subscribed: false });
  });

  it('works under the id that a contact had before it became one with another', async () => {
    const [left, own, id, former] = [freshEmail(), freshEmail(), fresh('c'), fresh('c')];
    await audience.tell('customer.created', former, { minute: 1, email: left });
    await audience.tell('customer.deleted', former, { minute: 2, email: left, deletedAt: 'x' });
    await audience.tell('customer.created', id, { minute: 3, email: own });
    const token = await work.linkTo(own);
    const { contactId } = (await audience.contact(own)) ?? {};
    await audience.tell('customer.updated', id, { minute: 4, email: left });
    expect(await audience.contact(left)).toMatchObject({
      mergedIds: [contactId],
      subscribed: true,
    });
    await work.post(token);
    expect(await audience.contact(left)).toMatchObject({ subscribed: false });
    expect(await audience.reasons(own)).toEqual(['unsubscribed']);
    expect(await audience.reasons(left)).toEqual(['unsubscribed']);
  });

  it('works for a contact without a customer', async () => {
    const email = freshEmail();
    await audience.addByHand(email, fresh('by-hand'));
    await work.post(await work.linkTo(email));
    expect(await audience.contact(email)).toMatchObject({ subscribed: false });
  });

  it.each([
    ['deleted', { deletedAt: 'x' }],
    ['erased', { deletedAt: 'x', anonymised: true }],
  ])(
    'works when the contact is %s, also for whoever comes later with the address',
    async (_, how) => {
      const [email, id, next] = [freshEmail(), fresh('c'), fresh('c')];
      await audience.tell('customer.created', id, { minute: 1, email });
      const token = await work.linkTo(email);
      const deletion = { minute: 2, ...('anonymised' in how ? {} : { email }), ...how };
      await audience.tell('customer.deleted', id, deletion, { customerDeleted: 'delete' });
      expect(await audience.contact(email)).toBeUndefined();
      expect(await work.post(token)).toMatchObject({
        statusCode: 200,
        body: expect.stringContaining('You’re unsubscribed'),
      });
      expect(await audience.reasons(email)).toEqual(['unsubscribed']);
      await audience.tell('customer.created', next, { minute: 3, email });
      expect(await audience.contact(email)).toMatchObject({ customerId: next, subscribed: false });
    },
  );

  it('keeps the other reasons of an address that is known by its hash only', async () => {
    const email = freshEmail();
    const bounced = { reason: 'bounced', at: '2026-11-01T00:00:00.000Z', by: 'SES' } as const;
    await audience.refusals.ofAddress(email, bounced);
    const gone = { contactId: fresh('gone'), addressHash: audience.hash(email) };
    await work.post(tokens.of(gone));
    expect(await audience.reasons(email)).toEqual(['bounced', 'unsubscribed']);
  });

  it('is done by many at once', async () => {
    const [email, id] = [freshEmail(), fresh('c')];
    await audience.tell('customer.created', id, { minute: 1, email });
    const token = await work.linkTo(email);
    const pages = await Promise.all(Array.from({ length: 8 }, () => work.post(token)));
    expect(new Set(pages.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(await audience.contact(email)).toMatchObject({ subscribed: false });
  });
});

describe('when something fails on our side', () => {
  it('asks to try again, and has suppressed the address already', async () => {
    const [email, id] = [freshEmail(), fresh('c')];
    await audience.tell('customer.created', id, { minute: 1, email });
    const settings = await audience.item('Settings', { name: 'settings' });
    await audience.put('Settings', { name: 'settings', newContacts: 'perhaps' });
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const { handler } = await coldStart('unsubscribe');
    const page = await handler(request('POST', await work.linkTo(email)));
    expect(page).toMatchObject({
      statusCode: 503,
      body: expect.stringContaining('in a few minutes'),
    });
    expect(await audience.reasons(email)).toEqual(['unsubscribed']);
    await audience.put('Settings', { name: 'settings', ...settings });
    expect(await handler(request('POST', await work.linkTo(email)))).toMatchObject({
      statusCode: 200,
    });
    work.lines.push(...written.mock.calls.map(([line]) => String(line)));
    written.mockRestore();
    expect(await audience.contact(email)).toMatchObject({ subscribed: false });
  });

  it('asks to try again while the key cannot be read', async () => {
    const closed = unsubscribe({
      ...work.parts,
      tokens: () => Promise.reject(new Error('No key for ann@example.com')),
    });
    expect(await closed(request('GET', 'any'))).toMatchObject({ statusCode: 503 });
    expect(work.lines.join()).toContain('No key for [address]');
  });
});

it('logs neither addresses nor tokens', () => {
  expect(work.lines.filter((line) => line.includes('"unsubscribed"')).length).toBeGreaterThan(5);
  expect(work.lines.join('\n')).not.toMatch(/@example|eyJ|forged|script/);
});
