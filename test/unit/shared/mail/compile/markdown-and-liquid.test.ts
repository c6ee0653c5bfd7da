import { describe, expect, it } from 'vitest';
import { anna, bareCardOf, node, problemsOf, rendered } from '#test/unit/shared/mail/an-email.ts';
import { parsedHtml } from '#test/unit/shared/mail/parsed-html.ts';

const trial = { status: 'trialing', trialEnd: '2026-11-26T00:30:00.000000Z' };
const lines = (...all: string[]) => all.join('\n');

describe('Liquid in Markdown', () => {
  it.each([
    ['a value', 'Hi {{ contact.firstName }}!', '<p>Hi Anna!</p>'],
    [
      'a value in emphasis',
      '**{{ contact.firstName }}** _{{ contact.lastName }}_',
      '<p><strong>Anna</strong> <em>Lindqvist</em></p>',
    ],
    ['a value between words', 'a*{{ contact.firstName }}*b', '<p>a<em>Anna</em>b</p>'],
    [
      'a filter with a bar in a table',
      lines('| a |', '|---|', '| {{ contact.userGroup | default: "x|y" }} |'),
      '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>x|y</td></tr></tbody></table>',
    ],
    ['a value in code', '`{{ contact.firstName }}`', '<p><code>Anna</code></p>'],
    [
      'a value in a block of code',
      lines('```', '{{ contact.firstName }} {', '```'),
      '<pre>Anna &#123;</pre>',
    ],
    [
      'a value over lines',
      lines('{{ contact.userGroup', '| default: "none" }} here'),
      '<p>none here</p>',
    ],
    [
      'a condition in a sentence',
      'Hi{% if contact.firstName %} {{ contact.firstName }}{% endif %}.',
      '<p>Hi Anna.</p>',
    ],
    [
      'a condition around a paragraph',
      lines('{% if event.trialEnd %}', 'Trial', '{% else %}', 'Paid', '{% endif %}'),
      '<p>Trial</p>',
    ],
    [
      'a condition that does not hold',
      lines('a', '', '{% unless event.trialEnd %}', 'Paid', '{% endunless %}', 'b'),
      '<p>a</p><p>b</p>',
    ],
    [
      'a condition that is a paragraph',
      lines('{% if event.orderId %}Order{% endif %}', '', 'b'),
      '<p>b</p>',
    ],
    [
      'a condition around rows',
      lines('| a |', '|---|', '| 1 |', '{% if event.orderId %}', '| 2 |', '{% endif %}', '| 3 |'),
      '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr><tr><td>3</td></tr></tbody></table>',
    ],
    [
      'a condition around a table',
      lines('{% if event.orderId %}', '| a |', '|---|', '| 1 |', '{% endif %}', 'b'),
      '<p>b</p>',
    ],
    [
      'a condition around items',
      lines('- 1', '{% if event.orderId %}', '- 2', '{% endif %}'),
      '<ul><li>1</li></ul>',
    ],
    [
      'a condition after a quotation',
      lines('{% if event.trialEnd %}', '> q', '{% endif %}', 'b'),
      '<blockquote><p>q</p></blockquote><p>b</p>',
    ],
    [
      'a case',
      lines(
        '{% case event.status %}',
        '{% when "active" %}',
        'A',
        '{% when "trialing" %}',
        'T',
        '{% endcase %}',
      ),
      '<p>T</p>',
    ],
    [
      'an assignment',
      lines('{% assign day = event.trialEnd | date: "%e" | default: "?" %}', 'Day {{ day }}'),
      '<p>Day 26</p>',
    ],
    ['a loop', '{% for n in (1..3) %}{{ n }},{% endfor %}', '<p>1,2,3,</p>'],
    [
      'a comment',
      lines('a', '{% comment %} **{{ contact.secret }}', '{% endcomment %}', 'b'),
      '<p>a</p><p>b</p>',
    ],
    ['a heading', '## Hi {{ contact.firstName }}', '<h2>Hi Anna</h2>'],
    ['lines that end', lines('Best,', 'Ann'), '<p>Best,<br>Ann</p>'],
    [
      'what is indented',
      lines('{% if event.trialEnd %}', '    deep', '{% endif %}'),
      '<p>deep</p>',
    ],
    [
      'the word that stands for Liquid',
      'liquid0q {{ contact.firstName }} liquid1q',
      '<p>liquid0q Anna liquid1q</p>',
    ],
    [
      'braces that Markdown makes',
      '\\{\\{ contact.email }} &#123;% if %}',
      '<p>&#123;&#123; contact.email }} &#123;% if %}</p>',
    ],
    ['braces beside a value', '&#123;{{ contact.firstName }}}', '<p>&#123;Anna}</p>'],
  ])('%s stays what it is', (_, body, html) => {
    expect(bareCardOf(rendered(body, { event: trial }).html)).toBe(html);
  });

  it('takes dates as UTC wherever it runs', () => {
    const { text } = rendered('{{ event.trialEnd | date: "%B %e, %Y %H:%M" }}', { event: trial });
    expect(text).toBe('November 26, 2026 00:30\n');
  });

  it('tells the line of a problem also after Liquid that runs over lines', () => {
    const body = lines('{{ contact.email', '| upcase }}', '', '> a', '> [b](javascript:x)');
    expect(problemsOf(node(body))).toEqual([
      'Body, line 5: A link or image leads to javascript:x; use http, https or mailto.',
    ]);
  });

  it.each([
    ['a paragraph', lines('a {% if event.orderId %} b', '', 'c {% endif %}')],
    ['emphasis', '**a {% if event.orderId %} b** c {% endif %}'],
    ['a list item', lines('- a {% if event.orderId %}', '- b {% endif %}')],
    ['a cell', lines('| a | b |', '|---|---|', '| {% if event.orderId %}1 | 2{% endif %} |')],
    ['a link text', '[a {% if event.orderId %} b](https://x.example) {% endif %}'],
    ['code', '`a {% if event.orderId %}` {% endif %}'],
    ['another branch', lines('{% if event.orderId %}', '', '**a', '{% else %}', 'b** {% endif %}')],
  ])('a condition that begins in %s and ends elsewhere is refused', (_, body) => {
    expect(problemsOf(node(body))[0]).toMatch(
      /^Body, line \d: \{% .* must begin and end in the same/,
    );
  });

  it('gives whole HTML whichever way conditions turn out', () => {
    const body = lines(
      '# T {% if event.trialEnd %}1{% else %}2{% endif %}',
      '{% if event.trialEnd %}',
      '- a',
      '  {% if contact.firstName %}',
      '  - b',
      '  {% endif %}',
      '{% else %}',
      '> c',
      '{% endif %}',
      '| | |',
      '|---|---|',
      '{% if event.trialEnd %}',
      '| x | **y** |',
      '{% endif %}',
      '| z | [l](https://x.example/{{ event.status }}) |',
    );
    for (const event of [trial, { status: 'active' }]) {
      for (const contact of [anna, { email: 'a@example.com' }]) {
        expect(parsedHtml(rendered(body, { event, contact }).html).errors).toEqual([]);
      }
    }
  });
});

describe('the plain-text part', () => {
  it('reads like a letter', () => {
    const body = lines(
      '# Welcome',
      '',
      'Hi **{{ contact.firstName }}**, see [our site](https://x.example/{{ event.status }}) or <https://y.example>.',
      '',
      '1. one',
      '   more',
      '2. two',
      '',
      '| | |',
      '|---|---|',
      '| Plan | {{ event.productName | default: "Pro" }} |',
      '{% if event.orderId %}',
      '| Order | {{ event.orderId }} |',
      '{% endif %}',
      '| Total | $5 |',
      '',
      '| A | B |',
      '|---|---|',
      '| 1 | 2 |',
      '',
      '> quoted',
      '> twice',
      '',
      '![A picture](https://x.example/a.png)',
    );
    expect(rendered(body, { event: { status: 'a b' } }).text).toBe(
      lines(
        'Welcome',
        '',
        'Hi Anna, see our site <https://x.example/a%20b> or https://y.example.',
        '',
        '1. one',
        '  more',
        '2. two',
        '',
        'Plan: Pro',
        'Total: $5',
        '',
        'A | B',
        '1 | 2',
        '',
        '> quoted',
        '> twice',
        '',
        'A picture',
        '',
      ),
    );
  });
});
