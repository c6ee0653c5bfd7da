import { expect, it } from 'vitest';
import { addressText } from '#functions/console/kit/shown.ts';

it.each([
  ['ada@example.com', 'ada@<wbr>example<wbr>.com'],
  ['a.b@c@mail.example.com', 'a.b@c@<wbr>mail<wbr>.example<wbr>.com'],
  ['<i>@x', '&lt;i&gt;@<wbr>x'],
])(
  'keeps %s on one line, or else breaks after its @ and before the dots behind it',
  async (address, markup) => {
    expect(String(await addressText(address))).toBe(`<span class="address">${markup}</span>`);
  },
);
