import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import type { Recipient } from '#shared/audience/consent/refusals.ts';

export type UnsubscribeTokens = Readonly<{
  /** The part of an unsubscribe URL that says who unsubscribes. Holds no address in clear. */
  of(recipient: Recipient): string;
  /** `undefined` for everything that `of` with the same key did not give, to the letter. */
  read(token: string): Recipient | undefined;
}>;

/** Tokens never expire: the link in an old email must still work. Another kind of token needs another purpose. */
const purpose = 'unsubscribe token v1';

/** Stands in test mails for a token. It is none. */
export const testToken = 'test';

const longestToken = 2_048;

const contentSchema = z.object({
  c: z.string(),
  k: z.optional(z.string()),
  h: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

/** Makes and reads the tokens of unsubscribe links, signed with a key derived from the suppression key. */
export function unsubscribeTokens(suppressionKey: string): UnsubscribeTokens {
  const key = createSecretKey(createHmac('sha256', suppressionKey).update(purpose).digest());
  const signature = (content: string) =>
    createHmac('sha256', key).update(content).digest('base64url');

  return {
    of({ contactId, customerId, addressHash }) {
      const json = JSON.stringify({ c: contactId, k: customerId, h: addressHash });
      const content = Buffer.from(json).toString('base64url');
      return `${content}.${signature(content)}`;
    },

    read(token) {
      if (token.length > longestToken) return undefined;
      const [content = '', given = '', ...more] = token.split('.');
      if (more.length > 0 || !isSame(signature(content), given)) return undefined;
      const { c, k, h } = contentSchema.parse(
        JSON.parse(Buffer.from(content, 'base64url').toString()),
      );
      return { contactId: c, ...(k !== undefined && { customerId: k }), addressHash: h };
    },
  };
}

// As texts, because base64url has several spellings of the same bytes.
function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
