import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { html } from 'hono/html';
import type { ErasureProof } from '#shared/audience/operator-act.ts';
import { formerSpellings, normalisedEmail } from '#shared/audience/person/address.ts';
import { erasureProofs } from '#shared/store/operator-log.ts';
import type { Html } from './page.ts';
import { contactPath, customerPath } from './paths.ts';
import { time, who } from './shown.ts';

/** Who was erased under a text that a person typed: an address, or the id of a contact or a customer. The newest first. */
export type ErasuresUnder = (text: string) => Promise<readonly ErasureProof[]>;

/** No address and no id is longer. */
const longestName = 300;

type Parts = Readonly<{
  db: DynamoDBDocumentClient;
  env: Readonly<{ ACTS_TABLE: string }>;
  addressHash: () => Promise<(email: string) => string>;
}>;

export function erasuresUnder({ db, env, addressHash }: Parts): ErasuresUnder {
  const namesOf = async (text: string): Promise<string[]> => {
    if (!text.includes('@')) return [text];
    const [hash, email] = [await addressHash(), normalisedEmail(text)];
    return [email, ...formerSpellings(email, [text])].map(hash);
  };
  return async (typed) => {
    const text = typed.trim();
    if (text === '' || text.length > longestName) return [];
    return erasureProofs(db, env.ACTS_TABLE, await namesOf(text));
  };
}

/**
 * Why nobody is found by a text, a paragraph for each time that somebody was erased, with the way to what is still kept.
 * `here`: the path of the page that says it.
 */
export function erasedView(text: string, proofs: readonly ErasureProof[], here = ''): Html[] {
  const whose = text.includes('@') ? 'The person at this address' : 'The contact with this id';
  return proofs.map((proof, place) => {
    const page = pageOf(proof);
    const erased = html`${whose} was ${place > 0 && 'also '}erased on ${time(proof.erasedAt)}.`;
    return html`<p>${erased}<br>${askedText(proof)}${page && page !== here && html` <a href="${page}">See what’s kept</a>`}</p>`;
  });
}

export function askedText({ askedAt, askedBy }: Pick<ErasureProof, 'askedAt' | 'askedBy'>): Html {
  return html`Requested on ${time(askedAt)} by ${who(askedBy)}.`;
}

function pageOf({ customerId, contactId }: ErasureProof): string | undefined {
  if (customerId !== undefined) return customerPath(customerId);
  return contactId === undefined ? undefined : contactPath(contactId);
}
