import * as z from 'zod/mini';
import { polarServers } from './polar-server.ts';

const clientSchema = z.object({ clientId: z.string(), clientSecret: z.optional(z.string()) });
const server = z.enum(polarServers);

const accessSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('token'), server, token: z.string().check(z.minLength(1)) }),
  z.extend(clientSchema, {
    kind: z.literal('oauth'),
    server,
    accessToken: z.string(),
    refreshToken: z.string(),
    expiresAt: z.string(),
  }),
]);

/** What opens Polar's API: an organisation access token, or the tokens of a person who signed in. */
export type Access = z.infer<typeof accessSchema>;
export type OAuthAccess = Extract<Access, { kind: 'oauth' }>;

const signInSchema = z.extend(clientSchema, {
  server,
  redirectUri: z.string(),
  state: z.string(),
  codeVerifier: z.string(),
  startedAt: z.string(),
});

/** A sign-in whose person has not come back from Polar yet. */
export type PendingSignIn = z.infer<typeof signInSchema>;

const registrationSchema = z.extend(clientSchema, { server, redirectUri: z.string() });

/** A client that registered itself, to be used again for the same server and redirect URI. */
export type Registration = z.infer<typeof registrationSchema>;

const besideSchema = z.object({
  signIn: z.catch(z.optional(signInSchema), undefined),
  candidate: z.catch(z.optional(accessSchema), undefined),
  registration: z.catch(z.optional(registrationSchema), undefined),
});

/** The whole secret: the access in use, and beside it what a person is in the middle of. */
export type AccessDocument = Readonly<{
  access?: Access | undefined;
  signIn?: PendingSignIn | undefined;
  /** Signed in, but not connected with yet: the organisation is still to be chosen. */
  candidate?: Access | undefined;
  registration?: Registration | undefined;
}>;

/** Reads the text of the secret. What cannot be read counts as absent; the text is never quoted. */
export function accessDocument(text: string): AccessDocument {
  const content = parsed(text);
  return { access: accessSchema.safeParse(content).data, ...besideSchema.safeParse(content).data };
}

/** The text of the secret: the access on top, `{}` where there is nothing. */
export function accessText({ access, ...beside }: AccessDocument): string {
  return JSON.stringify({ ...access, ...beside });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
