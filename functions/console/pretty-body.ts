import { html } from 'hono/html';
import type { Html } from './page.ts';

const mostShown = 40_000;

/** A body, JSON with line breaks and indents. Of a long one only the beginning; `whole` is where the rest is. */
export function prettyBody(body: string, whole: string): Html {
  const text = pretty(body);
  const rest = text.length - mostShown;
  return html`<pre tabindex="0" role="region" aria-label="The body">${text.slice(0, mostShown)}</pre>
${rest > 0 ? html`<p class="soft">There are ${rest.toLocaleString('en')} more characters. <a href="${whole}">Download it whole</a>.</p>` : ''}`;
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
