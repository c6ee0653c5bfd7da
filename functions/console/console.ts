import { Hono } from 'hono';
import { html } from 'hono/html';
import { secureHeaders } from 'hono/secure-headers';
import { reasonOf } from '#shared/failure.ts';
import type { Hold } from '#shared/store/mail/hold.ts';
import { InvalidSettings } from '#shared/store/settings/settings.ts';
import { consoleActs } from './console-acts.ts';
import { deploymentSigns } from './kit/deployment-signs.ts';
import { contentSecurityPolicy, sameOrigin, visitor, withoutSlash } from './kit/guard.ts';
import { noting } from './kit/noting.ts';
import { assetPages, type ConsoleEnv, type Html, page } from './kit/page.ts';
import { emailsPath, settingsPath } from './kit/paths.ts';
import { flashed } from './kit/remembered.ts';
import { empty, time, who } from './kit/shown.ts';
import type { ConsoleParts } from './parts.ts';
import { type Section, sectionAt } from './sections.ts';

/**
 * The pages of the console. Its door is IAM on the route, or loopback; see `sameOrigin` for what else keeps it shut. Each
 * section is loaded when somebody opens a page of it: all of them would make the first page twice as slow.
 */
export function consoleApp(parts: ConsoleParts) {
  const loaded = new Map<string, Hono<ConsoleEnv>>();
  const signs = deploymentSigns({ ...parts, stage: parts.env.STAGE });
  const app = new Hono<ConsoleEnv>();
  app.use(
    secureHeaders({
      contentSecurityPolicy,
      xFrameOptions: 'DENY',
      // With no-referrer a browser sends "Origin: null" with every form, which `sameOrigin` refuses.
      referrerPolicy: 'same-origin',
      strictTransportSecurity: false,
      // What a page says of itself stands, see `policyWith`.
      overwrite: false,
    }),
  );
  app.use(async (_, next) => {
    await next();
    // A page does not wait long for Polar, but nothing may be answered in the middle of a refresh.
    await parts.polar.access.settled();
  });
  app.get('*', withoutSlash);
  app.all('*', async (c) => {
    const section = sectionAt(c.req.path);
    const pages = loaded.get(section.path) ?? (await sectionApp(section, parts, signs));
    loaded.set(section.path, pages);
    return pages.fetch(c.req.raw, c.env);
  });
  app.onError((error, c) => {
    parts.log.error('console failed', { method: c.req.method, reason: reasonOf(error) });
    return c.text('Something went wrong on our side, and nothing was done. Try again.', 500);
  });
  return app;
}

/** The pages of one section, with what all pages have in common. `signs` notes what it read, for all sections. */
export async function sectionApp(
  { path, pages }: Section,
  parts: ConsoleParts,
  signs: ReturnType<typeof deploymentSigns>,
) {
  const app = new Hono<ConsoleEnv>();
  app.route('/console/assets', assetPages());
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  app.use(signs);
  app.use(visitor, sameOrigin, flashed, noting(parts, consoleActs));
  app.use(async (c, next) => {
    // Read while the page is made, and awaited where it stands in the page.
    if (c.req.method === 'GET') c.set('held', parts.hold.read().then(heldBanner, notKnown));
    await next();
  });
  app.route(path, await pages(parts));
  app.notFound((c) =>
    page(c, {
      title: 'Page not found',
      status: 404,
      body: empty(
        'The link may be incomplete, or what it led to is gone.',
        html`<p><a href="/console">Start from the overview</a></p>`,
      ),
    }),
  );
  app.onError((error, c) => {
    if (error instanceof InvalidSettings) {
      return page(c, {
        title: 'The settings aren’t valid',
        status: 503,
        body: html`<p>This page needs the settings, so nothing was done. ${error.message} <a href="${settingsPath}">Events &amp; groups</a> shows what’s wrong and lets you fix it.</p>`,
      });
    }
    parts.log.error('console failed', {
      method: c.req.method,
      route: c.req.routePath,
      reason: reasonOf(error),
    });
    const next =
      c.req.method === 'POST'
        ? 'Your change may have been saved, so check before you try again.'
        : 'Reload the page.';
    return page(c, {
      title: 'Something went wrong',
      status: 500,
      body: html`<p>Something failed on our side. ${next} If it keeps failing, the console function’s log says why.</p>`,
    });
  });
  return app;
}

const notKnown = () =>
  html`<p class="flash problem" role="status">Couldn’t read whether mail is held. Reload the page.</p>`;

function heldBanner(hold: Hold | undefined): Html {
  if (!hold?.isOn) return html``;
  return html`<p class="flash problem" role="status">All mail has been held by ${who(hold.by)} since ${time(hold.at)}: ${hold.reason}. Events are still recorded. <a href="${emailsPath}">Release mail</a></p>`;
}
