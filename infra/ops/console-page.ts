import { escapeHtml } from '#shared/mail/escape-html.ts';

export type DoorAnswer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string | string[]>>;
  body: Uint8Array;
}>;

/** A page of the proxy's own, where the console itself cannot answer. Its text is a sentence or more. */
export function doorPage(status: number, title: string, text: string): DoorAnswer {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Polar Audience</title>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
</html>
`;
  return { status, headers: pageHeaders, body: Buffer.from(html) };
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

export function doorRedirect(location: string, headers: DoorAnswer['headers'] = {}): DoorAnswer {
  const all = { location, 'cache-control': 'no-store', ...headers };
  return { status: 303, headers: all, body: Buffer.alloc(0) };
}
