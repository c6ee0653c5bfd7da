import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export type ConsoleSession = Readonly<{
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
export function consoleSession(port: number): ConsoleSession {
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
