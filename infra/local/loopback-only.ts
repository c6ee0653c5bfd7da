import { Socket } from 'node:net';
import { isLoopback } from './loopback.ts';

/*
 * Loaded before a function's code: its process can open connections to this machine only, whatever
 * endpoint, queue URL or library the code comes to use. TLS, HTTP and fetch all go through here.
 */
const connect = Socket.prototype.connect;

Object.assign(Socket.prototype, {
  connect(this: Socket, ...args: unknown[]): Socket {
    const host = hostOf(args);
    if (host === undefined || isLoopback(host)) return Reflect.apply(connect, this, args);
    const refusal = new Error(
      `Refused to connect to ${host}: a function that runs locally may only reach this machine.`,
    );
    return this.destroy(Object.assign(refusal, { code: 'ERR_NOT_LOCAL' }));
  },
});

/** The host to connect to, from each of the ways to call connect; undefined: this machine. */
function hostOf([first, second]: unknown[]): string | undefined {
  // Node calls it with its own normalised arguments: an array of options and callback.
  const options = Array.isArray(first) ? first[0] : first;
  if (typeof options === 'object' && options !== null) {
    return 'host' in options && options.host ? String(options.host) : undefined;
  }
  return typeof second === 'string' ? second : undefined;
}
