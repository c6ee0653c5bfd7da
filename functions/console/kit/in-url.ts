import type * as z from 'zod/mini';

/** A position in a list as it stands in a URL. It is no secret: nothing personal belongs in it. */
export function cursorText(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** What `cursorText` made of it; `undefined` for anything else. */
export function cursorOf<T>(schema: z.ZodMiniType<T>, text: string | undefined): T | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(text ?? '', 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

/** Comes through a browser, a proxy and API Gateway as it is. */
const plain = /^(?!\.{1,2}$)[\w.-]+$/;

/**
 * An id of somebody else's choice as one segment of a path. API Gateway decodes paths before it hands them over, and
 * cuts them off at a question mark, so what is not plain is not percent-encoded: it goes as `~` and base64url.
 */
export function pathId(id: string): string {
  return plain.test(id) ? id : `~${Buffer.from(id).toString('base64url')}`;
}

/** The id that `pathId` made a segment of. What it did not make, such as an id typed by hand, is the id itself. */
export function idInPath(segment: string): string {
  if (!segment.startsWith('~')) return segment;
  const id = Buffer.from(segment.slice(1), 'base64url').toString();
  return id !== '' && pathId(id) === segment ? id : segment;
}
