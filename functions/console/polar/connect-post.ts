import type { Access } from '#shared/polar/access.ts';
import type { OAuthClient } from '#shared/polar/polar-oauth.ts';
import { type PolarServer, polarServers } from '#shared/polar/polar-server.ts';
import { textOf } from '../fields.ts';
import type { Problems } from './save-settings.ts';

type Invalid = Readonly<{ kind: 'invalid'; problems: Problems }>;
type SignIn = Readonly<{ kind: 'valid'; server: PolarServer; client?: OAuthClient }>;

const longest = 2_000;
const chooseServer = 'Choose production or sandbox.';

/** A way in by a token. The token itself is not in what is invalid. */
export function readToken(form: FormData): Invalid | { kind: 'valid'; access: Access } {
  const server = serverOf(form, 'tokenServer');
  const token = textOf(form, 'accessToken').trim();
  const problem = problemWithToken(token);
  if (!server || problem) {
    const problems = {
      ...(!server && { tokenServer: chooseServer }),
      ...(problem && { accessToken: problem }),
    };
    return { kind: 'invalid', problems };
  }
  return { kind: 'valid', access: { kind: 'token', server, token } };
}

export function readSignIn(form: FormData): Invalid | SignIn {
  const server = serverOf(form, 'signInServer');
  const clientId = textOf(form, 'clientId').trim();
  const clientSecret = textOf(form, 'clientSecret').trim();
  const problems = {
    ...(!server && { signInServer: chooseServer }),
    ...(clientId !== '' && !isOneWord(clientId) && { clientId: 'A client id is one word.' }),
    ...(clientId === '' &&
      clientSecret !== '' && { clientId: 'A client secret needs its client id.' }),
    ...(clientSecret !== '' &&
      !isOneWord(clientSecret) && { clientSecret: 'A client secret is one word.' }),
  };
  if (!server || Object.keys(problems).length > 0) return { kind: 'invalid', problems };
  if (clientId === '') return { kind: 'valid', server };
  const client = { clientId, ...(clientSecret !== '' && { clientSecret }) };
  return { kind: 'valid', server, client };
}

function problemWithToken(token: string): string | undefined {
  if (token === '') return 'Paste the token. Polar shows it once, when it is made.';
  if (token.startsWith('polar_oat_') && isOneWord(token)) return undefined;
  return 'This is no organisation access token: one begins with polar_oat_ and has no spaces.';
}

function isOneWord(text: string): boolean {
  return text.length <= longest && /^[\x21-\x7e]+$/.test(text);
}

function serverOf(form: FormData, name: string): PolarServer | undefined {
  return polarServers.find((server) => server === textOf(form, name));
}
