import { describe, expect, it } from 'vitest';
import { encodedMailbox, withAsciiDomain } from '#shared/mail/ses.ts';

describe('the sender of an email', () => {
  it.each(['hello@shop.example', 'Shop <hello@shop.example>', '"Shop, Inc." <hello@shop.example>'])(
    '%s stays as it is',
    (mailbox) => {
      expect(encodedMailbox(mailbox)).toBe(mailbox);
    },
  );

  it.each(['Zoë & Söhne', '"Zoë, Söhne"', '李小龍 商店', `Café ${'ö'.repeat(60)}`])(
    'with the name %s is written in encoded words that say the same',
    (name) => {
      const encoded = encodedMailbox(`${name} <hello@shop.example>`);
      const words = encoded.match(/=\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=/g) ?? [];
      const said = words
        .map((word) => Buffer.from(word.slice(10, -2), 'base64').toString())
        .join('');
      expect(said).toBe(name.replaceAll('"', ''));
      expect(Math.max(...words.map(({ length }) => length))).toBeLessThanOrEqual(75);
      expect(encoded.replaceAll(/=\?[^?]+\?B\?[^?]+\?=\s?/g, '')).toBe('<hello@shop.example>');
    },
  );
});

it('an encoded name has no backslashes before its quotes', () => {
  const [, base64 = ''] =
    /^=\?UTF-8\?B\?(.*)\?= </.exec(encodedMailbox('"Zoë \\"Z\\" Söhne" <a@shop.example>')) ?? [];
  expect(Buffer.from(base64, 'base64').toString()).toBe('Zoë "Z" Söhne');
});

describe('the domain of a recipient', () => {
  it.each([
    ['a@müller.de', 'a@xn--mller-kva.de'],
    ['zoë@Example.com', 'zoë@example.com'],
    ['a@localhost', 'a@localhost'],
  ])('%s is %s', (address, expected) => {
    expect(withAsciiDomain(address)).toBe(expected);
  });
});
