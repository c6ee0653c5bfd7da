import { Hono } from 'hono';
import { html } from 'hono/html';
import { type ConsoleEnv, page } from '../kit/page.ts';

/** The first page: how everything is. */
export function overviewPages() {
  const app = new Hono<ConsoleEnv>();

  app.get('/', (c) =>
    page(c, {
      title: 'Overview',
      section: 'overview',
      body: html`<div class="card"><p>Contacts are in the <a href="/console/audience">audience</a>, what Polar sent is under <a href="/console/events">events</a>.</p></div>`,
    }),
  );

  return app;
}
