import { html } from 'hono/html';
import type { Html } from './page.ts';

export type Chip = Readonly<{ label: Html | string; href: string; isChosen: boolean }>;

/** What narrows a list: links that need no script, one group for each question. */
export function chips(label: string, groups: readonly (readonly Chip[])[], more?: Html): Html {
  return html`<nav class="chips" aria-label="${label}">
${groups.filter((group) => group.length > 0).map((group) => html`<ul>${group.map(chip)}</ul>`)}
${more}
</nav>`;
}

function chip({ label, href, isChosen }: Chip): Html {
  return html`<li><a class="chip" href="${href}"${isChosen ? html` aria-current="true"` : ''}>${label}</a></li>`;
}
