import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contactVariables, eventVariables } from '#shared/mail/event-variables.ts';
import { type EmailVariables, type RenderedEmail, renderEmail } from '#shared/mail/render-email.ts';
import { oneLine } from '#shared/safe-text.ts';
import { anyText, anyUrl } from '#test/support/any-text.ts';
import { asMany } from '#test/support/as-many.ts';
import { compiledOf, footer, node } from './an-email.ts';
import { outlineOf, parsedHtml } from './parsed-html.ts';

const names = ['firstName', 'name', 'userGroup'] as const;
const properties = ['productName', 'status', 'interval', 'orderId'] as const;

/** Every place where a value can stand. */
const body = `# {{ contact.firstName | default: "-" }} {{ contact.name | default: "-" }}

Hi **{{ contact.firstName | default: "there" }}**, _{{ contact.userGroup | default: "-" }}_ \`{{ event.status | default: "-" }}\`.

{% if event.status %}
> {{ event.status }} {% if event.interval %}{{ event.interval | upcase }}{% endif %}
{% endif %}

- [whole]({{ event.productName | default: "https://x.example" }} "{{ contact.name | default: "-" }}")
- [part](https://x.example/{{ event.orderId | default: "-" }}?a={{ contact.name | default: "-" }}#{{ event.status | default: "-" }})
- <https://x.example/{{ event.orderId | default: "-" }}>
- [mail](mailto:{{ contact.name | default: "-" }})
- ![{{ event.interval | default: "-" }}](https://x.example/{{ event.productName | default: "-" }}.png)

| {{ contact.userGroup | default: "-" }} | b |
|---|---|
{% for i in (1..2) %}
| {{ event.productName | default: "-" }} | {{ event.orderId | default: "-" | append: "!" }} |
{% endfor %}

\`\`\`
{{ event.interval | default: "-" }}
\`\`\``;

const { compiled } = compiledOf(
  node(body, {
    subject: 'For {{ contact.name | default: "you" }}: {{ event.productName | default: "-" }}',
    preheader: '{{ contact.firstName | default: "you" }} {{ event.status | default: "-" }}',
  }),
  'order.paid',
);

const nasty = fc.constantFrom(
  ...['<', '>', '"', "'", '&', '&lt;', '&#123;', '{{', '}}', '{%', '%}', '{{ contact.email }}'],
  ...[
    '{% endif %}',
    '</p>',
    '</a>',
    '</title>',
    '</style>',
    '<script>',
    '<!--',
    '-->',
    '<![endif]-->',
  ],
  ...[
    '\r\nBcc: x@y.z',
    '\n',
    '\u2028',
    '\u0000',
    '\u202e',
    '\ud800',
    'javascript:',
    'https://',
    '//',
  ],
  ...[
    '" onmouseover="',
    "' style='",
    '`',
    '**',
    '](',
    '|',
    '\n\n# ',
    '\n- ',
    '> ',
    '\\',
    '%00',
    '%0d%0a',
  ],
  ...['liquid0q', 'liquid1q', '| raw', '@', '#', '?', ' ', '\t', '👩‍💻', 'é'],
);
const hostile = fc.oneof(
  fc
    .array(fc.oneof(nasty, anyText({ maxLength: 5 })), { maxLength: 12 })
    .map((all) => all.join('')),
  anyText(),
  anyUrl(),
);

const variables = fc.record({
  contact: fc.record(
    Object.fromEntries(names.map((name) => [name, fc.option(hostile, { nil: undefined })])),
  ),
  event: fc.record(Object.fromEntries(properties.map((name) => [name, hostile])), {
    requiredKeys: [],
  }),
});

/** The same values there, and none of them of any harm. */
function benign({ contact, event }: EmailVariables): EmailVariables {
  const tame = (values: object) =>
    Object.fromEntries(
      Object.entries(values)
        .filter(([, value]) => typeof value === 'string' && oneLine(value) !== '')
        .map(([name]) => [name, 'x']),
    );
  return { contact: tame(contact), event: tame(event) };
}

/** A render has two seconds by the clock on the wall, in which a busy machine may not get to it at all. */
const mostTries = 3;

function renderedWith(
  values: EmailVariables,
  tries = 1,
): Extract<RenderedEmail, { kind: 'rendered' }> {
  const email = renderEmail(compiled, values, footer);
  if (email.kind !== 'blocked') return email;
  if (tries < mostTries && email.reason.startsWith('The template takes too long')) {
    return renderedWith(values, tries + 1);
  }
  throw new Error(email.reason);
}

describe('values that customers choose', () => {
  it('never change the elements, attributes and styles of the HTML part', () => {
    fc.assert(
      fc.property(variables, (values) => {
        expect(outlineOf(renderedWith(values).html)).toEqual(
          outlineOf(renderedWith(benign(values)).html),
        );
      }),
      { numRuns: asMany(10, 2_500) },
    );
  });

  it('never lead a link anywhere but to http, https or mailto', () => {
    fc.assert(
      fc.property(variables, (values) => {
        const { elements } = parsedHtml(renderedWith(values).html);
        const targets = elements.flatMap(({ attributes }) => [
          ...(attributes['href'] === undefined ? [] : [attributes['href']]),
          ...(attributes['src'] === undefined ? [] : [attributes['src']]),
        ]);
        expect(targets.length).toBeGreaterThan(5);
        for (const target of targets) {
          expect(target).toMatch(/^(?:https?:\/\/|mailto:|#$)[^\s\p{Cc}]*$|^#$/u);
          if (!target.startsWith('mailto:') && target !== '#')
            expect(URL.canParse(target)).toBe(true);
        }
        const [, part] = parsedHtml(renderedWith(values).html).named('a');
        expect(new URL(part?.attributes['href'] ?? '').host).toBe('x.example');
      }),
      { numRuns: asMany(10, 1_750) },
    );
  });

  it('stay the text that they are, on one line', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        fc.pre(oneLine(value) !== '');
        const { html, text, subject } = renderedWith({ contact: { name: value }, event: {} });
        const shown = oneLine(value);
        const heading = parsedHtml(html).named('h1')[0]?.text;
        expect(heading).toBe(`- ${shown}`.replaceAll(/\s+/g, ' ').trim());
        expect(text.split('\n')[0]).toBe(`- ${shown}`);
        expect(subject.startsWith([...`For ${shown}`].slice(0, 150).join(''))).toBe(true);
      }),
      { numRuns: asMany(10, 2_500) },
    );
  });

  it('never add a line to the text part, or a line or control character to the subject', () => {
    fc.assert(
      fc.property(variables, (values) => {
        const { subject, text } = renderedWith(values);
        expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect([...subject].length).toBeLessThanOrEqual(200);
        expect(text.split('\n').length).toBe(renderedWith(benign(values)).text.split('\n').length);
        expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: asMany(10, 1_750) },
    );
  });

  it('reach no prototype and no method', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(Object.hasOwn(contactVariables, name)).toBe(false);
      expect(Object.hasOwn(eventVariables, name)).toBe(false);
    }
    const sneaky = { subject: 'x', html: 'x', text: '{{ contact.constructor.constructor }}' };
    expect(renderEmail(sneaky, { contact: { firstName: 'x' }, event: {} }, undefined)).toEqual({
      kind: 'blocked',
      reason: 'The variable contact.constructor has no value and no default.',
    });
  });
});
