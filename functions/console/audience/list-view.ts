import type { Context } from 'hono';
import { html } from 'hono/html';
import { sourceText } from '#shared/audience/person/contact-source.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { TotalsOfDay } from '#shared/store/counts/counts.ts';
import { postForm } from '../kit/fields.ts';
import { numberText } from '../kit/numbers.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { audiencePath, contactPath, importPath, polarPath, testPath } from '../kit/paths.ts';
import { addressText, empty, link, table, time } from '../kit/shown.ts';
import { marketingBadge, nameOf, shortened } from '../kit/words.ts';
import type { MarketingOf } from './audience-stores.ts';
import type { ContactsShown, Product, ProductsOf } from './by-product.ts';

export const searchPath = `${audiencePath}/search`;

const longestInList = 60;

/** What the list shows, as it stands in the URL. */
export type ListFilter = Readonly<{
  group?: string | undefined;
  consent?: 'subscribed' | 'unsubscribed' | undefined;
  /** The id of a product: only those who are subscribed to it. */
  product?: string | undefined;
}>;

type ListView = Readonly<{
  filter: ListFilter;
  groups: readonly string[];
  shown: Pick<ContactsShown, 'contacts' | 'products' | 'known' | 'isCutShort'>;
  marketing: MarketingOf;
  next: string | undefined;
  isFirstPage: boolean;
  /** The newest count of all contacts; absent: they were not counted yet. */
  totals: TotalsOfDay | undefined;
  isConnected: boolean;
}>;

/** The list with what finds, narrows and takes it along. */
export function listView(c: Context<ConsoleEnv>, view: ListView): Html {
  const { filter, groups, shown, marketing } = view;
  // Whom no contact shows can be searched for all the same.
  if (isEmpty(view))
    return html`${nothing(view)}<h2>Find someone</h2>
<p>Also finds customers without a contact, such as those deleted in Polar.</p>
${searchForm(c)}`;
  return html`<div class="row spread">
${searchForm(c)}
<p class="acts"><a class="button" href="${audiencePath}/add">Add a contact</a>${filter.product === undefined && html` <a class="button" href="${link(`${audiencePath}/export.csv`, filter)}">Export as CSV</a>`}</p>
</div>
${totalsLine(view)}
${filterChips(filter, groups, shown.known)}
${shown.contacts.length > 0 ? contactTable(shown.contacts, marketing, shown.products) : nothing(view)}
${paging(view)}`;
}

/** How many there are, whatever the filter: so only where there is none. */
function totalsLine({ totals, filter, shown }: ListView): Html {
  if (!totals || isFiltered(filter)) return html``;
  const { total, mailable, asOf } = totals;
  // As right after an import: the page itself shows that it is too old.
  if (total < shown.contacts.length) return html``;
  return html`<p class="soft small">${numberText(total)} ${total === 1 ? 'contact' : 'contacts'}, ${numberText(mailable)} can get marketing, <span class="whole">as of ${time(asOf)}</span></p>`;
}

/** The address goes in the body of a request, so that it stands in no URL. */
export function searchForm(c: Context<ConsoleEnv>, typed = ''): Html {
  return postForm(c, {
    action: searchPath,
    class: 'filters',
    body: html`<div class="field search">
<label for="text">Name, email address or id</label>
<input id="text" name="text" type="search" value="${typed}" autocomplete="off" required>
</div>
<button type="submit">Find</button>`,
  });
}

const consents = [
  [undefined, 'All'],
  ['subscribed', 'Subscribed'],
  ['unsubscribed', 'Not subscribed'],
] as const;

/** What narrows the list: links that need no script, and a field for a group that no setting has. */
function filterChips(
  filter: ListFilter,
  groups: readonly string[],
  offered: readonly Product[],
): Html {
  const { group, consent, product } = filter;
  const others = offered.filter(({ id }) => id !== product);
  const chosen = offered.filter(({ id }) => id === product);
  const unknown =
    product === undefined || chosen.length > 0 ? [] : [{ id: product, name: product, price: '' }];
  const products = [...chosen, ...unknown, ...others].slice(0, mostChips);
  const known = group === undefined || groups.includes(group) ? groups : [...groups, group];
  const shown = known.slice(0, mostChips);
  return html`<nav class="chips" aria-label="Filters">
<ul>${consents.map(([value, label]) => chip(label, { ...filter, consent: value }, consent === value))}</ul>
${shown.length > 0 && html`<ul>${shown.map((one) => chip(shortened(one, 30), { ...filter, group: one === group ? undefined : one }, one === group))}</ul>`}
${products.length > 0 && html`<ul aria-label="Product">${products.map(({ id, name }) => chip(name, { ...filter, product: id === product ? undefined : id }, id === product, id))}</ul>`}
<details><summary>Another group</summary>
<form method="get" class="filters">
${consent && html`<input type="hidden" name="consent" value="${consent}">`}
${product && html`<input type="hidden" name="product" value="${product}">`}
<div class="field"><label for="group">Group</label>
<input id="group" name="group" value="${group ?? ''}" list="groups" autocomplete="off">
<datalist id="groups">${groups.map((one) => html`<option value="${one}"></option>`)}</datalist></div>
<button type="submit">Filter</button>
</form></details>
</nav>`;
}

const mostChips = 8;

/** `id`: what the label is short for. */
function chip(label: string, filter: ListFilter, isHere: boolean, id?: string): Html {
  return html`<li><a class="chip" href="${link(audiencePath, filter)}"${id && html` title="${id}"`}${isHere ? html` aria-current="true"` : ''}>${label}</a></li>`;
}

/** A column of groups where anyone has one. `products`: what each is subscribed to, where that was looked for. */
export function contactTable(
  contacts: readonly Contact[],
  marketing: MarketingOf,
  products?: ProductsOf,
): Html {
  const hasGroups = contacts.some(({ userGroup }) => userGroup !== undefined);
  return table(
    'Contacts, newest first',
    [
      ...['Contact', 'Marketing', ...(hasGroups ? ['Group'] : [])],
      ...[...(products ? ['Product'] : []), 'Since'],
    ],
    contacts.map((contact) => [
      html`<div class="who"><a href="${contactPath(contact.contactId)}">${shortened(nameOf(contact), longestInList) || addressText(contact.address)}</a>${nameOf(contact) && html`<br><span class="soft">${addressText(contact.address)}</span>`}</div>`,
      marketingBadge(marketing.get(contact.contactId) ?? 'not subscribed'),
      ...(hasGroups ? [shortened(contact.userGroup, longestInList)] : []),
      ...(products ? [productNames(products.get(contact.customerId ?? ''))] : []),
      html`${time(contact.createdAt)}<br><span class="soft small whole">${sourceText(contact)}</span>`,
    ]),
    { of: 'contacts' },
  );
}

function productNames(products: readonly Product[] = []): Html {
  return html`${products.map(({ id, name }, index) => html`${index > 0 ? ', ' : ''}<span title="${id}">${name}</span>`)}`;
}

function isFiltered({ group, consent, product }: ListFilter): boolean {
  return (group ?? consent ?? product) !== undefined;
}

/** Not even a filter could be why nothing is shown. */
function isEmpty({ filter, shown, isFirstPage }: ListView): boolean {
  return isFirstPage && !shown.isCutShort && shown.contacts.length === 0 && !isFiltered(filter);
}

function nothing({ filter, shown, isFirstPage, isConnected }: ListView): Html {
  if (shown.isCutShort)
    return html`<p class="note">None so far. Not all contacts have been searched yet: keep searching below.</p>`;
  if (isFiltered(filter)) {
    return empty(
      `No ${isFirstPage ? '' : 'more '}contacts match these filters.`,
      html`<p><a href="${audiencePath}">Show all contacts</a></p>`,
    );
  }
  if (!isFirstPage)
    return empty(
      'No more contacts.',
      html`<p><a href="${audiencePath}">Back to the newest</a></p>`,
    );
  const other = html`<a href="${testPath}">send a test event</a> or <a href="${audiencePath}/add">add a contact by hand</a>`;
  return isConnected
    ? empty(
        'No contacts yet. Polar is connected: its next event adds the first one.',
        html`<p><a class="button primary" href="${importPath}">Import customers</a></p>
<p>Or ${other}.</p>`,
      )
    : empty(
        'No contacts yet. They appear as soon as Polar sends its first event.',
        html`<p><a href="${polarPath}">Connect Polar</a>, ${other}.</p>`,
      );
}

function paging({ filter, next, shown, isFirstPage }: ListView): Html {
  const { isCutShort, contacts } = shown;
  const label = isCutShort ? 'Keep searching' : 'Older contacts';
  const note = isCutShort && contacts.length > 0 ? 'Not all contacts have been searched yet.' : '';
  return html`<div class="pages">
<p>${!isFirstPage && html`<a href="${link(audiencePath, filter)}">Back to the newest</a>`} ${note}</p>
${next && html`<a class="button" href="${link(audiencePath, { ...filter, after: next })}" rel="next">${label}</a>`}
</div>`;
}

/** The groups that the settings give, each once. */
export function groupsOf({ events }: Settings): string[] {
  const groups = Object.values(events).flatMap(({ userGroup }) => userGroup ?? []);
  return [...new Set(groups)].sort();
}
