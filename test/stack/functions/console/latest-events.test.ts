import { afterAll, beforeAll, expect, it } from 'vitest';
import { startConsoleWithEvents } from './events/events-at-work.ts';

let site: Awaited<ReturnType<typeof startConsoleWithEvents>>;
beforeAll(async () => {
  site = await startConsoleWithEvents();
});
afterAll(() => site.stop());

const rows = async () => {
  const { html } = await site.get('/console');
  return [...html.matchAll(/<span class="who">(.*?)<\/span>\n/gs)].map(([, who = '']) =>
    who.replace(/<[^>]+>/g, '').replace('&nbsp;', ' '),
  );
};

it('are told with the name that the contact has now, and the amount', async () => {
  await site.happen('order.paid', { email: 'grace@example.com', name: 'Grace <i>Hopper' });
  await site.happen('customer.created', { email: 'plain@example.com', name: '' });

  expect(await rows()).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Grace &lt;i&gt;Hopper · \$\d+\.\d\d$/),
      'plain@example.com',
    ]),
  );
});

it('are told with their address where another contact is at it by now', async () => {
  await site.happen('order.paid', { email: 'moved@example.com', name: 'Ann' });
  const contact = await site.item('Contacts', { email: 'moved@example.com' });
  await site.put('Contacts', { ...contact, contactId: 'another', firstName: 'Bob' });

  const shown = await rows();
  expect(shown).toContainEqual(expect.stringMatching(/^moved@example\.com · /));
  expect(shown.join()).not.toMatch(/Ann|Bob/);
});
