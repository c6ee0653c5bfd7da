import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { renderEmail } from '#shared/mail/render-email.ts';
import { anna, cardOf, compiledOf, footer, node, rendered, tried } from './an-email.ts';
import { parsedHtml } from './parsed-html.ts';

const subjectOf = (subject: string, name: string) =>
  rendered('x', { contact: { ...anna, name } }, { subject }).subject;

describe('a missing value', () => {
  it.each([
    ['{{ event.trialEnd }}', 'event.trialEnd'],
    ['{{ event.trialEnd | date: "%B" }}', 'event.trialEnd'],
    ['[a](https://x.example/{{ event.orderId }})', 'event.orderId'],
    ['{% if event.orderId %}{% assign x = 1 %}{% endif %}{{ x }}', 'x'],
    ['{{ contact.userGroup }}', 'contact.userGroup'],
  ])('in %s blocks the email', (body, name) => {
    expect(tried(body)).toEqual({
      kind: 'blocked',
      reason: `The variable ${name} has no value and no default.`,
    });
  });

  it.each(['contact.firstName', 'contact.lastName', 'contact.name'])(
    'in {{ %s }} blocks with what is wrong with the name, where mails leave it out',
    (name) => {
      expect(tried(`{{ ${name} }}`, { contact: {}, isNameLeftOut: true })).toEqual({
        kind: 'blocked',
        reason: `The variable ${name} has no value and no default: the name of this contact is left out of mails, because it does not read as a name (a link, a telephone number, a message, more than 40 characters).`,
      });
    },
  );

  it('that is no name says nothing of a name that mails leave out', () => {
    expect(tried('{{ contact.userGroup }}', { isNameLeftOut: true })).toMatchObject({
      reason: 'The variable contact.userGroup has no value and no default.',
    });
  });

  it('that is assigned first blocks the email too', () => {
    expect(tried('{% assign x = event.orderId %}{{ x }}')).toEqual({
      kind: 'blocked',
      reason: 'A value that is assigned and printed is missing and has no default.',
    });
  });

  it.each([
    ['{{ event.trialEnd | default: "soon" }}', 'soon'],
    ['{{ event.trialEnd | date: "%B" | default: "soon" }}', 'soon'],
    ['{{- event.trialEnd | date: "%B" | upcase | default: "soon" -}}', 'soon'],
    ['{% assign x = event.trialEnd | date: "%B" | default: "soon" %}{{ x }}', 'soon'],
    ['{{ contact.userGroup | default: contact.firstName }}', 'Anna'],
    ['{% if event.trialEnd and event.status == "x" %}a{% else %}b{% endif %}', 'b'],
  ])('in %s is replaced', (body, text) => {
    expect(rendered(body).text.trim()).toBe(text);
  });

  it('is also one that is empty or only blank', () => {
    const body = 'Hi {{ contact.firstName | default: "there" }}';
    expect(rendered(body, { contact: { firstName: '' } }).text).toBe('Hi there\n');
    expect(rendered(body, { contact: { firstName: ' \t\u0000' } }).text).toBe('Hi there\n');
    expect(rendered(body, { contact: { firstName: undefined } }).text).toBe('Hi there\n');
  });

  it('is not zero or false', () => {
    const event = { amount: 0, cancelAtPeriodEnd: false };
    expect(rendered('{{ event.amount }} {{ event.cancelAtPeriodEnd }}', { event }).text).toBe(
      '0 false\n',
    );
  });
});

describe('the subject', () => {
  it('never holds a line break or a control character, so that no header can be added', () => {
    expect(subjectOf('Hi {{ contact.name }}', 'Eve\r\nBcc: all@example.org\u0000\u2028x')).toBe(
      'Hi Eve Bcc: all@example.org x',
    );
    expect(subjectOf('Hi\r\nBcc: a@b.c {{ contact.name }}', 'Eve')).toBe('Hi Bcc: a@b.c Eve');
  });

  it('cannot be turned round by characters for the direction of writing', () => {
    expect(subjectOf('{{ contact.name }} & you', '\u202eevE\u2066')).toBe('evE & you');
  });

  it('is not escaped', () => {
    expect(subjectOf('{{ contact.name }} & <co>', 'A & B <c>')).toBe('A & B <c> & <co>');
  });

  it('is cut between characters', () => {
    const subject = subjectOf('{{ contact.name }}', '👩‍💻'.repeat(300));
    expect([...subject]).toHaveLength(200);
    expect(subject.isWellFormed()).toBe(true);
    expect(subject.endsWith('…')).toBe(true);
  });

  it('blocks the email where it is empty', () => {
    expect(tried('x', {}, { subject: '{% if event.orderId %}Order{% endif %}' })).toEqual({
      kind: 'blocked',
      reason: 'The subject is empty.',
    });
  });
});

describe('a template without end', () => {
  const digits = '{% assign d = "0123456789" | split: "" %}';
  const loops = (count: number, inner: string) =>
    Array.from({ length: count }, (_, index) => `{% for i${index} in d %}`).join('') +
    inner +
    '{% endfor %}'.repeat(count);

  it.each([
    ['a long range', '{% for i in (1..99999999) %}{{ i }}{% endfor %}'],
    ['a range of a value', '{% for i in (1..event.amount) %}{% endfor %}'],
    ['loops in loops', `${digits}${loops(12, '')}`],
    [
      'a text that doubles',
      '{% assign s = "x" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}{{ s }}',
    ],
    [
      'a text that is replaced by itself',
      `{% assign s = "x" | append: "${'x'.repeat(5_000)}" %}{% assign s = s | replace: "x", s %}{% assign s = s | replace: "x", s %}{{ s }}`,
    ],
    ['a wide date', '{{ "now" | date: "%999999999d" }}'],
  ])('is blocked: %s', (_, body) => {
    // Two seconds of rendering, by a clock that runs twenty times as fast.
    const now = performance.now.bind(performance);
    const fast = vi.spyOn(performance, 'now').mockImplementation(() => 20 * now());
    onTestFinished(() => fast.mockRestore());
    expect(tried(body, { event: { amount: 1e15 } })).toEqual({
      kind: 'blocked',
      reason: 'The template takes too long, or too much memory, to render.',
    });
  });

  it('is blocked: much output', () => {
    const body = `${digits}${loops(5, 'a page of text and then some more of it, ')}`;
    expect(tried(body)).toEqual({ kind: 'blocked', reason: 'The email is too long.' });
  });

  it('is blocked with the words of Liquid where a filter cannot work', () => {
    expect(tried('{{ "now" | date: "%B", "Nowhere/Land" }}')).toEqual({
      kind: 'blocked',
      reason: 'The template cannot be rendered: Invalid time zone specified: Nowhere/Land',
    });
  });
});

describe('the footer', () => {
  const { compiled } = compiledOf(node('Body', { kind: 'marketing' }));

  it('has the postal address and the link to unsubscribe in both parts', () => {
    const email = renderEmail(compiled, { contact: anna, event: {} }, footer);
    if (email.kind === 'blocked') throw new Error(email.reason);
    const { errors, named } = parsedHtml(email.html);
    expect(errors).toEqual([]);
    expect(named('a').map(({ attributes }) => attributes['href'])).toEqual([footer.unsubscribeUrl]);
    expect(named('p').map(({ text }) => text)).toContain(
      'Northlight AB Storgatan 1 111 22 Stockholm, Sweden',
    );
    expect(email.text).toBe(
      [
        'Body',
        '',
        '-- ',
        footer.postalAddress,
        '',
        'You get this email because you are subscribed to our news. Unsubscribe:',
        footer.unsubscribeUrl,
        '',
      ].join('\n'),
    );
  });

  it('is not there in transactional mail', () => {
    const email = rendered('Body');
    expect(email.html.toLowerCase()).not.toContain('unsubscribe');
    expect(email.text).toBe('Body\n');
  });

  it('has its values escaped', () => {
    const email = renderEmail(
      compiled,
      { contact: anna, event: {} },
      { unsubscribeUrl: 'javascript:alert(1)', postalAddress: '<b>A</b> & {{ contact.email }}' },
    );
    if (email.kind === 'blocked') throw new Error(email.reason);
    expect(parsedHtml(email.html).named('a')[0]?.attributes['href']).toBe('#');
    expect(
      parsedHtml(email.html)
        .named('p')
        .map(({ text }) => text),
    ).toContain('<b>A</b> & {{ contact.email }}');
  });
});

it('is blocked where nothing is left of the body', () => {
  const body = '{% if event.orderId %}Order{% endif %}';
  const blocked = { kind: 'blocked', reason: 'The body is empty.' };
  expect(tried(body)).toEqual(blocked);
  const { compiled } = compiledOf(node(body));
  expect(renderEmail(compiled, { contact: anna, event: {} }, footer)).toEqual(blocked);
});

it('renders one compiled email for many people without mixing them up', () => {
  const { compiled } = compiledOf(node('{% assign who = contact.firstName %}Hi {{ who }}'));
  const to = (firstName: string) =>
    renderEmail(compiled, { contact: { firstName }, event: {} }, undefined);
  expect(to('Anna')).toMatchObject({ text: 'Hi Anna\n' });
  expect(to('Bo')).toMatchObject({ text: 'Hi Bo\n' });
  expect(cardOf(rendered('x').html)).toContain('x');
});
