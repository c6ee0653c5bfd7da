import * as z from 'zod/mini';

const claimSchema = z.object({
  /** Version of the email with which this customer last had the address. */
  version: z.string(),
  /** `former`: the newest email of this customer is another one. */
  state: z.enum(['living', 'deleted', 'former']),
});
export type Claim = z.infer<typeof claimSchema>;

/** The customers who have, or ever had, one address. */
export const addressSchema = z.object({
  email: z.string(),
  claims: z.record(z.string(), claimSchema),
});
export type Address = z.infer<typeof addressSchema>;

/**
 * The customer whose facts an address shows: among those whose newest email it is, the living one with the newest
 * email version; where none lives, the deleted one with the newest. On equal versions the greater id.
 */
export function ownerOf(address: Address | undefined): string | undefined {
  const candidates = Object.entries(address?.claims ?? {}).filter(
    ([, claim]) => claim.state !== 'former',
  );
  const rank = ([id, claim]: [string, Claim]) =>
    `${claim.state === 'living' ? 1 : 0} ${claim.version} ${id}`;
  return candidates.reduce<[string, Claim] | undefined>(
    (best, candidate) => (best && rank(best) >= rank(candidate) ? best : candidate),
    undefined,
  )?.[0];
}
