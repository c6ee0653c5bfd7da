import { Hono } from 'hono';
import { html } from 'hono/html';
import { act } from '../kit/fields.ts';
import { type ConsoleEnv, page } from '../kit/page.ts';
import { empty, table } from '../kit/shown.ts';
import { shortened } from '../kit/words.ts';
import type { ConsoleParts } from '../parts.ts';
import { finding } from './finding.ts';

/** What the field of the navigation leads to: the one thing that was meant, or all that it may be. */
export function findPages(parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  const find = finding(parts);

  app.get('/', async (c) => {
    const text = (c.req.query('q') ?? '').trim();
    const found = await find(text);
    const [only] = found;
    if (only?.isExact && found.length === 1) return c.redirect(only.href, 303);
    const rows = found.map(({ kind, name, href }) => [kind, html`<a href="${href}">${name}</a>`]);
    const next =
      text !== '' &&
      html`<p>A customer whom no contact shows is found by its external id.</p>
${act(c, 'Search all customers', '/console/audience/search', { fields: { text } })}`;
    return page(c, {
      title: text === '' ? 'Find' : `Find “${shortened(text, 60)}”`,
      body:
        rows.length > 0
          ? table('What was found', ['Kind', 'Name'], rows)
          : empty(
              text === ''
                ? 'Type an address, an external id, the name of a workflow, or any id.'
                : 'No exact match.',
              next || undefined,
            ),
    });
  });

  return app;
}
