import { Socket } from 'node:net';
import { isLoopback } from './local-account.ts';

/*
 * Loaded before a function's code: its process can open connections to this machine only, whatever
 * endpoint, queue URL or library the code comes to use. TLS, HTTP and fetch all go through here.
 */
const connect = Socket.prototype.connect;

Object.assign(Socket.prototype, {
  connect(this: Socket, ...args: unknown[]): Socket {
    const { host, onConnect } = destinationOf(args);
    if (host === undefined || isLoopback(host)) return Reflect.apply(connect, this, args);
    const refusal = new Error(
      `Refused to connect to ${host}: what runs locally may only reach this machine.`,
    );
    // Refused where Node looks the name up, so that it fails like any name that cannot be found.
    const lookup = (_name: string, _options: object, done: (error: Error) => void) =>
      setImmediate(done, Object.assign(refusal, { code: 'ERR_NOT_LOCAL' }));
    const nowhere = { host: 'refused.invalid', port: 9, lookup };
    return Reflect.apply(connect, this, [nowhere, onConnect]);
  },
});

/** The host of each of the ways to call connect; undefined: this machine. */
function destinationOf(args: unknown[]): { host: string | undefined; onConnect: unknown } {
  // Node calls it with its own normalised arguments: an array of options and callback.
  const [first, second, third] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'object' && first !== null) {
    return {
      host: 'host' in first && first.host ? String(first.host) : undefined,
      onConnect: second,
    };
  }
  const host = typeof second === 'string' ? second : undefined;
  return { host, onConnect: typeof second === 'function' ? second : third };
}
