import { createHash } from 'node:crypto';

/** The customer of a made-up event. */
export type Person = Readonly<{
  customerId: string;
  email: string;
  name: string;
  externalId: string | null;
  /** Just created, so that Polar says of no change yet. */
  isNew: boolean;
}>;

export const organizationId = '6f1d2c3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f';
const dayMs = 86_400_000;

/** The same id for the same text, so that commands about one address are about one customer. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return hex.replace(
    /^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/,
    (_, a, b, c, d, e) => `${a}-${b}-4${c}-8${d}-${e}`,
  );
}

/** The id of the customer in made-up events with this address; after a deletion somebody else has it, in a life of its own. */
export function sampleCustomerId(email: string, life = 1): string {
  return uuidOf(life === 1 ? email.toLowerCase() : `${email.toLowerCase()} ${life}`);
}

/** Nobody deletes and makes up the same address more often than that. */
const mostLives = 50;

/** Whether a customer was made up: by the page Send a test, `npm run polar` or the demo. Polar knows nothing of it. */
export function isSampleCustomer(customerId: string, emails: readonly string[]): boolean {
  const lives = Array.from({ length: mostLives }, (_, before) => before + 1);
  return emails.some((email) => lives.some((life) => sampleCustomerId(email, life) === customerId));
}

/** A time with the six fraction digits that Polar gives. */
export function instant(at: Date, microseconds = Math.floor(Math.random() * 1_000)): string {
  return at.toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
}

/** A customer as Polar shows it, alone or inside an order or a subscription. */
export function customer(
  { customerId, email, name, externalId, isNew }: Person,
  at: Date,
  type?: string,
) {
  const changedAt = instant(at, 100);
  return {
    id: customerId,
    created_at: isNew ? changedAt : instant(new Date(at.getTime() - 30 * dayMs), 100),
    modified_at: isNew && type !== 'customer.deleted' ? null : changedAt,
    metadata: {},
    external_id: externalId,
    email,
    email_verified: false,
    type: 'individual',
    name,
    billing_name: name,
    billing_address: {
      line1: 'Storgatan 12',
      line2: null,
      postal_code: '111 51',
      city: 'Stockholm',
      state: null,
      country: 'SE',
    },
    tax_id: null,
    locale: 'en',
    organization_id: organizationId,
    default_payment_method_id: null,
    deleted_at: type === 'customer.deleted' ? changedAt : null,
    first_user_event_at: null,
    avatar_url: `https://www.gravatar.com/avatar/${createHash('sha256').update(email).digest('hex')}?d=404`,
  };
}
