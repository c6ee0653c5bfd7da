import type { Context } from 'hono';
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { assetUrls } from './assets.ts';
import type { ConsoleEnv } from './console-env.ts';

/** Text in which everything that is not markup of ours is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const sections = [
  ['audience', 'Audience'],
  ['events', 'Events'],
  ['workflows', 'Workflows'],
  ['polar', 'Polar'],
  ['test', 'Test'],
  ['dead-letters', 'Dead letters'],
] as const;
export type Section = (typeof sections)[number][0];

type Page = Readonly<{
  title: string;
  section?: Section;
  body: Html;
  /** Where the page is found in the console: the page above it. */
  above?: Readonly<{ href: string; title: string }>;
  status?: 200 | 400 | 403 | 404 | 405 | 409 | 422 | 500 | 503;
}>;

/** A whole page: head, navigation, the sentence of what was just done, and the body under its title. */
export function page(c: Context<ConsoleEnv>, { title, section, body, above, status = 200 }: Page) {
  const flash = c.get('flash');
  return c.html(
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Polar Audience</title>
<link rel="icon" href="${assetUrls.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assetUrls.style}">
<script src="${assetUrls.script}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<div class="bar">
<a class="brand" href="/console">Polar Audience</a>
<nav aria-label="Sections">
<ul>${sections.map(([name, label]) => navigation(name, label, section))}</ul>
</nav>
</div>
</header>
<main id="main" tabindex="-1">
${above && html`<p class="above"><a href="${above.href}">${above.title}</a></p>`}
<h1>${title}</h1>
${flash && html`<p class="flash ${flash.kind}" role="status">${flash.text}</p>`}
${body}
</main>
</body>
</html>`,
    status,
  );
}

function navigation(name: Section, label: string, present: Section | undefined): Html {
  const isHere = name === present;
  return html`<li><a href="/console/${name}"${isHere ? html` aria-current="page"` : ''}>${label}</a></li>`;
}
