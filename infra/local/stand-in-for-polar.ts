import { isLoopback } from './local-account.ts';

const names = ['POLAR_API_URL', 'POLAR_AUTHORIZE_URL'] as const;

/** Environment variables of the functions that lead them to a server that plays Polar. */
export type StandInForPolar = Readonly<{ [name in (typeof names)[number]]?: string }>;

/** What an environment says of it. Only servers on this machine: local functions reach no others. */
export function standInForPolar(environment: Readonly<NodeJS.ProcessEnv>): StandInForPolar {
  const given = names.flatMap((name) => {
    const url = environment[name];
    return url !== undefined && isOnThisMachine(url) ? [[name, url] as const] : [];
  });
  return Object.fromEntries(given);
}

/** Whether a URL is of a server here, without TLS. */
export function isOnThisMachine(url: string): boolean {
  const { protocol, hostname } = URL.parse(url) ?? {};
  return protocol === 'http:' && hostname !== undefined && isLoopback(hostname);
}

/** How functions and commands find a Polar at this address. */
export function polarVariables(url: string): Required<StandInForPolar> {
  return { POLAR_API_URL: url, POLAR_AUTHORIZE_URL: `${url}/oauth2/authorize` };
}
