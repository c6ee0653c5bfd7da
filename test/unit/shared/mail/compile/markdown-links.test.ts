import { describe, expect, it } from 'vitest';
import { node, problemsOf, rendered } from '#test/unit/shared/mail/an-email.ts';
import { parsedHtml } from '#test/unit/shared/mail/parsed-html.ts';

describe('Markdown', () => {
  it('does not let HTML through, and warns of it', () => {
    const html = rendered('a <b>b</b>\n\n<script>alert(1)</script>').html;
    expect(parsedHtml(html).named('b')).toEqual([]);
    expect(parsedHtml(html).named('script')).toEqual([]);
    expect(parsedHtml(html).named('p')[0]?.text).toBe('a <b>b</b>');
  });

  it.each([
    ['[a](javascript:alert(1))', 'javascript:alert(1)'],
    ['[a](JaVaScRiPt&colon;alert(1))', 'JaVaScRiPt:alert(1)'],
    ['![a](data:image/png;base64,AA)', 'data:image/png;base64,AA'],
    ['[a](/relative)', '/relative'],
    ['[a][b]\n\n[b]: vbscript:x', 'vbscript:x'],
    ['<ftp://x.example>', 'ftp://x.example'],
    ['[a](//x.example)', '//x.example'],
  ])('refuses the link %s', (body, target) => {
    expect(problemsOf(node(body))).toEqual([
      expect.stringContaining(`leads to ${target}; use http, https or mailto.`),
    ]);
  });

  it.each([
    ['[a]()', 'A link has no target.'],
    [
      '[a](https://{{ contact.userGroup }}.example.com)',
      "A variable can't be part of the host name in a link.",
    ],
    [
      '[a](https://example.com{{ contact.userGroup }}/x)',
      "A variable can't be part of the host name in a link.",
    ],
    [
      '[a](https://x.example/{% if event.orderId %}b{% endif %})',
      "A tag can't be inside a link or an image; put the whole link inside the tag.",
    ],
    [
      '![{% if event.orderId %}b{% endif %}](https://x.example/a.png)',
      "A tag can't be inside a link or an image; put the whole link inside the tag.",
    ],
  ])('refuses %s with a sentence', (body, problem) => {
    expect(problemsOf(node(body))).toEqual([`Body, line 1: ${problem}`]);
  });
});
