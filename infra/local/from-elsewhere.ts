import type { IncomingHttpHeaders } from 'node:http';
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
