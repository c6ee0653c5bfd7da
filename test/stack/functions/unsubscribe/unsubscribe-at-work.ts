import { unsubscribe } from '#functions/unsubscribe/unsubscribe.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import { jsonLog } from '#shared/log.ts';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { startAudience, suppressionKey } from '#test/support/audience/audience-at-work.ts';

export const tokens = unsubscribeTokens(suppressionKey);

/** A request as API Gateway hands it over: form bodies come in base64. */
export const request = (method: string, token: string | undefined, body?: string) => ({
  pathParameters: token === undefined ? undefined : { token },
  body: body && Buffer.from(body).toString('base64'),
  isBase64Encoded: body !== undefined,
  requestContext: { http: { method } },
});

let made = 0;
export function fresh(name: string): string {
  made += 1;
  return `${name}${made}`;
}
export const freshEmail = () => `${fresh('ann')}@example.com`;

/** The function on emulated DynamoDB, at 8 o'clock. */
export async function startUnsubscribe() {
  const audience = await startAudience();
  const lines: string[] = [];
  let [clock, brand] = [new Date('2026-11-24T08:00:00.000Z'), {}];
  const parts = {
    tokens: async () => tokens,
    refusals: audience.refusals,
    wayBack: audience.wayBack,
    brand: async (): Promise<Brand> => brand,
    now: () => clock,
    log: jsonLog((line) => lines.push(line)),
  };
  const answer = unsubscribe(parts);
  return {
    audience,
    lines,
    parts,
    answer,
    get: (token: string) => answer(request('GET', token)),
    post: (token: string, body?: string) => answer(request('POST', token, body)),
    aMinuteLater: () => {
      clock = new Date(clock.getTime() + 60_000);
    },
    setBrand: (to: Brand) => {
      brand = to;
    },
    /** The token in an email that goes to this address now. */
    async linkTo(email: string): Promise<string> {
      const { contactId, customerId } = (await audience.contact(email)) ?? {};
      return tokens.of({ contactId, customerId, addressHash: audience.hash(email) });
    },
    async everything() {
      const tables = ['Contacts', 'Customers', 'Addresses', 'Suppressions', 'Settings'];
      return Promise.all(tables.map(audience.items));
    },
    stop: audience.stop,
  };
}
