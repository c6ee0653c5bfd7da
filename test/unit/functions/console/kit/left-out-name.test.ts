import { describe, expect, it } from 'vitest';
import { leftOutName, nameNote } from '#functions/console/kit/left-out-name.ts';
import { contactSchema } from '#shared/audience/person/person.ts';

function contactNamed(firstName: string) {
  const at = '2026-11-23T11:59:00.000Z';
  return contactSchema.parse({
    ...{ contactId: 'contact-1', email: 'ann@example.com', address: 'ann@example.com', firstName },
    ...{ source: 'Polar webhook', consent: {}, subscribed: true, createdAt: at, updatedAt: at },
  });
}

const long = contactNamed('Maximiliana'.repeat(4));
const email = (body: string, subject = 'Welcome') => ({ subject, preheader: '', body });
const said = (text: string) => ({ subject: 'Welcome', text });

describe('an email without the name of its contact', () => {
  it.each([
    [long, '{{ contact.firstName | default: "there" }}', 'says “there” instead'],
    [long, "{{ contact.name|default: 'you' }}", 'says “you” instead'],
    [long, '{% if contact.lastName %}for you{% endif %}', 'is written without it'],
    [
      long,
      '{{ contact.name | default: "a" }} {{ contact.name | default: "b" }}',
      'is written without it',
    ],
  ])('says that the name is too long, and what it has instead', (contact, body, instead) => {
    expect(leftOutName(contact, email(body), said('Hi there, you, a, b'))).toBe(
      `This customer’s name is too long for mail (more than 40 characters), so the email ${instead}.`,
    );
  });

  it('says nothing of a default that it does not have', () => {
    const body =
      '{% if contact.name %}{{ contact.name | default: "never" }}{% else %}Hello{% endif %}';
    expect(leftOutName(long, email(body), said('Hello'))).toContain('is written without it');
  });

  it('says that the name is none', () => {
    const subject = 'Hi {{ contact.firstName | default: "you" }}';
    expect(leftOutName(contactNamed('evil.com'), email('', subject), said('Hi you'))).toBe(
      'This customer’s name doesn’t read as a name (a link, a telephone number or a message), so the email says “you” instead.',
    );
  });
});

it.each([
  ['has no place for one', long, 'Thank you.'],
  ['carries it', contactNamed('Ada'), '{{ contact.name | default: "you" }}'],
  ['is for somebody without one', contactNamed(' '), '{{ contact.name | default: "you" }}'],
])('an email that %s says nothing of names', (_, contact, body) => {
  expect(leftOutName(contact, email(body), said('Thank you.'))).toBeUndefined();
});

it.each([
  [
    long,
    'Left out: it is too long for mail (more than 40 characters). Edit it to a name that emails can carry.',
  ],
  [
    contactNamed('evil.com'),
    'Left out: it doesn’t read as a name (a link, a telephone number or a message). Edit it to a name that emails can carry.',
  ],
  [contactNamed('Ada'), undefined],
])('the page of a contact says why emails leave its name out', (contact, note) => {
  expect(nameNote(contact)).toBe(note);
});
