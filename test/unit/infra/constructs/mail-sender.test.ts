import { describe, expect, it } from 'vitest';
import { mailSender } from '#infra/constructs/stage-options.ts';

describe('the sender', () => {
  it('is no-reply of a domain', () => {
    expect(mailSender('Shop.Example')).toEqual({
      from: 'no-reply@shop.example',
      address: 'no-reply@shop.example',
      domain: 'shop.example',
      given: 'domain',
    });
  });

  it('is an address', () => {
    expect(mailSender('hello@mail.shop.example')).toEqual({
      from: 'hello@mail.shop.example',
      address: 'hello@mail.shop.example',
      domain: 'mail.shop.example',
      given: 'address',
    });
  });

  it.each([
    ['Shop <hello@shop.example>', 'Shop <hello@shop.example>'],
    ['  My  Shop<hello@shop.example> ', 'My  Shop <hello@shop.example>'],
    ['Zoë & Söhne <hello@shop.example>', 'Zoë & Söhne <hello@shop.example>'],
    ['Shop, Inc. <hello@shop.example>', '"Shop, Inc." <hello@shop.example>'],
    ['"Shop, Inc." <hello@shop.example>', '"Shop, Inc." <hello@shop.example>'],
  ])('%j has a name', (text, from) => {
    expect(mailSender(text)).toEqual({
      from,
      address: 'hello@shop.example',
      domain: 'shop.example',
      given: 'address',
    });
  });

  it.each([
    '',
    'shop',
    'http://shop.example',
    'shop.example/',
    '-shop.example',
    'shop..example',
    '10.0.0.1',
    'hello@shop',
    'hello@shop.example, other@shop.example',
    'Shop hello@shop.example',
    'Shop <shop.example>',
    '<hello@shop.example>',
    'Shop <hello@shop.example> <other@shop.example>',
    'Shop\r\nBcc: all@shop.example <hello@shop.example>',
    'Shop "the best" <hello@shop.example>',
    `${'a'.repeat(101)} <hello@shop.example>`,
  ])('is not made of %j', (text) => {
    expect(mailSender(text)).toBeUndefined();
  });
});
