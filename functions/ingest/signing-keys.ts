import * as z from 'zod/mini';
import { type SignatureKeys, signatureKeys } from '#shared/polar/webhook-signature.ts';

const secretText = z.pipe(
  z.nullish(z.string()),
  z.transform((text) => text?.trim() ?? ''),
);
const secretDocument = z.object({ current: secretText, previous: secretText });

/** The keys of a secret document `{"current": "…", "previous": "…"}`; `undefined` while no secret is set in it. */
export function signingKeys(document: string): SignatureKeys | undefined {
  const { data } = secretDocument.safeParse(parsed(document));
  const keys = signatureKeys(data ? [data.current, data.previous] : []);
  return keys.length > 0 ? keys : undefined;
}

// The error of JSON.parse quotes the text, and this text is a secret.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
