import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sendJoined } from '#infra/local/http/joined-pages.ts';
import {
  bodyOf,
  isFromAnotherSite,
  type LoopbackServer,
  refusalOfAnotherSite,
  serveOnLoopback,
} from '#infra/local/http/loopback-server.ts';
import {
  type ConsoleGateway,
  consoleGateway,
  type DoorAnswer,
  doorPage,
  doorRedirect,
  type GatewayOptions,
} from './gateway.ts';

type ConsoleSession = Readonly<{
  /** Query of an address that lets in whoever knows it, as often as they like: for the terminal. */
  token: string;
  /** Lets in once: what is given to the browser's command can be seen by other users of the machine. */
  tokenForOnce: string;
  /** Whether this token lets in. One for once does so for the first time only. */
  opens: (token: string) => boolean;
  /** What the browser of somebody who was let in keeps, as the value of Set-Cookie. */
  cookie: string;
  /** Whether the cookies of a request, as its header names them, have that one among them. */
  admits: (cookies: string | undefined) => boolean;
}>;

/** Keeps other users of this machine out. All of its secrets are made anew at each start. */
function consoleSession(port: number): ConsoleSession {
  const [token, tokenForOnce, secret] = [randomText(), randomText(), randomText()];
  // Cookies are shared by all ports of localhost, so the port has to be in the name.
  const name = `polar-audience-door-${port}`;
  let isSpent = false;
  return {
    token,
    tokenForOnce,
    opens: (given) => {
      if (isSame(given, token)) return true;
      const isFirst = isSame(given, tokenForOnce) && !isSpent;
      isSpent ||= isFirst;
      return isFirst;
    },
    cookie: `${name}=${secret}; Path=/console; HttpOnly; SameSite=Lax`,
    admits: (cookies = '') => cookies.split(/; */).some((one) => isSame(one, `${name}=${secret}`)),
  };
}

function randomText(): string {
  return randomBytes(32).toString('base64url');
}

function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash(given), hash(expected));
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

type ConsoleProxy = LoopbackServer &
  Readonly<{
    /** Opens the console as often as one likes. */
    url: string;
    /** Opens it once. */
    urlForOnce: string;
  }>;

type ProxyOptions = Omit<GatewayOptions, 'browserOrigin'> & Readonly<{ port: number }>;

/** As much as Lambda takes. */
const maxBodyBytes = 6 * 1_048_576;

/**
 * Serves the console on a port of this machine, to the browser that was opened with one of its
 * addresses, and signs what that asks for with AWS credentials. Throws Advice if the port is taken.
 */
export async function startConsoleProxy({ port, ...options }: ProxyOptions): Promise<ConsoleProxy> {
  const session = consoleSession(port);
  const origin = `http://localhost:${port}`;
  const gateway = consoleGateway({ ...options, browserOrigin: origin });
  const servers = await serveAtLocalhost(port, async (request, response) => {
    const body = await bodyOf(request, maxBodyBytes);
    const answer = await answerTo(request, body, { origin, session, gateway });
    await sendJoined(response, answer, (next) =>
      gateway.pass(request, new URL(next, origin), Buffer.alloc(0)),
    );
  });
  const at = (token: string) => `${origin}/start?token=${token}`;
  return {
    address: `http://127.0.0.1:${port}`,
    url: at(session.token),
    urlForOnce: at(session.tokenForOnce),
    stop: async () => {
      await Promise.all(servers.map(({ stop }) => stop()));
    },
  };
}

type Answering = Parameters<typeof serveOnLoopback>[0];

/**
 * On both addresses that a browser takes localhost for: whoever listened on the other one would be handed the token. A
 * machine may do without IPv6.
 */
async function serveAtLocalhost(port: number, answer: Answering): Promise<LoopbackServer[]> {
  const serveAt = (host: '127.0.0.1' | '::1') =>
    // Who calls is asked in `answerTo`, where the return from Polar is let in.
    serveOnLoopback(answer, port, 'the console', 'anyone', host);
  const first = await serveAt('127.0.0.1');
  try {
    return [first, await serveAt('::1')];
  } catch (error) {
    if (isWithoutIpv6(error)) return [first];
    await first.stop();
    throw error;
  }
}

function isWithoutIpv6(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

type Door = Readonly<{ origin: string; session: ConsoleSession; gateway: ConsoleGateway }>;

async function answerTo(
  request: IncomingMessage,
  body: Buffer<ArrayBuffer> | 'too-large',
  { origin, session, gateway }: Door,
): Promise<DoorAnswer> {
  if (isFromAnotherSite(request)) return doorPage(403, 'Nothing was done', refusalOfAnotherSite);
  const url = URL.parse(String(request.url), origin);
  if (url?.origin !== origin) return doorPage(400, 'Bad address', "This address can't be read.");
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (`http://${request.headers.host}` !== origin) {
    if (isRead) return doorRedirect(url.href);
    return doorPage(403, 'Refused', `Send this form to ${origin}.`);
  }
  if (url.pathname === '/') return doorRedirect('/console');
  if (url.pathname === '/start') return letIn(url, session);
  if (!/^\/console(\/|$)/.test(url.pathname)) {
    return doorPage(404, 'Not found', `There's nothing here. The console is at ${origin}/console.`);
  }
  if (!session.admits(request.headers.cookie)) return closed();
  if (!isRead && request.method !== 'POST') {
    return doorPage(405, 'Not allowed', 'Use GET to read the console, and POST to change it.');
  }
  if (body === 'too-large') {
    return doorPage(413, 'Too much', "You can't send more than 6 MB at once. Nothing was changed.");
  }
  return gateway.pass(request, url, body);
}

function letIn({ searchParams }: URL, session: ConsoleSession): DoorAnswer {
  if (!session.opens(searchParams.get('token') ?? '')) return closed();
  return doorRedirect('/console', { 'set-cookie': session.cookie });
}

function closed(): DoorAnswer {
  return doorPage(
    401,
    'Closed',
    'Only the browser of the person who started "npm run console" can get in. Open the address that it printed; addresses of earlier starts no longer work. If the command opened this page for you, someone else on this machine was faster: stop the command with Ctrl-C.',
  );
}
