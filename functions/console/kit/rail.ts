import { html } from 'hono/html';
import type { DeploymentSigns } from './deployment-signs.ts';
import type { Html } from './page.ts';
import {
  audiencePath,
  brandPath,
  deadLettersPath,
  emailsPath,
  eventsPath,
  findPath,
  logPath,
  polarPath,
  settingsPath,
  testPath,
  workflowsPath,
} from './paths.ts';

type Entry = Readonly<{ href: string; label: string }>;

const entries = {
  overview: { href: '/console', label: 'Overview' },
  audience: { href: audiencePath, label: 'Audience' },
  events: { href: eventsPath, label: 'Events' },
  emails: { href: emailsPath, label: 'Emails' },
  workflows: { href: workflowsPath, label: 'Workflows' },
  polar: { href: polarPath, label: 'Polar' },
  'dead-letters': { href: deadLettersPath, label: 'Dead letters' },
  test: { href: testPath, label: 'Test event' },
  log: { href: logPath, label: 'Log' },
  settings: { href: settingsPath, label: 'Events & groups' },
  brand: { href: brandPath, label: 'Sender & brand' },
} as const satisfies Record<string, Entry>;

/** A section of the console: one entry of the navigation. */
export type Section = keyof typeof entries;

type Group = Readonly<{ title?: string; sections: readonly Section[] }>;

const groups: readonly Group[] = [
  { sections: ['overview', 'audience', 'events', 'emails', 'workflows'] },
  { title: 'Operate', sections: ['polar', 'dead-letters', 'test', 'log'] },
  { title: 'Settings', sections: ['settings', 'brand'] },
];

type Rail = Readonly<{
  stage: string;
  /** Without which no form does anything, see `postForm`. */
  token: string;
  present: Section | undefined;
  signs: DeploymentSigns | undefined;
}>;

/**
 * The way to every section: a rail beside a wide page, a menu above a narrow one, which needs no script to open. Both
 * are in the page, and the style shows one of them.
 */
export function rail(shown: Rail): Html {
  const name = html`<a class="brand" href="/console">Polar Audience</a>`;
  return html`<header class="rail">
<div class="name">${name} ${stageBadge(shown.stage)}</div>
${organization(shown)}
${find(shown.token)}
<nav aria-label="Sections">${navigation(shown, 'rail')}</nav>
</header>
<header class="top">
<div class="name">${name} ${stageBadge(shown.stage)}</div>
<details class="menu">
<summary>Menu</summary>
${organization(shown)}
${find(shown.token)}
<nav aria-label="Sections">${navigation(shown, 'menu')}</nav>
</details>
</header>`;
}

/**
 * A search for everything. What is typed goes in the body of a request, so that no address is in a URL. Its button is for who
 * cannot press Enter: it shows when it has the focus.
 */
const find = (token: string) =>
  html`<form class="find" method="post" action="${findPath}" role="search" aria-label="Everything">
<input type="hidden" name="token" value="${token}">
<label><span class="unseen">Find</span><input type="search" name="q" placeholder="Find&hellip;" autocomplete="off" aria-keyshortcuts="/" data-find></label>
<kbd aria-hidden="true">/</kbd><button type="submit" class="unseen">Search</button>
</form>`;

/** Production and what is only tried out must not look alike. */
export function stageTone(stage: string): 'live' | 'local' | 'trial' {
  if (/^(prod|live)/.test(stage)) return 'live';
  return stage === 'local' ? 'local' : 'trial';
}

function stageBadge(stage: string): Html {
  return html`<span class="stage ${stageTone(stage)}"><span class="unseen">Stage: </span>${stage}</span>`;
}

function organization({ signs }: Rail): Html {
  if (!signs?.organization) return html``;
  return html`<p class="organization"><span class="unseen">Organization: </span>${signs.organization}</p>`;
}

function navigation({ present, signs }: Rail, place: 'rail' | 'menu'): Html {
  return html`${groups.map(({ title, sections }, at) => {
    const list = sections.map((section) => entry(section, { isHere: section === present, signs }));
    if (!title) return html`<ul>${list}</ul>`;
    const id = `${place}-${at}`;
    return html`<p class="group" id="${id}">${title}</p><ul aria-labelledby="${id}">${list}</ul>`;
  })}`;
}

type EntryNow = Readonly<{ isHere: boolean; signs: DeploymentSigns | undefined }>;

function entry(section: Section, { isHere, signs }: EntryNow): Html {
  const { href, label } = entries[section];
  return html`<li><a href="${href}"${isHere ? html` aria-current="page"` : ''}>${label}${signs && signOf(section, signs)}</a></li>`;
}

/** What needs somebody is a word that everybody reads; that all is well is a dot, and a word for who does not see it. */
const polarSigns: Readonly<Record<NonNullable<DeploymentSigns['polar']>, Html>> = {
  none: html` <span class="state">not connected</span>`,
  attention: html` <span class="state bad">needs attention <span class="dot bad"></span></span>`,
  well: html` <span class="state"><span class="unseen">connected</span><span class="dot good" title="Connected"></span></span>`,
};

function signOf(section: Section, signs: DeploymentSigns): Html | undefined {
  const { polar, deadLetters } = signs;
  if (section === 'polar') return polar && polarSigns[polar];
  if (section !== 'dead-letters' || !deadLetters) return undefined;
  return html` <span class="count">${deadLetters > 99 ? '99+' : deadLetters}<span class="unseen"> waiting</span></span>`;
}
