import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';

/** What something makes the runtime do, counted exactly: no clock is asked. */
type Work = Readonly<{
  hmacs: number;
  hashedBytes: number;
  encodedBytes: number;
  parsedCharacters: number;
  compressedBytes: number;
}>;

/** Counts what is done until `act` ends. Nothing else may run meanwhile. */
export async function workOf(act: () => Promise<unknown>): Promise<Work> {
  const work = {
    hmacs: 0,
    hashedBytes: 0,
    encodedBytes: 0,
    parsedCharacters: 0,
    compressedBytes: 0,
  };
  const restore = [
    watched(crypto, 'createHmac', (_, hmac) => {
      work.hmacs += 1;
      if (!hmac) return;
      watched(hmac, 'update', ([data]) => {
        work.hashedBytes += bytesOf(data);
      });
    }),
    watched(TextEncoder.prototype, 'encode', (_, bytes) => {
      work.encodedBytes += bytes?.length ?? 0;
    }),
    watched(JSON, 'parse', ([text]) => {
      work.parsedCharacters += text.length;
    }),
    watched(zlib, 'gzipSync', ([data]) => {
      work.compressedBytes += bytesOf(data);
    }),
  ];
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    for (const undo of restore) undo();
    syncBuiltinESMExports();
  }
  return work;
}

function bytesOf(data: unknown): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : (data as Uint8Array).byteLength;
}

type Functions<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (args: A, result: R | undefined) => void
    : never;
};

/** Has `seen` told of each call of a function of `owner`, without a result where it throws. Gives what undoes that. */
function watched<T extends object, K extends keyof T>(
  owner: T,
  name: K,
  seen: Functions<T>[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  const original = owner[name] as (...args: unknown[]) => unknown;
  const tell = seen as (args: unknown[], result: unknown) => void;
  const value = function (this: unknown, ...args: unknown[]) {
    let result: unknown;
    try {
      result = original.apply(this, args);
      return result;
    } finally {
      tell(args, result);
    }
  };
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (own) Object.defineProperty(owner, name, own);
    else Reflect.deleteProperty(owner, name);
  };
}
