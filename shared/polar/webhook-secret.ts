/** The least that Standard Webhooks asks of a key. */
const leastKeyBytes = 24;
/** Whoever tries finds a key below this. */
const leastBytesThatCount = 8;

// What every secret of Polar begins with is no secret.
const prefix = /^(?:whsec_|polar_whs_)/;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
// As the README writes one that is still to be filled in; the ellipsis by its number keeps ingest's code in ASCII.
const placeholder = /\u2026|\.\.\.|^polar_whs_or_whsec_/;

/** Whether the text can be a webhook secret at all. One that cannot counts as not set up. */
export function isWebhookSecret(text: string): boolean {
  return !placeholder.test(text) && keyBytes(text) >= leastBytesThatCount;
}

/** Whether a key of the secret has fewer bytes than may be stored; one that is in force already goes on. */
export function isShortSecret(secret: string): boolean {
  return keyBytes(secret) < leastKeyBytes;
}

export const shortSecret = `it has fewer than ${leastKeyBytes} bytes of key, so that it could be guessed`;

/** The secrets that count at the webhook; an empty one is none, and what can be none is read as empty. */
export type SigningSecrets = Readonly<{
  current: string;
  previous: string;
  /** ISO 8601; absent: a person left it out, and `watch` adds it. */
  previousUntil?: string | undefined;
  /** The local stack made the current one up, so that it can be tried before Polar is connected. */
  isStandIn?: boolean | undefined;
}>;

/** What people are told of the secret while Polar is not connected: somebody may have set it, or the local stack. */
export function secretAlone(hasSecret: boolean): string {
  return hasSecret ? 'set, so signed webhooks are accepted' : 'not set, so no webhook is accepted';
}

/** Polar signs with the new one at once, also what it delivers again: this is for what was on its way. */
const previousLivesMs = 3_600_000;

/** When a previous secret ends that became one now, ISO 8601. */
export function previousUntilFrom(now: Date): string {
  return new Date(now.getTime() + previousLivesMs).toISOString();
}

/** Ingest reads the secret again at most so often, when a signature does not match. */
export const secretRereadMs = 60_000;

/** A time that cannot be read is none: the secret counts until there is one. */
export function previousEndMs(previousUntil: unknown): number {
  const endMs = typeof previousUntil === 'string' ? Date.parse(previousUntil) : Number.NaN;
  return Number.isNaN(endMs) ? Number.POSITIVE_INFINITY : endMs;
}

export function isPreviousAccepted(
  { previous, previousUntil }: Omit<SigningSecrets, 'current'>,
  now: Date,
): boolean {
  return previous !== '' && now.getTime() < previousEndMs(previousUntil);
}

/** Whether somebody has to say when the previous secret ends. One that is the only secret goes on. */
export function isPreviousEndless({ current, previous, previousUntil }: SigningSecrets): boolean {
  return current !== '' && previous !== '' && previousUntil === undefined;
}

/** A sentence of a note: what comes before a time, the time, and what comes after it. One without a time is all `before`. */
export type SecretNote = Readonly<{ before: string; at?: string | undefined; after?: string }>;

/** What a person should know of our secrets, none of them shown. */
export function secretNotes(secrets: SigningSecrets, now: Date): SecretNote[] {
  const { current, previousUntil } = secrets;
  const isShort = current !== '' && isShortSecret(current);
  const still = 'A previous webhook secret still counts beside the current one';
  const advice = 'If it leaked, drop it now.';
  // watch looks every quarter of an hour, and gives it another hour.
  const longest = 'for 75 minutes at most';
  return [
    ...(isShort
      ? [
          {
            before: `The webhook secret still works, but ${shortSecret}. Change it on the page Polar of the console: Polar makes a new one.`,
          },
        ]
      : []),
    ...(isPreviousAccepted(secrets, now)
      ? [
          previousUntil === undefined
            ? { before: `${still}, ${longest}. ${advice}` }
            : { before: `${still}, until `, at: previousUntil, after: `. ${advice}` },
        ]
      : []),
  ];
}

export function noteText({ before, at = '', after = '' }: SecretNote): string {
  return `${before}${at}${after}`;
}

/** Of the shorter of the two keys that it may be read as. */
function keyBytes(secret: string): number {
  const text = secret.replace(prefix, '');
  const isEncoded = secret.startsWith('whsec_') && base64.test(text);
  return Buffer.byteLength(text, isEncoded ? 'base64' : 'utf8');
}
