import { describe, expect, it } from 'vitest';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import { compiledOf, node, problemsOf } from '#test/unit/shared/mail/an-email.ts';

describe('compiling an email', () => {
  it.each([
    [
      '{{ contact.fistName }}',
      'There is no variable contact.fistName; did you mean contact.firstName?',
    ],
    [
      '{{ event.product_name }}',
      'There is no variable event.product_name; did you mean event.productName?',
    ],
    ['{{ firstName }}', 'There is no variable firstName; did you mean contact.firstName?'],
    ['{{ customer.metadata.plan }}', 'There is no variable customer.metadata.plan.'],
    ['{{ contact[event.status] }}', 'There is no variable contact.[…].'],
    ['{{ contact.constructor }}', 'There is no variable contact.constructor.'],
    [
      '{{ contact.email.constructor }}',
      'There is no variable contact.email.constructor; did you mean contact.email?',
    ],
    [
      '{% for x in event %}{{ x }}{% endfor %}',
      "event isn't a value by itself; write event.productName, for example.",
    ],
    [
      '{% if contact %}x{% endif %}',
      "contact isn't a value by itself; write contact.firstName, for example.",
    ],
    ['{{ footer.unsubscribeUrl }}', 'There is no variable footer.unsubscribeUrl.'],
    ['{% assign footer = false %}', 'The name footer is taken; choose another.'],
    ['{% if event.status %}x', '{% if event.status %} is not closed.'],
    ['x {% endif %}', '{% endif %} has no opening tag before it.'],
    ['{{ contact.email ', '{{ contact.email is not closed.'],
    ['{{ contact.email ) | upcase }}', "`contact.email ) | upcase` isn't a single value."],
    [
      '{{ contact.email | upcas }}',
      "The filter upcas isn't available in emails; did you mean upcase?",
    ],
    ['{{ }}', `The Liquid couldn't be read: invalid value expression: "".`],
  ])('refuses %s', (body, problem) => {
    expect(problemsOf(node(`First line\n\n${body}`))).toEqual([`Body, line 3: ${problem}`]);
  });

  it.each([
    'include',
    'render',
    'layout',
    'block',
    'capture',
    'echo',
    'raw',
    'cycle',
    'tablerow',
    'liquid',
    'increment',
  ])('refuses the tag %s, which reads files or gets round the escaping', (tag) => {
    expect(problemsOf(node(`{% ${tag} "/etc/passwd" %}{% end${tag} %}`))[0]).toMatch(
      new RegExp(`^Body, line 1: The tag ${tag} isn't available in emails; use one of: if, `),
    );
  });

  it.each([
    'raw',
    'json',
    'inspect',
    'escape',
    'newline_to_br',
    'where_exp',
    'whole_url',
    'url_part',
  ])('refuses the filter %s', (filter) => {
    expect(problemsOf(node(`{{ contact.email | ${filter} }}`))[0]).toContain(
      `The filter ${filter} isn't available in emails`,
    );
  });

  it('names the field of each problem, all at once', () => {
    const email = node('{{ event.oops }}', {
      subject: 'Hi {{ contact.nam }}',
      preheader: '{% if %}{% endif %}',
    });
    expect(problemsOf(email)).toEqual([
      'Subject: There is no variable contact.nam; did you mean contact.name?',
      `Preheader: The Liquid couldn't be read: invalid value expression: "".`,
      'Body, line 1: There is no variable event.oops.',
    ]);
  });

  it('refuses an empty subject or body, and allows an empty preheader', () => {
    expect(problemsOf(node(' ', { subject: '' }))).toEqual([
      'Subject: it is empty.',
      'Body, line 1: it is empty.',
    ]);
    expect(compiledOf(node('x')).compiled.html).not.toContain('mso-hide');
  });

  it('refuses what is too long for an email', () => {
    expect(problemsOf(node('x'.repeat(50_001)))).toEqual([
      'Body, line 1: it is longer than 50000 characters.',
    ]);
    expect(problemsOf(node('- a\n'.repeat(7_000)))).toEqual(['Body: too long for an email.']);
    expect(compiledOf(node('- a\n'.repeat(3_000))).warnings).toEqual([
      'Body: so long that Gmail cuts it off.',
    ]);
  });

  it('warns of a variable that this event never has', () => {
    const { warnings } = compiledOf(
      node('\n{{ event.trialEnd | default: "?" }}'),
      'customer.created',
    );
    expect(warnings).toEqual([
      'Body, line 2: customer.created never has a value for event.trialEnd.',
    ]);
    expect(compiledOf(node('{{ event.trialEnd }}'), 'order.paid').warnings).toEqual([]);
  });

  it('warns of a name without a default, unless a condition asks for it', () => {
    expect(compiledOf(node('Hi {{ contact.firstName }}')).warnings).toEqual([
      'Body, line 1: Emails to contacts without contact.firstName will be blocked; give it a default: {{ contact.firstName | default: "…" }}.',
    ]);
    const guarded = 'Hi{% if contact.firstName %} {{ contact.firstName }}{% endif %}';
    expect(compiledOf(node(guarded)).warnings).toEqual([]);
    expect(compiledOf(node('{{ contact.email }}')).warnings).toEqual([]);
  });

  it('warns of HTML, which is shown as text', () => {
    expect(compiledOf(node('a <b>b</b>\n\n2 < 3 > 1')).warnings).toEqual([
      "Body, line 1: Emails don't use HTML: <b> is shown as text.",
    ]);
  });

  it('gives the same for the same', () => {
    const email = node('{% if event.status %}\n**a** {{ contact.email }}\n{% endif %}');
    expect(compileEmail(email, 'order.paid')).toEqual(compileEmail(email, 'order.paid'));
  });

  it('ends soon with deeply nested Markdown', () => {
    const deep = `${'> '.repeat(20_000)}x`;
    expect(compileEmail(node(deep), 'order.paid').kind).toBe('compiled');
    const brackets = '['.repeat(50_000);
    expect(compileEmail(node(brackets), 'order.paid').kind).toBe('compiled');
  });
});
