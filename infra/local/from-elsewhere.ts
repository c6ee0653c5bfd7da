import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isLoopback } from './loopback.ts';

/**
 * Whether a request to this machine may come from a web page of somebody else: from a page of another
 * origin, or by a name that its owner lets lead here (DNS rebinding). Programs name no origin.
 */
export function isFromElsewhere({
  host = '',
  origin,
}: Pick<IncomingHttpHeaders, 'host' | 'origin'>): boolean {
  const isHere = isLoopback(host.replace(/:\d+$/, ''));
  return !isHere || (origin !== undefined && origin !== `http://${host}`);
}

export const refusalOfElsewhere =
  'Refused: this is for programs on this machine, not for web pages. Call it by 127.0.0.1 or localhost.';

/** Where Polar sends people back to after they have signed in there. */
const returnPath = '/console/polar/callback';

/**
 * Whether anything but our own pages and the person at this machine may be behind a request to those
 * pages: a page of another site, or another machine that came through a tunnel. Only the return from
 * Polar may come from another site. Its answer has to be a page: what it redirected to would still
 * count as coming from there.
 */
export function isFromAnotherSite({ method, url, headers }: PageRequest): boolean {
  const names = Object.keys(headers);
  const isForwarded = names.some((name) => /^(forwarded$|via$|x-forwarded-)/.test(name));
  if (isForwarded || isFromElsewhere(headers)) return true;
  const site = headers['sec-fetch-site'] ?? 'none';
  if (site === 'none' || site === 'same-origin') return false;
  const isReturn = method === 'GET' && url?.split('?')[0] === returnPath;
  return !isReturn || !isNavigation(headers);
}

type PageRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

function isNavigation(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination = 'document' } = headers;
  return mode === 'navigate' && destination === 'document';
}

export const refusalOfAnotherSite =
  'Refused: another site led here, and the console takes requests from its own pages only. Type or paste its address into the address bar.';
