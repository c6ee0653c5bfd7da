import type { Context } from 'hono';
import { html } from 'hono/html';
import { assetUrls } from '../assets.ts';
import type { ConsoleEnv } from '../console-env.ts';

type Passing = Readonly<{ title: string; to: string; link: string }>;

/**
 * A page that goes on by itself. No redirect: one that follows a form may not leave the site, and one that follows
 * another site still counts as coming from there.
 */
export function passingPage(c: Context<ConsoleEnv>, { title, to, link }: Passing) {
  return c.html(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="0; url=${to}">
<title>${title} · Polar Audience</title>
<link rel="icon" href="${assetUrls.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assetUrls.style}">
</head>
<body>
<main id="main">
<h1>${title}</h1>
<p><a href="${to}">${link}</a></p>
</main>
</body>
</html>`);
}
