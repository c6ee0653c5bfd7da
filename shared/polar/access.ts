import * as z from 'zod/mini';

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL is http and can only mean this machine. */
export function isLoopbackUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'http:' && loopbackHost.test(url.hostname);
}

export const polarServers = ['production', 'sandbox'] as const;

/** Two installations of Polar with separate accounts and tokens; nothing of one counts at the other. */
export type PolarServer = (typeof polarServers)[number];

export type PolarAddresses = Readonly<{ apiUrl: string; authorizeUrl: string }>;

const addresses = {
  production: { apiUrl: 'https://api.polar.sh', authorizeUrl: 'https://polar.sh/oauth2/authorize' },
  sandbox: {
    apiUrl: 'https://sandbox-api.polar.sh',
    authorizeUrl: 'https://sandbox.polar.sh/oauth2/authorize',
  },
} as const;

type Overrides = Readonly<{
  POLAR_API_URL?: string | undefined;
  POLAR_AUTHORIZE_URL?: string | undefined;
}>;

/**
 * Where a server of Polar is. Environment variables may name another one for local tests. Throws where that is
 * neither https nor on this machine: a token would travel in clear.
 */
export function polarAddresses(server: PolarServer, overrides: Overrides = {}): PolarAddresses {
  const usual = addresses[server];
  return {
    apiUrl: overriding('POLAR_API_URL', overrides.POLAR_API_URL) ?? usual.apiUrl,
    authorizeUrl:
      overriding('POLAR_AUTHORIZE_URL', overrides.POLAR_AUTHORIZE_URL) ?? usual.authorizeUrl,
  };
}

function overriding(name: string, given: string | undefined): string | undefined {
  if (!given) return undefined;
  if (URL.parse(given)?.protocol === 'https:' || isLoopbackUrl(given)) {
    return given.replace(/\/$/, '');
  }
  throw new Error(
    `${name} must be an https URL, or an http URL of this machine such as http://127.0.0.1:4000.`,
  );
}

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
    /** What the sign-in asked for; absent from those of earlier versions. */
    scopes: z.optional(z.array(z.string())),
  }),
]);

/** What opens Polar's API: an organization access token, or the tokens of a person who signed in. */
export type Access = z.infer<typeof accessSchema>;
export type OAuthAccess = Extract<Access, { kind: 'oauth' }>;

const signInSchema = z.extend(clientSchema, {
  server,
  redirectUri: z.string(),
  state: z.string(),
  codeVerifier: z.string(),
  startedAt: z.string(),
  scopes: z.optional(z.array(z.string())),
});

/** A sign-in whose person has not come back from Polar yet. */
type PendingSignIn = z.infer<typeof signInSchema>;

const registrationSchema = z.extend(clientSchema, {
  server,
  redirectUri: z.string(),
  /** What it may ask for; absent: the scopes that every sign-in asks for. */
  scopes: z.optional(z.array(z.string())),
});

/** A client that registered itself, to be used again for the same server, redirect URI and scopes. */
type Registration = z.infer<typeof registrationSchema>;

const besideSchema = z.object({
  signIn: z.catch(z.optional(signInSchema), undefined),
  candidate: z.catch(z.optional(accessSchema), undefined),
  registration: z.catch(z.optional(registrationSchema), undefined),
});

/** The whole secret: the access in use, and beside it what a person is in the middle of. */
export type AccessDocument = Readonly<{
  access?: Access | undefined;
  signIn?: PendingSignIn | undefined;
  /** Signed in, but not connected with yet: the organization is still to be chosen. */
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

/** What is wrong with a URL that Polar at `apiUrl` is to send webhooks to; undefined: nothing. */
export function problemOfWebhookUrl(webhookUrl: string, apiUrl: string): string | undefined {
  if (isLoopbackUrl(apiUrl)) return undefined;
  const url = URL.parse(webhookUrl);
  if (url?.protocol === 'https:' && isPublicHost(url.hostname)) return undefined;
  return `Polar sends webhooks to public https addresses only, and this one is ${webhookUrl}. Connect a deployment in AWS, or end this stack and start it with a local Polar: npm start -- --polar`;
}

/** Said of a connection where no Polar could send webhooks: it is with the local Polar, which is away. */
export const localPolarAway =
  'The local Polar isn’t running. End this stack, then run npm start -- --polar.';

const privateIpv4 = /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./;

function isPublicHost(host: string): boolean {
  if (host.startsWith('[') || privateIpv4.test(host)) return false;
  return host.includes('.') && !/\.(localhost|local|internal|test)$/.test(host);
}
