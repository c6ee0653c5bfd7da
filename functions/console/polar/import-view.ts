import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Import } from '#shared/audience/backfill/import.ts';
import { type BackfillCounts, noCounts, sumOf } from '#shared/audience/backfill/page.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { withoutTryLater } from '#shared/polar/api-error.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { live } from '../kit/enhanced.ts';
import { act } from '../kit/fields.ts';
import { numberText } from '../kit/numbers.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { importPath, polarPath, settingsPath } from '../kit/paths.ts';
import { facts, time, who } from '../kit/shown.ts';
import { importProgress, importText } from '../kit/words.ts';

type Shown = Readonly<{
  known: Import | undefined;
  connection: Pick<Connection, 'organizationId' | 'organizationName' | 'connectedAt'>;
  now: Date;
  /** What events do by the settings; `undefined`: these are not valid. */
  events: Settings['events'] | undefined;
}>;

/** What an import does, and how the newest one is. While it runs, the page reads it again by itself. */
export function importView(
  c: Context<ConsoleEnv>,
  { known, connection, now, events }: Shown,
): Html {
  const ours = known?.organizationId === connection.organizationId ? known : undefined;
  const shown = html`${ours ? present(c, ours, { connection, now, events }) : first(c, connection)}`;
  return html`<p>Adds every customer of ${connection.organizationName} in Polar as a contact, with subscriptions and the groups your settings give. Past orders set groups and nothing else. Nobody is emailed. Existing contacts keep their consent; new ones start as <a href="${settingsPath}">Events &amp; groups</a> says: subscribed, unless you change it there.</p>
${ours?.state === 'running' ? live('import', shown) : html`<div id="import">${shown}</div>`}
<p class="soft">Customers deleted in Polar aren’t removed here. To remove them, run <span class="code">npm run backfill</span>.</p>`;
}

/** The next step after connecting, until it was done; then a way back to it. `isNext`: nothing is to be mended first. */
export function importCard(
  { organizationId }: Pick<Connection, 'organizationId'>,
  imported: Import | undefined,
  isNext: boolean,
): Html {
  const ours = imported?.organizationId === organizationId ? imported : undefined;
  const isDone = ours?.kind === 'import' && ours.state === 'done';
  const told = isDone ? html`Last import: ${time(ours.changedAt)}.` : importText(ours);
  return html`<div class="card">
<p><strong>Import existing customers.</strong> <span class="soft">${told}</span></p>
<a class="button${isNext && !isDone ? ' primary' : ''}" href="${importPath}">Import customers…</a>
</div>
`;
}

function first(c: Context<ConsoleEnv>, { organizationName }: Shown['connection']): Html {
  return html`<div class="card">
<h2>Preview the import</h2>
<p class="soft">Reads the customer list of ${organizationName} and changes nothing.</p>
${look(c, 'primary')}
</div>`;
}

const look = (c: Context<ConsoleEnv>, tone: '' | 'primary' = '', label = 'Preview import') =>
  act(c, label, `${importPath}/look`, { tone });

/** The button has the numbers of the look above it. Where nobody is new, subscriptions and groups may be. */
function start(c: Context<ConsoleEnv>, { missing, stale }: BackfillCounts['drift']) {
  const label =
    missing > 0
      ? `Import ${numberText(missing)} new ${missing === 1 ? 'customer' : 'customers'}${stale > 0 ? `, update ${numberText(stale)}` : ''}`
      : stale > 0
        ? `Update ${ofCustomers(stale)}`
        : 'Import subscriptions and groups';
  return act(c, label, `${importPath}/start`, { tone: missing + stale > 0 ? 'primary' : '' });
}

/** Where Polar refused the access, another one comes first, unless there is one by now. */
function goingOn(
  c: Context<ConsoleEnv>,
  { importId, isAccessRefused = false, changedAt }: Import,
  { connectedAt }: Shown['connection'],
) {
  const needsAccess = isAccessRefused && connectedAt < changedAt;
  const again = act(c, 'Continue', `${importPath}/continue`, {
    tone: needsAccess ? '' : 'primary',
    fields: { import: importId },
  });
  if (!needsAccess) return again;
  return html`<a class="button primary" href="${polarPath}#access">Reconnect to Polar</a> ${again}`;
}

function present(
  c: Context<ConsoleEnv>,
  known: Import,
  { connection, now, events }: Omit<Shown, 'known'>,
): Html {
  const counts = known.place?.counts ?? noCounts();
  return html`<section class="card" aria-labelledby="import-now">
<h2 id="import-now">${titles[known.kind][known.state]}</h2>
${summary(known, counts, now)}
${known.place && known.state !== 'done' ? countsView(known, counts) : ''}
${known.kind === 'look' && known.state === 'done' ? notPreviewed(events) : ''}
${remarks(known, counts)}
<div class="row">${buttons(c, known, counts, connection)}</div>
<p class="soft small">${known.kind === 'look' ? 'Preview started' : 'Started'} ${time(known.startedAt)} by ${who(known.by)}.</p>
</section>`;
}

const titles = {
  look: {
    running: 'Reading what Polar has',
    done: 'Import preview',
    stopped: 'Preview stopped',
    failed: 'Preview failed',
  },
  import: {
    running: 'Importing',
    done: 'Import done',
    stopped: 'Import stopped',
    failed: 'Import failed',
  },
} as const;

/** Longer than the function takes to come by and to work through a page. */
const silentMs = 10 * 60_000;

function summary(known: Import, counts: BackfillCounts, now: Date): Html {
  switch (known.state) {
    case 'running':
      return html`<p>${importProgress(known)} You can close this page: it keeps running.</p>
${bar(known)}
${known.reason ? html`<p class="note">${withoutTryLater(known.reason)} The import retries by itself within a minute.</p>` : ''}
${now.getTime() - Date.parse(known.changedAt) > silentMs ? html`<p class="note">No progress since ${time(known.changedAt)}. The importer function’s log says why.</p>` : ''}`;
    case 'done':
      return html`<p>${doneText(known, counts)}</p>`;
    case 'stopped':
      return html`<p>${howFar(known)}</p>`;
    case 'failed':
      return html`<p class="note">${known.reason ?? 'It failed.'}</p>
${known.progress ? html`<p>${howFar(known)}</p>` : ''}`;
  }
}

/** Of one that is over before its end. */
function howFar(known: Import): string {
  if (!known.progress) return 'It didn’t start.';
  const stays = known.kind === 'import' ? ' What was imported so far stays.' : '';
  return `${importProgress(known)}${stays}`;
}

function bar({ progress }: Import): Html {
  if (!progress) return html``;
  return html`<progress max="${Math.max(1, progress.total)}" value="${progress.looked}" aria-label="${progress.phase} looked at"></progress>`;
}

/** What it came to, in sentences. */
function doneText(
  { kind, customers = 0, organizationName }: Import,
  { drift, inStep, withoutAddress, erased, purchases, subscriptions }: BackfillCounts,
): string {
  if (customers === 0) return `${organizationName} has no customers in Polar yet.`;
  const isLook = kind === 'look';
  const parts = [
    [drift.missing, 'new'],
    [drift.stale, isLook ? 'to update' : 'updated'],
    [inStep, 'already here'],
    [withoutAddress, 'without an email address'],
    [erased, 'erased here'],
  ] as const;
  const told = parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${numberText(count)} ${what}`)
    .join(', ');
  const subject = isLook
    ? `Polar has ${ofCustomers(customers)}`
    : `Went through ${ofCustomers(customers)}`;
  const groups = drift['wrong-group'];
  return [
    told === '' ? `${subject}.` : `${subject}: ${told}.`,
    isLook ? '' : `Compared ${numberText(purchases)} subscriptions and paid orders.`,
    subscriptions === 0
      ? ''
      : `${numberText(subscriptions)} ${subscriptions === 1 ? 'subscription' : 'subscriptions'} brought in.`,
    groups === 0 ? '' : 'Customers got groups from their purchases.',
  ]
    .filter(Boolean)
    .join(' ');
}

function countsView({ kind }: Import, counts: BackfillCounts): Html {
  const isLook = kind === 'look';
  const { drift, inStep, withoutAddress, erased, purchases, subscriptions } = counts;
  const row = (name: string, count: number, always = false) =>
    [name, count > 0 || always ? numberText(count) : undefined] as const;
  return facts([
    row(isLook ? 'Would be new' : 'New', drift.missing, true),
    row(isLook ? 'Would be updated' : 'Updated', drift.stale),
    row('Groups set by purchases', drift['wrong-group']),
    row('Already here', inStep, true),
    row('Without an email address', withoutAddress),
    row('Erased here', erased),
    row('Subscriptions and paid orders compared', purchases),
    row('Subscriptions brought in', subscriptions),
  ]);
}

/** Who gets the group of an event that an import makes from what Polar lists. */
const given = {
  'customer.created': 'for each new customer',
  'customer.updated': 'for each updated customer',
  'subscription.created': 'for everyone with a subscription',
  'order.paid': 'for everyone with a paid order',
} as const;
const importedTypes = [
  'customer.created',
  'customer.updated',
  'subscription.created',
  'order.paid',
] as const satisfies (keyof typeof given)[];

/** What the import does besides. Only Polar's list of purchases tells how many get a group, so nothing is counted here. */
function notPreviewed(events: Shown['events']): Html {
  return html`<p class="soft">The preview counts customers only. The import also adds subscriptions, including those of customers already here.</p>
${events && groupsView(events)}`;
}

function groupsView(events: NonNullable<Shown['events']>): Html {
  const giving = importedTypes.flatMap((type) => {
    const { enabled, userGroup, userGroupMode } = events[type];
    // A customer is new to its first event alone, which is the one that made it.
    const isSet = userGroupMode === 'always' || type === 'customer.created';
    return enabled && userGroup !== null ? [{ type, userGroup, isSet }] : [];
  });
  const set = giving.filter(({ isSet }) => isSet);
  const left = giving
    .filter(({ isSet }) => !isSet)
    .map(({ type, userGroup }) => `${userGroup} (${type})`);
  const where = html`<a href="${settingsPath}">Events &amp; groups</a>`;
  return html`${
    set.length > 0
      ? html`<p class="soft">The import sets these groups from ${where}:</p>
<ul class="soft">${set.map(({ type, userGroup }) => html`<li>${userGroup}, ${given[type]}</li>`)}</ul>`
      : left.length === 0
        ? html`<p class="soft">No groups are set in ${where}, so the import sets none.</p>`
        : html`<p class="soft">The import sets no groups from ${where}.</p>`
  }
${left.length > 0 && html`<p class="soft">It doesn’t set ${left.join(' or ')}: that’s for new contacts only.</p>`}`;
}

/** What somebody should know besides the numbers. */
function remarks({ kind, brokeOff }: Import, { refused, unwanted }: BackfillCounts): Html {
  return html`${brokeOff ? html`<p class="soft">A step was interrupted and repeated, so up to 100 new customers may count as already here.</p>` : ''}
${reasons('Left alone by your settings', unwanted)}
${reasons(kind === 'look' ? 'Can’t be imported' : 'Not imported', refused)}`;
}

function reasons(title: string, counts: Readonly<Record<string, number>>): Html {
  if (sumOf(counts) === 0) return html``;
  return html`<h3>${title}</h3>
<ul>${Object.entries(counts).map(([reason, count]) => html`<li>${numberText(count)}: ${reason}</li>`)}</ul>`;
}

function buttons(
  c: Context<ConsoleEnv>,
  known: Import,
  { drift }: BackfillCounts,
  connection: Shown['connection'],
): Html {
  const { kind, state, importId } = known;
  const fields = { import: importId };
  if (state === 'running') return act(c, 'Stop', `${importPath}/stop`, { fields });
  if (state === 'done' && kind === 'import') {
    return html`<a class="button primary" href="/console/audience">See the audience</a> ${look(c, '', 'Preview again')}`;
  }
  if (state === 'done') {
    return html`${known.customers === 0 ? '' : start(c, drift)} ${look(c, '', 'Preview again')}`;
  }
  return html`${goingOn(c, known, connection)} ${look(c, '', 'Preview again')}`;
}

function ofCustomers(count: number): string {
  return `${numberText(count)} ${count === 1 ? 'customer' : 'customers'}`;
}
