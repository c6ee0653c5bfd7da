import { createHash } from 'node:crypto';

export const organizationId = '6f1d2c3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f';

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

/** Whether a customer was made up: by the page Test event, `npm run polar` or the demo. Polar knows nothing of it. */
export function isSampleCustomer(customerId: string, emails: readonly string[]): boolean {
  const lives = Array.from({ length: mostLives }, (_, before) => before + 1);
  return emails.some((email) => lives.some((life) => sampleCustomerId(email, life) === customerId));
}

/** A time with the six fraction digits that Polar gives. */
export function instant(at: Date, microseconds = Math.floor(Math.random() * 1_000)): string {
  return at.toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
}
