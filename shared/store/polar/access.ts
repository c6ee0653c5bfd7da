import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  type Access,
  type AccessDocument,
  accessDocument,
  accessText,
  type OAuthAccess,
  type PolarAddresses,
  type PolarServer,
} from '#shared/polar/access.ts';
import { PolarRefused, PolarUnavailable } from '#shared/polar/api-error.ts';
import { type OAuthTokens, refreshTokens } from '#shared/polar/oauth.ts';
import type { Lease } from '#shared/store/lease.ts';
import { secretText } from '#shared/store/secret.ts';

export type PolarAccessParts = Readonly<{
  secrets: SecretsManagerClient;
  secretId: string;
  /** Held for every write of the secret, so that nobody writes back a refresh token that is used up. */
  lease: Lease;
  addresses: (server: PolarServer) => PolarAddresses;
  now: () => Date;
  newId: () => string;
  fetch?: typeof globalThis.fetch;
  pause?: (ms: number) => Promise<unknown>;
}>;

export type PolarAccess = ReturnType<typeof polarAccess>;

/** The lease outlasts a refresh and the writes after it. */
export const accessLease = { name: 'polar-access-refresh', leaseMs: 45_000 } as const;
/** As long as a write may take. */
const writeMs = 5_000;

type Held = Readonly<{
  /** What the holder before left. */
  note: string | undefined;
  /** When it is over, as `Date.getTime` has it. */
  endsMs: number;
}>;

const renewBeforeMs = 60_000;
const waitMs = 300;
const mostWaits = 40;

/**
 * The secret PolarAccess. `token` gives a bearer token that is valid for a minute at least, also to many callers at
 * once: one of them refreshes, the new refresh token is stored before it is used, the others read it.
 */
export function polarAccess(parts: PolarAccessParts) {
  const { secrets, secretId, lease, addresses, now, newId, fetch, pause = setTimeout } = parts;
  const text = secretText(secrets, secretId);
  const read = async (): Promise<AccessDocument> => accessDocument(await text());
  /** A function can be frozen between its answers, longer than the lease: it must not write what it read before. */
  const write = async (document: AccessDocument, { endsMs }: Held): Promise<void> => {
    if (now().getTime() > endsMs - writeMs) throw new PolarUnavailable(tookTooLong);
    const SecretString = accessText(document);
    await secrets.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
  };
  const underWay = new Set<Promise<unknown>>();
  // New tokens that could not be stored, beside the refresh token that they cost: stored by the next call.
  let unsaved: (OAuthTokens & { spent: string }) | undefined;

  /** `meanwhile` may end the waiting with a result of its own. */
  async function underLease<T>(
    act: (held: Held) => Promise<{ result: T; note?: string }>,
    meanwhile: (isLast: boolean) => Promise<T | undefined> = async () => undefined,
  ): Promise<T> {
    const owner = newId();
    for (let waits = 0; waits <= mostWaits; waits += 1) {
      const tried = atOnce(owner, act);
      underWay.add(tried);
      const done = await tried.finally(() => underWay.delete(tried));
      if (done) return done.result;
      await pause(waitMs);
      const result = await meanwhile(waits === mostWaits);
      if (result !== undefined) return result;
    }
    throw new PolarUnavailable(
      'Somebody else is just changing the access to Polar. Nothing was changed; try again in a minute.',
    );
  }

  /** `undefined`: somebody else holds the lease. */
  async function atOnce<T>(
    owner: string,
    act: (held: Held) => Promise<{ result: T; note?: string }>,
  ) {
    const endsMs = now().getTime() + accessLease.leaseMs;
    const taken = await lease.take(owner);
    return taken && { result: await whileHeld(owner, () => act({ note: taken.note, endsMs })) };
  }

  async function whileHeld<T>(owner: string, act: () => Promise<{ result: T; note?: string }>) {
    let note: string | undefined;
    try {
      const done = await act();
      note = done.note;
      return done.result;
    } finally {
      // Where this fails, the lease runs out by itself.
      await lease.giveBack(owner, note).catch(() => undefined);
    }
  }

  const change = (next: (document: AccessDocument) => AccessDocument): Promise<void> =>
    underLease(async (held) => ({ result: await write(next(await readNewer(held.note)), held) }));

  const isUsable = ({ accessToken, expiresAt }: OAuthAccess, refused: string | undefined) =>
    accessToken !== refused && Date.parse(expiresAt) - now().getTime() > renewBeforeMs;

  const usable = async (refused: string | undefined, isLast: boolean) => {
    const access = required(await read());
    if (access.kind === 'token') return access.token;
    const isAlive =
      access.accessToken !== refused && Date.parse(access.expiresAt) > now().getTime();
    return isUsable(access, refused) || (isLast && isAlive) ? access.accessToken : undefined;
  };

  async function renew(refused: string | undefined, held: Held) {
    const document = await readNewer(held.note);
    const access = required(document);
    if (access.kind === 'token') return { result: access.token };
    if (isUsable(access, refused)) return { result: access.accessToken };
    const { refreshToken: spent, server } = access;
    if (unsaved?.spent !== spent) {
      const call = { addresses: addresses(server), ...(fetch && { fetch }) };
      unsaved = { ...(await refreshTokens(call, access, spent, now())), spent };
    }
    const { spent: _, ...tokens } = unsaved;
    await store({ ...document, access: { ...access, ...tokens } }, held);
    unsaved = undefined;
    return { result: tokens.accessToken, note: markOf(spent) };
  }

  /** A reading may be older than the last write: one whose refresh token is known to be used up is. */
  async function readNewer(note: string | undefined): Promise<AccessDocument> {
    for (let waits = 0; ; waits += 1) {
      const document = await read();
      const isStale =
        document.access?.kind === 'oauth' && markOf(document.access.refreshToken) === note;
      if (!isStale || waits >= 10) return document;
      await pause(waitMs);
    }
  }

  async function store(document: AccessDocument, held: Held): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write(document, held);
      } catch (error) {
        if (tries >= 3) throw lostTokens(error);
        await pause(waitMs);
      }
    }
  }

  return {
    read,
    change,

    /**
     * A valid bearer token. `refused`: the one that Polar has just not accepted. Throws `PolarRefused` where there is no
     * access or only a person can renew it, `PolarUnavailable` where it may work later.
     */
    async token(refused?: string): Promise<string> {
      const access = required(await read());
      if (access.kind === 'token') return access.token;
      if (isUsable(access, refused)) return access.accessToken;
      return underLease(
        (held) => renew(refused, held),
        (isLast) => usable(refused, isLast),
      );
    },

    /**
     * When this process changes nothing of the access. A function waits for it before it answers: frozen in the middle of
     * a refresh, it would lose the new tokens, and the old ones are used up.
     */
    async settled(): Promise<void> {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },

    isKept: async (): Promise<boolean> => (await read()).access !== undefined,

    /** Keeps this access as the one in use; what a person was in the middle of is over. */
    save: (access: Access): Promise<void> =>
      change(({ registration }) => ({ access, registration })),

    /** Forgets the access. The registration of the client stays, for the next sign-in. */
    forget: (): Promise<void> => change(({ registration }) => ({ registration })),
  };
}

/** The token of an access that is new, before it is kept. */
export function bearerOf(access: Access): string {
  return access.kind === 'token' ? access.token : access.accessToken;
}

function required({ access }: AccessDocument): Access {
  if (access) return access;
  throw new PolarRefused(
    'No access to Polar is kept here: it was never connected, or connecting or disconnecting stopped midway. Connect Polar, or disconnect again.',
  );
}

const tookTooLong =
  'Changing the access to Polar took too long, so it was left as it is. Try again in a minute.';

function markOf(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('hex');
}

function lostTokens(cause: unknown): PolarUnavailable {
  return new PolarUnavailable(
    'Polar gave new tokens, but they could not be stored, and the old ones are used up. Try again soon, while this process still has them; after that connect Polar again. Webhooks go on coming in meanwhile.',
    { cause },
  );
}
