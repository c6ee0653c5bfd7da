import { type SignatureKeys, signatureKeys } from '#shared/polar/webhook-signature.ts';

/** The keys of a secret document `{"current": "…", "previous": "…"}`; `undefined` while no secret is set in it. */
export function signingKeys(document: string): SignatureKeys | undefined {
  const keys = signatureKeys(secrets(parsed(document)));
  return keys.length > 0 ? keys : undefined;
}

/** None of a document in which one of them is neither text nor absent: half a secret would be guesswork. */
function secrets(content: unknown): string[] {
  if (typeof content !== 'object' || content === null) return [];
  const { current, previous }: { current?: unknown; previous?: unknown } = content;
  const both = [current, previous].map(secretText);
  return both.every((text) => text !== undefined) ? both : [];
}

function secretText(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value.trim() : undefined;
}

// The error of JSON.parse quotes the text, and this text is a secret.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
