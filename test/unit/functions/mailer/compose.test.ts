import { expect, it } from 'vitest';
import { composer } from '#functions/mailer/compose.ts';
import type { SubscriptionSnapshot } from '#shared/audience/person/subscription-snapshot.ts';
import { firstSend } from '#shared/audience/workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { sampleVariables } from '#shared/mail/test-email.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';

const portal = { server: 'production', organizationSlug: 'northlight' } as const;
const compose = composer(
  'hello@example.com',
  async () => 'https://audience.example/unsubscribe/1',
  async () => portal,
  async () => ({}),
);

/** The ready-made email of an event, to a contact of this name. */
function composedFor(
  { event, conditions, email }: (typeof readyMade)[number],
  firstName: string,
  by = compose,
  subscription?: SubscriptionSnapshot,
) {
  const { settings, contact, record, workflow } = approvedMail();
  if (!contact || !record || !workflow) throw new Error('The mail is not approved.');
  const compilation = compileEmail(email, event);
  if (compilation.kind === 'refused') throw new Error('The email is refused.');
  const trigger = { event, conditions: [...conditions] };
  const { event: properties } = sampleVariables({ trigger }, contact.address, new Date());
  const approved = {
    kind: 'send' as const,
    contact: { ...contact, firstName, lastName: 'Lovelace' },
    record: { ...record, type: event, properties },
    step: firstSend(mailing(workflow, email, compilation.compiled)),
    subscription,
  };
  return by(approved, settings, 'key');
}

it.each(readyMade)('the email $name goes out without a name that is a link', async (ready) => {
  const composed = await composedFor(ready, 'evil.com');
  expect(composed.kind).toBe('composed');
  expect(JSON.stringify(composed)).not.toMatch(/evil|Lovelace/);
});

it('a welcome calls people by the name that they gave', async () => {
  const [welcome] = readyMade.filter(({ name }) => name === 'welcome');
  if (!welcome) throw new Error('There is no welcome.');
  const composed = await composedFor(welcome, 'Ada');
  expect(composed).toMatchObject({ mail: { text: expect.stringContaining('Ada') } });
});

it('a mail links to the portal of the organization, with the address of its reader', async () => {
  const [failed] = readyMade.filter(({ name }) => name === 'payment-failed');
  if (!failed) throw new Error('There is none.');
  const email = { ...failed.email, body: 'At {{ event.portalUrl }}' };
  const composed = await composedFor({ ...failed, email }, 'Ada');
  const { contact } = approvedMail();
  const address = encodeURIComponent(contact?.address ?? '');
  expect(address).toContain('%40');
  expect(composed).toMatchObject({
    mail: {
      text: expect.stringMatching(/^At https:.*\n/),
      html: expect.stringContaining(`At https://polar.sh/northlight/portal?email=${address}<`),
    },
  });
});

it('a mail speaks in the name of the shop, whose portal and support address it has', async () => {
  const brand = {
    name: 'Northlight',
    supportAddress: 'help@northlight.example',
    portalUrl: 'https://northlight.example/billing',
  };
  const branded = composer(
    'hello@example.com',
    async () => 'https://audience.example/unsubscribe/1',
    async () => portal,
    async () => brand,
  );
  const [failed] = readyMade.filter(({ name }) => name === 'payment-failed');
  if (!failed) throw new Error('There is none.');
  expect(await composedFor(failed, 'Ada', branded)).toMatchObject({
    mail: {
      replyTo: brand.supportAddress,
      text: expect.stringContaining(`Check payment method: ${brand.portalUrl}\n`),
      html: expect.stringContaining('you are a customer of Northlight'),
    },
  });
  const own = { ...failed, email: { ...failed.email, replyTo: 'billing@example.com' } };
  expect(await composedFor(own, 'Ada', branded)).toMatchObject({
    mail: { replyTo: 'billing@example.com' },
  });
});

it('an email that needs a name says why there is none, where the name is a link', async () => {
  const [welcome] = readyMade.filter(({ name }) => name === 'welcome');
  if (!welcome) throw new Error('There is no welcome.');
  const email = { ...welcome.email, body: 'Hi {{ contact.firstName }}' };
  expect(await composedFor({ ...welcome, email }, 'evil.com')).toEqual({
    kind: 'blocked',
    reason: expect.stringContaining('the name of this contact is left out of mails'),
  });
});

it('an email says what its subscription is now, and days of it as people write them', async () => {
  const [failed] = readyMade.filter(({ name }) => name === 'payment-failed');
  if (!failed) throw new Error('There is none.');
  const body =
    'It is {{ subscription.status }}{% if subscription.endsAt %} until {{ subscription.endsAt | day }}{% endif %}.';
  const wanted = { ...failed, email: { ...failed.email, body } };
  const version = '2026-11-23T11:58:00.000000Z';
  const active = { version, status: 'active' };
  expect(await composedFor(wanted, 'Ada', compose, active)).toMatchObject({
    mail: { text: expect.stringMatching(/^It is active\.\n/) },
  });
  const ends = { ...active, endsAt: '2026-12-24T10:00:00.000000Z' };
  expect(await composedFor(wanted, 'Ada', compose, ends)).toMatchObject({
    mail: { text: expect.stringMatching(/^It is active until December 24, 2026 \(UTC\)\.\n/) },
  });
  expect(await composedFor(wanted, 'Ada')).toEqual({
    kind: 'blocked',
    reason: 'The variable subscription.status has no value and no default.',
  });
});
