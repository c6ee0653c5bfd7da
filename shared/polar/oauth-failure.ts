import * as oauth from 'oauth4webapi';
import { plainText } from './plain-text.ts';
import {
  isPolarApiError,
  type PolarApiError,
  PolarRefused,
  PolarUnavailable,
} from './polar-api-error.ts';

/** Signing in came to nothing; nothing was changed. The message is a sentence for the person who tried. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed';
}

/**
 * What went wrong in a call of OAuth, as a sentence. The library's own error is not passed on as the cause: it may hold
 * the answer with its tokens.
 */
export function oauthFailure(
  error: unknown,
  doing: string,
  step: 'sign-in' | 'refresh' = 'sign-in',
): SignInFailed | PolarApiError {
  if (error instanceof SignInFailed || isPolarApiError(error)) return error;
  if (error instanceof oauth.AuthorizationResponseError) return refusedByPerson(error);
  if (error instanceof oauth.ResponseBodyError && error.status < 500) {
    return step === 'refresh' ? refusedRefresh(error.error) : refusedCall(error, doing);
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return step === 'refresh' ? refusedRefresh('invalid_client') : unknownClient();
  }
  if (error instanceof oauth.OperationProcessingError && error.message.includes('"state"')) {
    return new SignInFailed(
      'This answer of Polar does not belong to the sign-in that was begun here. Nothing was changed. Begin again, in one browser, and do not use the back button.',
    );
  }
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  return new PolarUnavailable(
    `Polar did not ${doing}: ${isLate ? 'it did not answer in time' : 'it could not be reached, or its answer could not be read'}. Try again in a few minutes; https://status.polar.sh shows whether it has an outage.`,
  );
}

/** Its texts come with the browser: anybody could have written them. */
function refusedByPerson({ error, error_description }: oauth.AuthorizationResponseError) {
  if (error === 'access_denied') {
    return new SignInFailed(
      'You declined at Polar, so nothing was changed. Sign in again and allow the access, or use an organisation access token.',
    );
  }
  return new SignInFailed(
    `Polar ended the sign-in (${plainText(error)}${error_description ? `: ${plainText(error_description)}` : ''}). Nothing was changed. Sign in again.`,
  );
}

function refusedRefresh(error: string) {
  return new PolarRefused(
    `Polar no longer accepts the sign-in (${plainText(error)}): it was taken back, or its refresh token was used up elsewhere. Connect Polar again; webhooks go on coming in meanwhile.`,
  );
}

function refusedCall({ error, error_description }: oauth.ResponseBodyError, doing: string) {
  if (error === 'invalid_grant') {
    return new SignInFailed(
      'Polar does not accept the code of this sign-in: it is too old or was used already. Nothing was changed. Sign in again.',
    );
  }
  if (error === 'invalid_client') return unknownClient();
  return new SignInFailed(
    `Polar did not ${doing} (${plainText(error)}${error_description ? `: ${plainText(error_description)}` : ''}). Nothing was changed. Sign in again.`,
  );
}

function unknownClient() {
  return new SignInFailed(
    'Polar does not know the OAuth client, or its secret is wrong. Nothing was changed. Check both in the settings of Polar, or leave them out so that Polar Audience registers itself.',
  );
}
