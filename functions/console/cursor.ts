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
