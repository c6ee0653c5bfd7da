import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { LambdaEvent } from 'hono/aws-lambda';
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { ActObjects } from '#shared/audience/operator-act.ts';
import type { Deployment } from './deployment-signs.ts';
import { rail, type Section, stageTone } from './rail.ts';
import { script } from './script/script.ts';
import { style } from './style/style.ts';

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b57a4"/><path d="M7 11l9 6 9-6M7 10h18v12H7z" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round"/></svg>`;

const path = '/console/assets';

const assets = {
  style: asset('style', 'css', 'text/css; charset=utf-8', style),
  script: asset('script', 'js', 'text/javascript; charset=utf-8', script),
  icon: asset('icon', 'svg', 'image/svg+xml', icon),
} as const;

/** Where the pages find them. A changed asset has another address, so a browser may keep what it has. */
export const assetUrls = {
  style: `${path}/${assets.style.name}`,
  script: `${path}/${assets.script.name}`,
  icon: `${path}/${assets.icon.name}`,
} as const;

export function assetPages() {
  const app = new Hono();
  for (const { name, type, content } of Object.values(assets)) {
    app.get(`/${name}`, (c) =>
      c.body(content, 200, {
        'content-type': type,
        'cache-control': 'private, max-age=31536000, immutable',
      }),
    );
  }
  return app;
}

function asset(name: string, extension: string, type: string, content: string) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { name: `${name}-${hash}.${extension}`, type, content };
}

/** What a page finds in the context of its request. */
export type ConsoleEnv = {
  Bindings: { event?: LambdaEvent };
  Variables: {
    /** Who asks: an ARN of IAM, or `local`. Records, histories and the log have it so. */
    by: string;
    /** The console's origin as the browser sees it, such as http://localhost:4747. */
    origin: string;
    /** What every form has to bring along, see `formToken`. */
    token: string;
    /** The fields of a POST. */
    form: FormData;
    flash: Flash | undefined;
    /** What a POST leaves to be shown, which says whether it was done. */
    left: Flash | undefined;
    /** Whether the request does something; absent: it only looks, as a preview does. */
    isAct: boolean | undefined;
    /** What an act turned out to be about, for the operator log. */
    acted: ActObjects | undefined;
    deployment: Deployment | undefined;
    /** Why all mail is held, by whom and since when; empty: it is not. */
    held: Html | undefined;
  };
};

/**
 * One sentence about what was just done, shown once on the next page. `calm`: nothing was, because somebody chose so.
 * `isDone`: what was asked for was done all the same, and the problem is with what belongs to it.
 */
export type Flash = Readonly<{
  kind: 'done' | 'calm' | 'problem';
  text: string;
  isDone?: boolean;
}>;

/** Text in which everything that is not markup of ours is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

type Page = Readonly<{
  title: string;
  /** What the tab of the browser says instead, where pages with the same title are open side by side. */
  tab?: string;
  section?: Section;
  body: Html;
  /** Where the page is found in the console: the page above it. */
  above?: Readonly<{ href: string; title: string }>;
  /** Beside the title: what can be done with all of the page, or what it covers. */
  beside?: Html;
  status?: 200 | 400 | 403 | 404 | 405 | 409 | 422 | 500 | 503;
}>;

/**
 * A whole page: head, navigation, the sentence of what was just done, and the body under its title. That sentence has the
 * focus, without a script too, so that it is read first and Tab goes on from there.
 */
export function page(
  c: Context<ConsoleEnv>,
  { title, tab, section, body, above, beside, status = 200 }: Page,
) {
  const flash = c.get('flash');
  return c.html(
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${[tab ?? title, above?.title, tabEnd(c)].filter(Boolean).join(' · ')}</title>
<link rel="icon" href="${assetUrls.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assetUrls.style}">
<script src="${assetUrls.script}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${navigation(c, section)}
<main id="main" tabindex="-1">
${above && html`<p class="above"><a href="${above.href}">${above.title}</a></p>`}
<div class="title"><h1>${title}</h1>${beside}</div>
${c.get('held')}
${flash && html`<div class="flash ${flash.kind}" role="status" tabindex="-1" autofocus>${flash.text.split('\n').map((line) => html`<p>${line}</p>`)}</div>`}
${body}
</main>
</body>
</html>`,
    status,
  );
}

/** A tab of production needs no more words; one of another stage says so. */
function tabEnd(c: Context<ConsoleEnv>): string {
  const { stage = 'prod' } = c.get('deployment') ?? {};
  return stageTone(stage) === 'live' ? 'Polar Audience' : `Polar Audience (${stage})`;
}

async function navigation(
  c: Context<ConsoleEnv>,
  present: Section | undefined,
): Promise<HtmlEscapedString> {
  const deployment = c.get('deployment');
  return rail({
    stage: deployment?.stage ?? '',
    token: c.get('token'),
    present,
    signs: await deployment?.signs(),
  });
}
