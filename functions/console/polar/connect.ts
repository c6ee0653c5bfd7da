import { bearerOf } from '#shared/aws/polar-access.ts';
import type { Access } from '#shared/polar/access.ts';
import { connectPolar } from '#shared/polar/connect-polar.ts';
import { isPolarApiError, OutOfTurn, PolarUnavailable } from '#shared/polar/polar-api-error.ts';
import { inTime } from './in-time.ts';
import type { PolarLink } from './polar-link.ts';

export type Connecting =
  | { kind: 'connected'; done: readonly string[] }
  /** The access is kept as the candidate until a person has chosen. */
  | { kind: 'choose' }
  | { kind: 'failed'; reason: string };

/** Connects with this access. Nothing is kept of one that Polar, or we, refuse. */
export async function connect(
  link: PolarLink,
  access: Access,
  { organization, by }: Readonly<{ organization?: string | undefined; by: string }>,
): Promise<Connecting> {
  try {
    const known = await link.connections.read();
    // Not its slug, which may be another one in Polar by now.
    const wanted = organization ?? known?.organizationId;
    const parts = link.partsFor(access.server, { token: bearerOf(access) });
    const result = await inTime(() => connectPolar(parts, { access, by, organization: wanted }));
    if (result.kind === 'connected') return { kind: 'connected', done: result.done };
    if (result.kind === 'choose') {
      await link.access.change((document) => ({ ...document, candidate: access }));
      return { kind: 'choose' };
    }
    await dropCandidate(link);
    return { kind: 'failed', reason: result.reason };
  } catch (error) {
    if (!isPolarApiError(error)) throw error;
    const mayWorkLater = error instanceof PolarUnavailable || error instanceof OutOfTurn;
    if (!mayWorkLater) await dropCandidate(link);
    return { kind: 'failed', reason: error.message };
  }
}

export async function dropCandidate({ access }: PolarLink): Promise<void> {
  const { candidate } = await access.read();
  if (candidate) await access.change(({ candidate: _, ...document }) => document);
}
