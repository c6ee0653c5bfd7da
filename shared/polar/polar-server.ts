import { isLoopbackUrl } from './loopback-url.ts';

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
