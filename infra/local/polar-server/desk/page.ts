import { html } from 'hono/html';
import type { Answer } from '../answer.ts';
import { type Faults, noFaults } from '../faults.ts';
import type { Organization } from '../polar-state.ts';
import { style } from './style.ts';

export type Html = ReturnType<typeof html>;

/** The answer to the last form, shown once. */
export type Flash = Readonly<{ kind: 'done' | 'problem'; text: string; secret?: string }>;

export const sections = {
  customers: 'Customers',
  webhooks: 'Webhooks',
  emails: 'Emails',
  access: 'Access',
  faults: 'Faults',
} as const;
export type Section = keyof typeof sections;

export const stylePath = '/style.css';
export const styleAnswer: Answer = {
  status: 200,
  headers: { 'content-type': 'text/css; charset=utf-8' },
  body: style,
};

const policy =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** A page of its own, without navigation. `mayLeave`: its form may lead back to another server on this machine. */
export function barePage(title: string, content: Html, status = 200, mayLeave = false): Answer {
  const back = mayLeave ? ' http://localhost:* http://127.0.0.1:*' : '';
  return {
    status,
    headers: { ...headers, 'content-security-policy': `${policy}; form-action 'self'${back}` },
    body: String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Local Polar</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${stylePath}">
</head>
<body>
${content}
</body>
</html>`),
  };
}

type Frame = Readonly<{
  title: string;
  section: Section;
  organization: Organization;
  organizations: readonly Organization[];
  faults: Faults;
  flash: Flash | undefined;
  status?: number;
}>;

/** A page of one organization, with the way to all others. */
export function deskPage(frame: Frame, body: Html): Answer {
  const { title, section, organization, organizations, faults, flash } = frame;
  const others = organizations.filter(({ id }) => id !== organization.id);
  const content = html`<header class="top"><div class="bar">
<a class="brand" href="/${organization.slug}/customers">Local Polar · ${organization.name}</a>
<nav aria-label="Pages"><ul>
${Object.entries(sections).map(
  ([name, label]) =>
    html`<li><a href="/${organization.slug}/${name}"${name === section ? html` aria-current="page"` : ''}>${label}</a></li>`,
)}
</ul></nav>
<p class="small">${others.map(({ slug, name }) => html`<a href="/${slug}/${section}">Go to ${name}</a> `)}</p>
</div></header>
<main>
${flash ? html`<p class="flash ${flash.kind}" role="${flash.kind === 'done' ? 'status' : 'alert'}">${flash.text}${flash.secret ? html`<br><code>${flash.secret}</code>` : ''}</p>` : ''}
${faultsOn(faults) && section !== 'faults' ? html`<p class="note">Polar's API has a fault that you switched on. <a href="/${organization.slug}/faults">Show it</a></p>` : ''}
${body}
</main>`;
  return barePage(title, content, frame.status);
}

function faultsOn(faults: Faults): boolean {
  return JSON.stringify(faults) !== JSON.stringify(noFaults);
}

/** Back to a page after a form. */
export function seeOther(location: string): Answer {
  return { status: 303, headers: { location, 'cache-control': 'no-store' } };
}

/** A time to the second, in UTC. */
export function timeOf(at: string): Html {
  return html`<time datetime="${at}">${at.slice(0, 19).replace('T', ' ')}</time>`;
}

export function dayOf(at: unknown): Html | string {
  return typeof at === 'string' ? html`<time datetime="${at}">${at.slice(0, 10)}</time>` : '';
}

/** A table that scrolls by itself; a sentence where it has no rows. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly Html[],
  empty: string,
) {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}
