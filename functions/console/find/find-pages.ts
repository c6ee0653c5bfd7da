import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { erasedView, erasuresUnder } from '../kit/erasures.ts';
import { act, postForm, textOf } from '../kit/fields.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { audiencePath, findPath } from '../kit/paths.ts';
import { addressText, empty, table } from '../kit/shown.ts';
import { shortened } from '../kit/words.ts';
import type { ConsoleParts } from '../parts.ts';
import { finding } from './finding.ts';

const whatToType =
  'Type a name, an address or its beginning, an external id, the name of a workflow, or the id of a contact, customer, order, subscription, webhook, email or run.';

/** On a phone the field of the navigation is in the menu. */
function findForm(c: Context<ConsoleEnv>): Html {
  return html`${postForm(c, {
    action: findPath,
    class: 'filters',
    body: html`<div class="field search">
<label for="anything">Name, email address or id</label>
<input id="anything" name="q" type="search" autocomplete="off" aria-describedby="what-to-type" required>
</div>
<button type="submit">Find</button>`,
  })}
<p class="soft" id="what-to-type">${whatToType}</p>`;
}

/** What the field of the navigation leads to: the one thing that was meant, or all that it may be. */
export function findPages(parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  const find = finding(parts);
  const erasures = erasuresUnder(parts);

  app.get('/', (c) => page(c, { title: 'Find', body: findForm(c) }));

  app.post('/', async (c) => {
    const text = textOf(c.get('form'), 'q').trim();
    if (text === '') return c.redirect(findPath, 303);
    const { found, hasMore } = await find(text);
    const [only] = found;
    if (only?.isExact && found.length === 1) return c.redirect(only.href, 303);
    const isHere = found.some(({ isExact }) => isExact);
    const erased = isHere ? [] : erasedView(text, await erasures(text));
    const rows = found.map(({ kind, name, address, href }) => [
      html`<div class="who"><a href="${href}">${name}</a>${address && html`<br><span class="soft">${addressText(address)}</span>`}</div>`,
      kind,
    ]);
    const next = html`<p>Invoice numbers and SES message ids can’t be found here. Type the order’s id in Polar, or the email’s ledger key: the tag <span class="code">ledgerKey</span> in SES’s events.</p>
<p>To find a customer without a contact, type its external id.</p>
${act(c, 'Search all customers', `${audiencePath}/search`, { fields: { text, all: 'on' } })}`;
    return page(c, {
      title: `Find “${shortened(text, 60)}”`,
      tab: 'Find',
      body:
        rows.length > 0
          ? html`${erased.map((one) => html`<div class="note">${one}</div>`)}
<p class="soft">${hasMore ? `The first ${rows.length}.` : `${rows.length} found.`}</p>
<div class="found">${table('What was found', ['Name', 'Kind'], rows, { of: 'finds' })}</div>
${hasMore && act(c, 'See all contacts', `${audiencePath}/search`, { fields: { text } })}`
          : erased.length > 0
            ? html`<div class="empty">${erased}</div>`
            : empty('No match.', next),
    });
  });

  return app;
}
