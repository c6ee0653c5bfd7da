import { parse } from 'parse5';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { unsubscribe } from '#functions/unsubscribe/unsubscribe.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { contactSchema } from '#shared/audience/person/person.ts';
import { fresh, freshEmail, request, startUnsubscribe, tokens } from './unsubscribe-at-work.ts';

let work: Awaited<ReturnType<typeof startUnsubscribe>>;
let audience: typeof work.audience;
beforeAll(async () => {
  work = await startUnsubscribe();
  audience = work.audience;
});
afterEach(() => work.setBrand({}));
afterAll(() => work.stop());

const comeBack = 'act=subscribe';

async function unsubscribed() {
  const [email, id] = [freshEmail(), fresh('c')];
  await audience.tell('customer.created', id, { minute: 1, email });
  const token = await work.linkTo(email);
  await work.post(token);
  work.aMinuteLater();
  return { email, id, token };
}

const complain = (email: string, reason: 'complained' | 'bounced') =>
  audience.refusals.ofAddress(email, {
    reason,
    at: '2026-11-01T00:00:00.000Z',
    by: 'the recipient, by SES',
  });

describe('who is unsubscribed already', () => {
  it('is told so, and can come back', async () => {
    const { token } = await unsubscribed();
    const { body } = await work.get(token);
    expect(body).toContain('You’re already unsubscribed');
    expect(body).toContain('Subscribe again');
    expect(body).not.toMatch(/<button type="submit">Unsubscribe/);
  });

  it('is subscribed again by the form, which is noted, and unsubscribes again as ever', async () => {
    const { email, id, token } = await unsubscribed();
    const page = await work.post(token, comeBack);
    expect(page).toMatchObject({ statusCode: 200 });
    expect(page.body).toContain('You’re subscribed again');
    expect(await audience.contact(email)).toMatchObject({ subscribed: true });
    expect(await audience.reasons(email)).toEqual([]);
    expect(await audience.item('Customers', { customerId: id })).toMatchObject({
      contact: {
        consent: {
          history: [{ act: 'subscribed', by: 'the recipient, on the unsubscribe page' }],
        },
      },
    });
    expect((await work.get(token)).body).toContain('Unsubscribe?');
    work.aMinuteLater();
    await work.post(token);
    expect(await audience.contact(email)).toMatchObject({ subscribed: false });
  });

  it('changes nothing by being asked, nor by any other body', async () => {
    const { token } = await unsubscribed();
    const before = await work.everything();
    await work.get(token);
    await work.answer(request('HEAD', token));
    for (const body of ['act=subscribe&x=1', 'List-Unsubscribe=One-Click&act=subscribe', ' ']) {
      await work.post(token, body);
    }
    const reasons = (rows: unknown) => JSON.stringify(rows).match(/"unsubscribed":\{/g)?.length;
    expect(reasons(await work.everything())).toBe(reasons(before));
  });

  it('comes back at the present address, too, by an old email', async () => {
    const { email: old, id, token } = await unsubscribed();
    const present = freshEmail();
    await audience.tell('customer.updated', id, { minute: 2, email: present });
    expect(await audience.contact(present)).toMatchObject({ subscribed: false });
    expect((await work.post(token, comeBack)).body).toContain('subscribed again');
    expect(await audience.contact(present)).toMatchObject({ subscribed: true });
    expect(await audience.reasons(old)).toEqual([]);
  });

  it('comes back where nothing but the hash of the address is known', async () => {
    const email = freshEmail();
    const token = tokens.of({ contactId: fresh('gone'), addressHash: audience.hash(email) });
    await work.post(token);
    expect(await audience.reasons(email)).toEqual(['unsubscribed']);
    work.aMinuteLater();
    expect(await work.post(token, comeBack)).toMatchObject({ statusCode: 200 });
    expect(await audience.reasons(email)).toEqual([]);
  });
});

describe('who has an email of version 0.1.0, which spelled the address otherwise', () => {
  async function spelledOtherwise() {
    const id = fresh('c');
    const email = `${id}@bücher.example`;
    await audience.tell('customer.created', id, { minute: 1, email });
    const key = normalisedEmail(email);
    const { contactId } = contactSchema.parse(await audience.contact(key));
    const addressHash = audience.hash(email);
    expect(addressHash).not.toBe(audience.hash(key));
    return { key, token: tokens.of({ contactId, customerId: id, addressHash }) };
  }

  it('is offered the way back, told that they are unsubscribed, and comes back', async () => {
    const { key, token } = await spelledOtherwise();
    expect((await work.get(token)).body).toContain('Unsubscribe?');
    expect((await work.post(token)).body).toContain('Subscribe again');
    expect(await audience.contact(key)).toMatchObject({ subscribed: false });
    work.aMinuteLater();
    expect((await work.get(token)).body).toContain('You’re already unsubscribed');
    expect((await work.post(token, comeBack)).body).toContain('You’re subscribed again');
    expect(await audience.contact(key)).toMatchObject({ subscribed: true });
  });

  it('is not offered it where they complained', async () => {
    const { key, token } = await spelledOtherwise();
    await complain(key, 'complained');
    const { body } = await work.get(token);
    expect(body).toContain('You’re already unsubscribed');
    expect(body).not.toContain('Subscribe again');
    expect(await work.post(token, comeBack)).toMatchObject({ statusCode: 409 });
  });
});

describe('the way back', () => {
  it.each(['complained', 'bounced'] as const)('lifts nothing of who %s', async (reason) => {
    const { email, token } = await unsubscribed();
    await complain(email, reason);
    expect((await work.get(token)).body).not.toContain('Subscribe again');
    const before = await work.everything();
    const page = await work.post(token, comeBack);
    expect(page).toMatchObject({ statusCode: 409 });
    expect(page.body).toContain('Nothing has changed');
    expect(await work.everything()).toEqual(before);
    expect(await audience.contact(email)).toMatchObject({ subscribed: false });
  });

  it('lifts nothing of who complained at another address', async () => {
    const { id, token } = await unsubscribed();
    const present = freshEmail();
    await audience.tell('customer.updated', id, { minute: 2, email: present });
    await complain(present, 'complained');
    const before = await work.everything();
    expect(await work.post(token, comeBack)).toMatchObject({ statusCode: 409 });
    expect(await work.everything()).toEqual(before);
  });

  it('by an email to a former address lifts nothing that the present one said', async () => {
    const [old, id] = [freshEmail(), fresh('c')];
    await audience.tell('customer.created', id, { minute: 1, email: old });
    const byOld = await work.linkTo(old);
    const present = freshEmail();
    await audience.tell('customer.updated', id, { minute: 2, email: present });
    await work.post(await work.linkTo(present));
    work.aMinuteLater();
    expect(await work.post(byOld, comeBack)).toMatchObject({ statusCode: 409 });
    expect(await audience.contact(present)).toMatchObject({ subscribed: false });
    await work.post(byOld);
    work.aMinuteLater();
    expect(await work.post(byOld, comeBack)).toMatchObject({ statusCode: 409 });
    expect(await audience.contact(present)).toMatchObject({ subscribed: false });
  });

  it('takes back, at the present address, what was said by an email to a former one', async () => {
    const [old, id] = [freshEmail(), fresh('c')];
    await audience.tell('customer.created', id, { minute: 1, email: old });
    const byOld = await work.linkTo(old);
    const present = freshEmail();
    await audience.tell('customer.updated', id, { minute: 2, email: present });
    for (let times = 0; times < 2; times++) {
      await work.post(byOld);
      work.aMinuteLater();
    }
    expect(await audience.contact(present)).toMatchObject({ subscribed: false });
    expect(await work.post(byOld, comeBack)).toMatchObject({ statusCode: 200 });
    expect(await audience.contact(present)).toMatchObject({ subscribed: true });
    expect(await audience.reasons(old)).toEqual([]);
  });

  it.each(['complained', 'bounced'] as const)(
    'lifts nothing of who %s and is known by the hash of an address only',
    async (reason) => {
      const email = freshEmail();
      const token = tokens.of({ contactId: fresh('gone'), addressHash: audience.hash(email) });
      await work.post(token);
      await complain(email, reason);
      work.aMinuteLater();
      expect(await work.post(token, comeBack)).toMatchObject({ statusCode: 409 });
      expect(await audience.reasons(email)).toEqual([reason, 'unsubscribed'].sort());
    },
  );

  it('lifts nothing of who was deleted', async () => {
    const { email, id, token } = await unsubscribed();
    await audience.tell('customer.deleted', id, { minute: 2, email, deletedAt: 'x' });
    expect(await work.post(token, comeBack)).toMatchObject({ statusCode: 409 });
    expect(await audience.contact(email)).toMatchObject({ subscribed: false });
  });

  it('is open only with a token of ours', async () => {
    const before = await work.everything();
    for (const forged of ['forged', '', 'test.x']) {
      expect(await work.post(forged, comeBack)).toMatchObject({ statusCode: 404 });
    }
    expect(await work.everything()).toEqual(before);
  });
});

describe('the link of a test email', () => {
  it.each(['GET', 'POST'])('says by %s that it was a test, and changes nothing', async (method) => {
    const before = await work.everything();
    const { statusCode, body } = await work.answer(request(method, 'test'));
    expect(statusCode).toBe(200);
    expect(body).toContain('This was a test');
    expect(body).not.toContain('<form');
    expect(await work.everything()).toEqual(before);
  });
});

describe('the page of a shop with a brand', () => {
  const northlight = {
    name: 'Northlight & <Co>',
    logo: 'https://cdn.northlight.example:8443/logo.png?a=1&b="',
    logoAlt: 'A "light"',
    accent: '#ffd400',
  };

  it('names the shop, shows its logo and nothing else of others, and has its colour', async () => {
    work.setBrand(northlight);
    const email = freshEmail();
    await audience.tell('customer.created', fresh('c'), { minute: 1, email });
    const { body, headers } = await work.get(await work.linkTo(email));
    expect(body).toContain('<h1>Unsubscribe from Northlight &amp; &lt;Co&gt;?</h1>');
    expect(headers['content-security-policy']).toContain(
      ' img-src https://cdn.northlight.example:8443;',
    );
    expect(body).toContain('background: #ffd400; color: #000000');
    const names: string[] = [];
    parse(body, { onParseError: ({ code }) => names.push(code) });
    expect(names).toEqual([]);
  });

  it('shows the dark logo on a dark page, and a button that can be told from it', async () => {
    const logoDark = 'https://img.northlight.example/dark.png';
    work.setBrand({ ...northlight, logoDark, accent: '#111111' });
    const { body, headers } = await work.get('forged');
    expect(body).toContain(
      `<source srcset="${logoDark}" media="(prefers-color-scheme: dark)"><img `,
    );
    expect(headers['content-security-policy']).toContain(
      ' img-src https://cdn.northlight.example:8443 https://img.northlight.example;',
    );
    const outlined = '(prefers-color-scheme: dark) { button { border-color: currentColor } }';
    expect(body).toContain(outlined);
    work.setBrand({ ...northlight, accent: '#1d4ed8' });
    expect((await work.get('forged')).body).not.toContain(outlined);
  });

  it('is whole, too, where the brand cannot be read', async () => {
    const broken = unsubscribe({ ...work.parts, brand: () => Promise.reject(new Error('away')) });
    const { token } = await unsubscribed();
    expect((await broken(request('GET', token))).body).toContain('You’re already unsubscribed');
  });

  it('asks, where it cannot be read whether somebody is unsubscribed', async () => {
    const { token } = await unsubscribed();
    const standing = () => Promise.reject(new Error('away'));
    const broken = unsubscribe({ ...work.parts, wayBack: { ...work.parts.wayBack, standing } });
    expect((await broken(request('GET', token))).body).toContain('<h1>Unsubscribe?</h1>');
    expect((await broken(request('POST', token))).body).toContain('You’re unsubscribed');
  });
});
