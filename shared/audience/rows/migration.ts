import { refuseForClaimants, takeOnRefusal } from '#shared/audience/consent/refusals.ts';
import {
  formerSpellings,
  isMailable,
  normalisedEmail,
  normalisedEmailSchema,
} from '#shared/audience/person/address.ts';
import { showAddress } from '#shared/audience/person/identity.ts';
import { type AudienceStore, type Means, type Surroundings, settle } from './unit-of-work.ts';
import type { Workspace } from './workspace.ts';

/**
 * `key`: version 0.1.0 kept something under a key that is not that of its address any more · `suppression`: it kept the
 * "no" of an address under the hash of another spelling · `none`: the key of what is no address.
 */
export type Former = 'key' | 'suppression' | 'none';

/** What there is to migrate of a contact, or of an address, that is kept under this key. Reads only. */
export async function formerOf(
  key: string,
  store: Pick<AudienceStore, 'load'>,
): Promise<Former | undefined> {
  if (!isMailable(key)) return 'none';
  const email = normalisedEmail(key);
  if (email !== key) return 'key';
  const spellings = formerSpellings(email);
  if (spellings.length === 0) return undefined;
  const rows = spellings.map((spelling) => ({ kind: 'suppressions', key: spelling }) as const);
  const { suppressions } = await store.load(rows);
  return [...suppressions.values()].some((row) => row !== null) ? 'suppression' : undefined;
}

/**
 * Gives what version 0.1.0 kept under this key to the address that it spells: its claims, its suppression and its
 * contact, which becomes one with the one that is there. What is no address loses its contact, and its customers keep
 * their facts. Safe to repeat, also when it fails midway.
 */
export async function migrateKey(key: string, means: Means): Promise<void> {
  const { store, surroundings, pause } = means;
  const claimants = await settle(store, (w) => migrate(w, key, surroundings), pause);
  await refuseForClaimants(claimants, normalisedEmail(key), means);
}

/** In one write with the key, so that an interruption forgets none; more than that have never been seen. */
const atOnce = 10;

/** Returns the customers who must still take on the "no" that was said at another spelling. */
function migrate(w: Workspace, key: string, surroundings: Surroundings): string[] {
  if (!isMailable(key)) {
    // That very key: what is no address may spell like somebody's.
    const none = normalisedEmailSchema.parse(key);
    w.addresses.remove(none);
    w.contacts.remove(none);
    return [];
  }
  const email = w.spelled(key);
  const address = w.addresses.get(email);
  if (address) w.addresses.put(email, address);
  const suppression = w.suppressions.get(email);
  if (suppression) w.suppressions.put(email, suppression);
  const claimants = suppression ? Object.keys(address?.claims ?? {}) : [];
  for (const id of claimants.slice(0, atOnce)) takeOnRefusal(w, id, email, surroundings);
  showAddress(w, email, surroundings);
  return claimants.slice(atOnce);
}
