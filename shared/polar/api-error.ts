/** Polar does not accept the token, or does not let it do this: a person must give another access or another role. */
export class PolarRefused extends Error {
  override readonly name = 'PolarRefused';
}

const statusPage = 'https://status.polar.sh shows whether it has an outage.';
/** What to do while Polar is away, as the message of a `PolarUnavailable` ends. */
export const tryLater = `Try again in a few minutes; ${statusPage}`;

/** The same message, for what tries again by itself. */
export function withoutTryLater(message: string): string {
  return message.replace(tryLater, statusPage);
}

/** Polar cannot be reached, is failing or asks for patience: the same call may work later. */
export class PolarUnavailable extends Error {
  override readonly name = 'PolarUnavailable';
}

/** Polar understood the call and says no to what is in it: the same call never works. */
export class PolarInvalid extends Error {
  override readonly name = 'PolarInvalid';
}

/** What the call is about is not there (any more). */
export class PolarMissing extends Error {
  override readonly name = 'PolarMissing';
}

/** Somebody else is changing the connection, or has come in between: look at it, and do it again. */
export class OutOfTurn extends Error {
  override readonly name = 'OutOfTurn';
}

/** The secret of the endpoint in Polar is none that may be stored: a person must reset it there. */
export class WeakSecret extends Error {
  override readonly name = 'WeakSecret';
}

export type PolarApiError =
  | PolarRefused
  | PolarUnavailable
  | PolarInvalid
  | PolarMissing
  | OutOfTurn
  | WeakSecret;

/** Whether the message is a sentence for people about a call to Polar, free of tokens. */
export function isPolarApiError(error: unknown): error is PolarApiError {
  return (
    error instanceof PolarRefused ||
    error instanceof PolarUnavailable ||
    error instanceof PolarInvalid ||
    error instanceof PolarMissing ||
    error instanceof OutOfTurn ||
    error instanceof WeakSecret
  );
}
