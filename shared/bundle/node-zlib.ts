import type zlib from 'node:zlib';

// Loaded when something is packed or unpacked: ingest does so with few webhooks.
const loaded = () => process.getBuiltinModule('node:zlib');

export const gzipSync: typeof zlib.gzipSync = (...given) => loaded().gzipSync(...given);
export const gunzipSync: typeof zlib.gunzipSync = (...given) => loaded().gunzipSync(...given);
export const deflateRawSync: typeof zlib.deflateRawSync = (...given) =>
  loaded().deflateRawSync(...given);
export const inflateRawSync: typeof zlib.inflateRawSync = (...given) =>
  loaded().inflateRawSync(...given);
