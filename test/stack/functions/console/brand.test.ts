import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Brand, brandFields } from '#shared/audience/settings/brand.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { dynamoBrand } from '#shared/store/settings/brand.ts';
import { keptBrand, replaceDocument } from '#shared/store/settings/kept-versions.ts';
import { startConsole } from './console-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());
beforeEach(async () => {
  at.cookies.clear();
  const TableName = at.tableOf('Settings');
  for (const { name } of await at.items('Settings')) {
    await at.db.send(new DeleteCommand({ TableName, Key: { name } }));
  }
});

const page = '/console/brand';
const brandNow = () => dynamoBrand(at.db, at.tableOf('Settings'))();

/** What a browser would post of the form. */
function fields(brand: Brand, more: Record<string, string> = {}) {
  const texts = brandFields.map((field) => [field, brand[field] ?? '']);
  return { ...Object.fromEntries(texts), version: '0', template: 'receipt', act: 'save', ...more };
}
/** What an empty field of the form says of what the settings had before. */
const none = { postalAddress: '', timeZone: '', language: '' };
const northlight = {
  ...{ name: 'Northlight', accent: '#e4572e', website: 'https://northlight.example' },
  ...none,
};
const save = (brand: Brand, more: Record<string, string> = {}) =>
  at.post(page, fields(brand, more));

describe('the page Sender & brand', () => {
  it('shows an empty form with a mail that is whole, and writes nothing', async () => {
    const html = await (await at.get(page)).html;
    expect(html).toContain('<h1>Sender &amp; brand</h1>');
    expect(html).toContain('aria-current="page">Sender &amp; brand');
    expect(html).toContain('Receipt ·');
    expect(html.match(/@media all\{/g)).toHaveLength(1);
    expect(html).toContain('once Polar is connected');
    expect(await at.item('Settings', { name: 'brand' })).toBeUndefined();
  });

  it('says at the name whom emails are from, which the deployment decides', async () => {
    const { text } = await at.get(page);
    expect(text).toMatch(
      /Identity Emails are from .+@.+ Set by the deployment.* Name Shown at the top/,
    );
  });

  it('saves what was typed, as a version with who saved it', async () => {
    expect((await save({ ...northlight, accent: ' E4572E ' })).status).toBe(303);
    expect(await brandNow()).toEqual(northlight);
    expect(await at.item('Settings', { name: 'brand#1' })).toMatchObject({
      version: 1,
      savedBy: expect.any(String),
    });
    const html = await (await at.get(page)).html;
    expect(html).toContain('value="Northlight"');
    expect(html).toContain('White text on it would be unreadable (3.7 to 1');
    expect(html).toContain('border-top:4px solid #e4572e');
  });

  it('has the postal address, time zone and language of older settings, and saves one document', async () => {
    const settings = {
      ...{ ...defaultSettings, version: 1, postalAddress: 'Old Street 1\nOslo' },
      ...{ timeZone: 'Europe/Oslo', language: 'nb' },
    };
    const Item = { name: 'settings', ...settings };
    await at.db.send(new PutCommand({ TableName: at.tableOf('Settings'), Item }));
    const { html } = await at.get(page);
    expect(html).toContain('value="Europe/Oslo"');
    expect(html).toContain('Old Street 1\nOslo</textarea>');
    const inherited = {
      postalAddress: 'Old Street 1\nOslo',
      timeZone: 'Europe/Oslo',
      language: 'nb',
    };
    await save(inherited);
    expect(await at.item('Settings', { name: 'brand' })).toBeUndefined();
    await save({
      ...northlight,
      ...inherited,
      postalAddress: ' New Street 2\r\nOslo ',
      language: '',
    });
    const own = { postalAddress: 'New Street 2\nOslo', timeZone: 'Europe/Oslo', language: '' };
    expect(await brandNow()).toEqual({ ...northlight, ...own });
    expect(await at.item('Settings', { name: 'settings' })).toEqual(Item);
    expect(await at.parts.settings()).toEqual({ ...settings, ...own, language: 'en' });
    const wrong = await save({ timeZone: 'Oslo' }, { version: '1' });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain('id="timeZone-problem">A time zone is a name such as');
  });

  it('makes no version of what is the same', async () => {
    await save(northlight);
    await save(northlight, { version: '1' });
    expect(await at.item('Settings', { name: 'brand' })).toMatchObject({ version: 1 });
  });

  it('says at each field what is not right, keeps what was typed, and saves nothing', async () => {
    const answer = await save({
      name: 'Northlight',
      accent: 'red',
      logo: 'http://x.example/a.png',
    });
    expect(answer.status).toBe(422);
    const html = answer.html;
    expect(html).toContain('id="accent-problem">It must be a color in six digits');
    expect(html).toContain('id="logo-problem">It must be a whole https address');
    expect(html).toContain('value="http://x.example/a.png"');
    expect(html).not.toContain('src=&quot;http://x.example');
    expect(await brandNow()).toEqual({});
  });

  it('shows a mail with what was typed, of the template that was chosen, and saves nothing', async () => {
    const answer = await save(
      { ...northlight, logo: 'https://cdn.northlight.example/logo.png' },
      { act: 'preview', template: 'welcome' },
    );
    expect(answer.status).toBe(200);
    const html = answer.html;
    expect(html).toContain('Welcome to Northlight');
    expect(html).toContain('value="welcome" selected');
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain('https://cdn.northlight.example');
    expect(policy).toContain("default-src 'none'");
    expect(await brandNow()).toEqual({});
  });

  it('saves nothing over what somebody else saved, but shows both, and then on purpose', async () => {
    await save(northlight);
    const answer = await save({ ...northlight, name: 'Mine' });
    expect(answer.status).toBe(409);
    const html = answer.html;
    expect(html).toContain('Your changes aren’t saved yet');
    expect(answer.text).toContain('Name Northlight Mine');
    expect(html).toContain('name="version" value="1"');
    expect(await brandNow()).toEqual(northlight);
    await save({ ...northlight, name: 'Mine' }, { version: '1' });
    expect(await brandNow()).toMatchObject({ name: 'Mine' });
  });

  it('puts an earlier version back, as a new one', async () => {
    await save(northlight);
    await save({}, { version: '1' });
    expect(await (await at.get(page)).html).toContain('Name: Northlight → none');
    await at.post(`${page}/restore`, { version: '1', present: '2' });
    expect(await brandNow()).toEqual(northlight);
    expect(await at.item('Settings', { name: 'brand' })).toMatchObject({ version: 3 });
    await at.post(`${page}/restore`, { version: '0', present: '2' });
    await at.post(`${page}/restore`, { version: '9', present: '3' });
    expect(await brandNow()).toEqual(northlight);
  });

  it('marks what a hand broke, and mends it by saving', async () => {
    const values = { name: 'Northlight', accent: 'red' };
    const Item = { name: 'brand', version: 1, values };
    await at.db.send(new PutCommand({ TableName: at.tableOf('Settings'), Item }));
    const html = await (await at.get(page)).html;
    expect(html).toContain('Someone edited the brand by hand, and “Accent color” can’t be used');
    await save({ name: 'Northlight' }, { version: '1' });
    expect(await at.item('Settings', { name: 'brand' })).toMatchObject({
      version: 2,
      values: { name: 'Northlight' },
    });
  });

  it('takes no form that is not whole', async () => {
    const saved = { at: new Date(), by: 'anna' };
    const change = { seen: {}, next: { values: northlight } };
    await replaceDocument(at.db, at.tableOf('Settings'), keptBrand, change, saved);
    expect((await at.post(page, { version: '1', act: 'save' })).status).toBe(303);
    expect(await brandNow()).toEqual(northlight);
  });

  it('notes who saved it in the operator log, and no preview', async () => {
    const before = (await at.items('Acts')).length;
    await save(northlight, { act: 'preview' });
    await save(northlight);
    const acts = (await at.items('Acts')).slice(before);
    expect(acts.map(({ what }) => what)).toEqual(['brand.set']);
  });
});
