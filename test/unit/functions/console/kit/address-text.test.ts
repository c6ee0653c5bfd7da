import { expect, it } from 'vitest';
import { addressText, who } from '#functions/console/kit/shown.ts';

it.each([
  [
    'lets a long one break after its @ and before the dots behind it',
    'a.b@c.of.somebody@mail.department.example.com',
    'a.b@c.of.somebody@<wbr>mail<wbr>.department<wbr>.example<wbr>.com',
  ],
  [
    'keeps a short one on one line',
    'ada@mail.example.com',
    '<span class="address">ada@mail.example.com</span>',
  ],
  [
    'breaks one that fills a line there, too, where it has less',
    'somebody@simulator.example.com',
    '<span class="address">somebody@<wbr>simulator<wbr>.example<wbr>.com</span>',
  ],
  ['escapes a short one', '<i>@x', '<span class="address">&lt;i&gt;@x</span>'],
  [
    'escapes a long one',
    '<i>of-somebody-with-a-long-name@x.example',
    '&lt;i&gt;of-somebody-with-a-long-name@<wbr>x<wbr>.example',
  ],
])('%s', async (_, address, markup) => {
  expect(String(await addressText(address))).toBe(markup);
});

it('the address of who did something may break after its @, too', () => {
  const by =
    'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann@x.com';
  expect(String(who(by))).toBe(`<span title="${by}">ann@<wbr>x.com (Admin)</span>`);
});
