import { describe, expect, it } from 'vitest';
import { rendered } from './an-email.ts';
import { parsedHtml } from './parsed-html.ts';

function linkOf(target: string, value: string) {
  const { html, text } = rendered(`[go](${target})`, { event: { productName: value } });
  return { href: parsedHtml(html).named('a')[0]?.attributes['href'], text: text.trim() };
}

describe('a link', () => {
  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//evil.example',
    '/path',
    'https://x.example/ a',
    'https://x.example/\u0000',
    'https://x.example\\@evil.example',
    'https://bank.example@evil.example/',
    'http://',
    'https:/x.example',
    'x',
  ])('that is the value %j leads nowhere', (value) => {
    expect(linkOf('{{ event.productName }}', value)).toEqual({ href: '#', text: 'go <#>' });
  });

  it.each(['https://x.example/a?b=c&d=%20#e', 'http://x.example', 'mailto:a@x.example?subject=b'])(
    'that is the value %j is kept',
    (value) => {
      expect(linkOf('{{ event.productName }}', value)).toEqual({
        href: value,
        text: `go <${value}>`,
      });
    },
  );

  it.each([
    [
      'https://x.example/o/{{ event.productName }}?a=1',
      'a/../"b"?c#d&',
      'https://x.example/o/a%2F..%2F%22b%22%3Fc%23d%26?a=1',
    ],
    [
      'https://x.example/?q={{ event.productName }}',
      "it's 100% {{ x }}",
      'https://x.example/?q=it%27s%20100%25%20%7B%7B%20x%20%7D%7D',
    ],
    [
      'https://x.example/?q={{ event.productName | url_encode }}',
      'a b&c',
      'https://x.example/?q=a+b%26c',
    ],
    [
      'mailto:{{ event.productName }}',
      'a@x.example?bcc=all@x.example',
      'mailto:a@x.example%3Fbcc%3Dall@x.example',
    ],
    [
      '{{ event.productName }}/pay?a={{ contact.firstName }}',
      'https://x.example',
      'https://x.example/pay?a=Anna',
    ],
  ])('%s with a value inside has it percent-encoded', (target, value, href) => {
    expect(linkOf(target, value)).toEqual({ href, text: `go <${href}>` });
  });
});
