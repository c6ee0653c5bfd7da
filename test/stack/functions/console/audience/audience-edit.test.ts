import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventPath } from '#functions/console/kit/paths.ts';
import { contactSchema } from '#shared/audience/person/person.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());

let made = 0;
let id: string;
let email: string;
let path: string;
beforeEach(async () => {
  made += 1;
  id = `customer-${made}`;
  email = `ann${made}@example.com`;
  await at.tell('customer.created', id, { minute: 1, email, name: 'Ann Smith' });
  path = `/console/audience/${(await shown(email)).contactId}`;
});

const shown = async (address: string) => contactSchema.parse(await at.contact(address));

/** What a browser sends: what the form showed, and of that what a person changed. */
const form = (
  was: Readonly<Record<string, string>>,
  changed: Readonly<Record<string, string>>,
) => ({
  ...Object.fromEntries(Object.entries(was).map(([name, text]) => [`was-${name}`, text])),
  ...was,
  ...changed,
});
const ann = { firstName: 'Ann', lastName: 'Smith', externalId: '', userGroup: '' };

describe('editing a contact by hand', () => {
  test('saves what was changed, says who set it, and leaves the rest to Polar', async () => {
    const { html: asked } = await at.get(`${path}/edit`);
    expect(asked).toContain('name="firstName" type="text" value="Ann"');
    expect(asked).toContain('name="was-firstName" value="Ann"');

    const changed = { firstName: ' <i>Anne</i> ', userGroup: 'VIP' };
    const { text, html } = await at.submit(`${path}/edit`, form(ann, changed));
    expect(text).toContain('The contact was edited.');
    expect(text).toMatch(/<i>Anne<\/i> set by hand on \d+ \w+ \d{4}.*, by a local user/);
    expect(text).toMatch(/VIP set by hand on/);
    expect(html).not.toContain('<i>Anne');
    expect(text).not.toMatch(/Smith set by hand/);

    await at.tell('customer.updated', id, { minute: 5, email, name: 'Anna Berg' });
    const told = (await at.items('Events')).find(
      ({ customerId, keptByHand }) => customerId === id && keptByHand,
    );
    const { text: event } = await at.get(eventPath(told?.['webhookId']));
    expect(event).toContain('Left as set by hand First name');
    expect(await shown(email)).toMatchObject({
      ...{ firstName: '<i>Anne</i>', lastName: 'Berg', userGroup: 'VIP' },
    });
  });

  test('leaves to Polar what Polar changed while a person typed something else', async () => {
    await at.tell('customer.updated', id, { minute: 5, email, name: 'Anna Berg' });
    await at.submit(`${path}/edit`, form(ann, { externalId: 'e-1' }));
    const contact = await shown(email);
    expect(contact).toMatchObject({ firstName: 'Anna', lastName: 'Berg', externalId: 'e-1' });
    expect(contact.byHand).not.toHaveProperty('firstName');
  });

  test('leaves to Polar an id of two lines, which a browser shows and sends in one', async () => {
    await at.tell('customer.updated', id, { minute: 5, email, externalId: 'one\ntwo' });
    const was = { ...ann, externalId: 'one\ntwo' };
    await at.submit(`${path}/edit`, form(was, { externalId: 'onetwo', firstName: 'Anne' }));
    const contact = await shown(email);
    expect(contact).toMatchObject({ firstName: 'Anne', externalId: 'one\ntwo' });
    expect(contact.byHand).not.toHaveProperty('externalId');
  });

  test('of a field that is emptied means that there is none, until it is cleared', async () => {
    const { text } = await at.submit(`${path}/edit`, form(ann, { lastName: '' }));
    expect(text).toContain('Last name None set by hand');
    expect(await shown(email)).not.toHaveProperty('lastName');

    const { text: cleared } = await at.submit(`${path}/clear`, { field: 'lastName' });
    expect(cleared).toContain('Last name was cleared. Polar’s value applies again.');
    expect(cleared).not.toContain('set by hand');
    expect(await shown(email)).toMatchObject({ lastName: 'Smith' });
  });

  test('shows no group as set by hand that a newer event has taken the place of', async () => {
    await at.submit(`${path}/edit`, form(ann, { userGroup: 'VIP' }));
    const customer = await at.item('Customers', { customerId: id });
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const alwaysGroup = { occurredAt: later, webhookId: 'evt', group: 'buyers' };
    await at.put('Customers', { ...customer, alwaysGroup });
    expect((await at.get(path)).text).not.toContain('set by hand');
  });

  test('of a contact that was added by hand changes what was typed about the address', async () => {
    const added = `hand${made}@example.com`;
    await at.submit('/console/audience/add', { email: added, firstName: 'Bo' });
    const its = `/console/audience/${(await shown(added)).contactId}`;
    expect((await at.get(its)).text).toMatch(/Bo set by hand on .*, by a local user/);
    await at.submit(
      `${its}/edit`,
      form({ ...ann, firstName: 'Bo', lastName: '' }, { lastName: 'Li' }),
    );
    await at.tell('customer.created', `other-${made}`, { minute: 9, email: added, name: 'X Y' });
    expect(await shown(added)).toMatchObject({ firstName: 'Bo', lastName: 'Li' });
  });

  test.each([
    ['a name of which nothing can be seen', { firstName: '\u200b' }, 'no visible characters'],
    ['a group that is too long', { userGroup: 'g'.repeat(101) }, 'longer than 100 characters'],
  ])('with %s says so at the field and keeps what was typed', async (_, changed, problem) => {
    const sent = form(ann, { lastName: 'Typed', ...changed });
    const { status, text, html } = await at.post(`${path}/edit`, sent);
    expect(status).toBe(422);
    expect(text).toContain(problem);
    expect(html).toContain('value="Typed"');
    expect(html).toContain('name="was-lastName" value="Smith"');
    expect(html).toContain('aria-invalid="true"');
    expect(await shown(email)).toMatchObject({ lastName: 'Smith' });
  });

  test('saves nothing where nothing was changed, and clears no field that there is not', async () => {
    const before = await at.contact(email);
    expect((await at.submit(`${path}/edit`, form(ann, {}))).text).toContain('nothing was saved');
    expect((await at.submit(`${path}/clear`, { field: 'email' })).text).toContain(
      'nothing was cleared',
    );
    expect(await at.contact(email)).toEqual(before);
  });

  test('is noted in the operator log, by field and without what was typed', async () => {
    await at.submit(`${path}/edit`, form(ann, { firstName: 'Secret', userGroup: 'VIP' }));
    await at.submit(`${path}/clear`, { field: 'firstName' });
    const { contactId } = await shown(email);
    const acts = (await at.items('Acts')).filter(({ on }) => on.contactId === contactId);
    expect(acts.map(({ what, on, outcome }) => [what, on.fields, outcome]).sort()).toEqual([
      ['contact.edit', 'firstName', 'done'],
      ['contact.edit', 'firstName,userGroup', 'done'],
    ]);
    expect(JSON.stringify(acts)).not.toContain('Secret');
  });

  test.each(['edit', 'clear'])('%s without the token of the form does nothing', async (verb) => {
    await at.get(path);
    const before = await at.contact(email);
    const { status } = await at.postWithToken(`${path}/${verb}`, 'guessed', { firstName: 'X' });
    expect(status).toBe(403);
    expect(await at.contact(email)).toEqual(before);
  });
});
