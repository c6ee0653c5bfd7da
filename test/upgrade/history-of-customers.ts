import { randomBytes } from 'node:crypto';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { changeSettings } from './history-of-settings.ts';
import type { Life } from './life.ts';

const anonymised = {
  email: `${'5f2b9c7e'.repeat(8)}@anonymized.polar.sh`,
  name: 'e3a1c5f7'.repeat(8),
  billing_name: 'e3a1c5f7'.repeat(8),
  billing_address: null,
  metadata: { __anonymized_at: '2026-11-21T16:40:02.110921+00:00' },
};

/** Customers of every kind, and what people do to their contacts. */
export async function historyOfCustomers(life: Life): Promise<void> {
  await living(life);
  await sharingAnAddress(life);
  await byHand(life);
  await leaving(life);
  await deleted(life);
  await switchedOff(life);
}

async function living(life: Life) {
  const { happens, posts, stack } = life;
  const created = await happens('customer.created', 'ada', { isNew: true, externalId: 'user-1' });
  await happens('subscription.created', 'ada', { isNew: false });
  await happens('subscription.active', 'ada');
  await happens('order.paid', 'ada');
  await happens('subscription.past_due', 'ada');
  await happens('subscription.canceled', 'ada');
  await happens('subscription.uncanceled', 'ada');
  await happens('subscription.revoked', 'ada');
  await posts(created);
  await stack.work('EventsQueue');

  await happens('customer.created', 'ben', { isNew: true });
  await happens('customer.updated', 'ben', { isNew: false, email: 'ben@moved.example' });

  await happens('customer.created', 'jon', { isNew: true, changed: { email: null, type: 'team' } });
  const tooLarge = { metadata: { note: randomBytes(330_000).toString('base64') } };
  await happens('customer.created', 'tom', { isNew: true, changed: tooLarge });

  const replayed = await happens('order.paid', 'una');
  const replay = { act: 'replay', triggers: 'on', again: 'on' };
  await life.posted(`/console/events/${replayed.webhookId}`, replay);
  await life.posted(`/console/events/${replayed.webhookId}`, { act: 'replay' });
  await stack.work('EventsQueue');
  await stack.work('MailQueue');
}

async function sharingAnAddress({ happens }: Life) {
  const email = 'shared@example.com';
  await happens('customer.created', 'cora', { isNew: true, email });
  await happens('customer.created', 'dan', { isNew: true, email });

  await happens('customer.created', 'mia', { isNew: true });
  await happens('customer.created', 'max', { isNew: true });
  await happens('customer.deleted', 'mia', { isNew: false });
  await happens('customer.updated', 'max', { isNew: false, email: 'mia@example.com' });
}

async function byHand(life: Life) {
  const add = (name: string, more: Readonly<Record<string, string>> = {}) =>
    life.posted('/console/audience/add', { email: life.person(name).email, ...more });
  await add('kim', { firstName: 'Kim', userGroup: 'Friends', externalId: 'user-kim' });
  await add('lea', { firstName: 'Lea by hand', lastName: 'Typed' });
  await life.happens('customer.created', 'lea', { isNew: true });
  for (const name of ['rosa', 'quin', 'ida']) {
    await life.happens('customer.created', name, { isNew: true });
  }
  await actOn(life, 'rosa', 'unsubscribe');
  await actOn(life, 'quin', 'unsubscribe');
  await actOn(life, 'quin', 'subscribe');
  await actOn(life, 'ida', 'erase');
  await life.stack.work('EventsQueue');
}

export async function actOn(life: Life, name: string, act: string) {
  await life.posted(`/console/audience/${await life.contactIdOf(name)}/${act}`);
}

async function leaving(life: Life) {
  await life.happens('customer.created', 'nina', { isNew: true });
  await life.stack.unsubscribe(await linkOf(life, 'nina'), 'POST');
}

/** The last part of the unsubscribe link in this customer's mails. */
export async function linkOf(life: Life, name: string): Promise<string> {
  const { parts } = life.stack;
  const { customerId, email } = life.person(name);
  const addressHash = (await parts.addressHash())(email);
  const contactId = await life.contactIdOf(name);
  return unsubscribeTokens(await parts.suppressionKey()).of({ contactId, customerId, addressHash });
}

async function deleted(life: Life) {
  for (const [name, customerDeleted] of [
    ['eve', 'unsubscribe'],
    ['fay', 'delete'],
    ['gus', 'keep'],
  ] as const) {
    await changeSettings(life, { customerDeleted });
    await life.happens('customer.created', name, { isNew: true });
    await life.happens('customer.deleted', name, { isNew: false });
  }
  await changeSettings(life, { customerDeleted: 'unsubscribe' });
  await life.happens('customer.created', 'hal', { isNew: true });
  await life.happens('customer.deleted', 'hal', { isNew: false, changed: anonymised });
}

async function switchedOff(life: Life) {
  await changeSettings(life, { 'events.customer.updated.enabled': 'off' });
  await life.happens('customer.updated', 'ada', { name: 'Never Taken' });
  await changeSettings(life, {
    'events.customer.updated.enabled': 'on',
    newContacts: 'unsubscribed',
  });
  await life.happens('customer.created', 'pia', { isNew: true });
  await changeSettings(life, { newContacts: 'subscribed' });
}
