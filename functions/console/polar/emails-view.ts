import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import {
  isPausedBeside,
  type MomentRow,
  mailsTwice,
  momentRows,
  sandboxNote,
} from '#shared/mail/moments.ts';
import { organizationsWrite } from '#shared/polar/api.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import type { ConnectionHealth } from '#shared/polar/connection/health.ts';
import {
  type ChangedSwitch,
  type CustomerEmails,
  changedSwitches,
  type Switch,
} from '#shared/polar/customer-emails.ts';
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { pathsOfTending, workflowPath } from '../kit/paths.ts';
import { firstToSwitchHere, signInToSwitch } from '../kit/polar-sign-in.ts';
import { badge, table, time } from '../kit/shown.ts';
import { capital } from '../kit/words.ts';
import type { Told } from './connection-state.ts';

type Shown = Readonly<{
  connection: Connection;
  /** How Polar sees the connection, which is told above. */
  health: Told<ConnectionHealth>;
  emails: Told<CustomerEmails>;
  maySwitch: boolean | undefined;
  workflows: readonly Workflow[];
  events: Settings['events'];
}>;

/** Who mails customers at each moment: Polar, a workflow, both or nobody, and what can be done about it. */
export function emailsView(c: Context<ConsoleEnv>, shown: Shown): Html {
  const { connection, health, emails, workflows, events } = shown;
  const switches = emails.kind === 'told' ? emails.value : undefined;
  const rows = momentRows(switches, workflows, events);
  const maySwitchOff = firstToSwitchHere(c, connection, shown.maySwitch) !== 'sign-in';
  const acts = rows.map((row) => actsOf(c, row, { connection, maySwitchOff }));
  const mayChange = acts.some((cell) => cell !== undefined);
  return html`<h2 id="emails">One moment, one email</h2>
<p class="soft">Polar also mails customers. Where a workflow mails at the same moment, they get both: switch off Polar’s email, or pause the workflow.</p>
${connection.server === 'sandbox' ? html`<p class="note">${sandboxNote}</p>` : ''}
${emails.kind === 'not-told' ? html`<p class="note">Polar didn’t say which emails it sends.${isToldAbove(health) ? '' : ` ${emails.reason}`}</p>` : ''}
${switches ? changesNote(c, connection, switches) : ''}
${rows.some(isTwice) || hasDraftThatMailsTwice(workflows, switches) ? scopeNote(c, shown) : ''}
<div class="moments">${table(
    'Who mails at each moment',
    ['When', 'Polar’s email', 'Ours', 'The customer gets', ...(mayChange ? ['Change'] : [])],
    rows.map((row, at) => [...rowCells(row), ...(mayChange ? [acts[at]] : [])]),
  )}</div>
${maySwitchOff ? offerOfAll(c, rows) : ''}
<p class="soft small">Disconnecting switches back on what you switched off here.</p>`;
}

/** Before a draft is activated Polar's mail may be switched off, too, on the page of the workflow. */
function hasDraftThatMailsTwice(
  workflows: readonly Workflow[],
  switches: CustomerEmails | undefined,
): boolean {
  return workflows.some((one) => one.status === 'draft' && mailsTwice(one, switches));
}

/** Why Polar tells nothing is said once on a page: asked twice, it may give two reasons. */
function isToldAbove(health: Told<ConnectionHealth>): boolean {
  return (
    health.kind === 'not-told' ||
    health.value.faults.some(({ kind }) => kind === 'unreachable' || kind === 'access')
  );
}

function changesNote(
  c: Context<ConsoleEnv>,
  { emails }: Connection,
  switches: CustomerEmails,
): Html {
  const changed = emails ? changedSwitches(emails.switches, switches) : [];
  if (!emails || changed.length === 0) return html``;
  return html`<div class="note">
<p>Polar’s own emails have changed since ${time(emails.seenAt)}: ${changed.map(changeText).join(', ')}.</p>
${act(c, 'Accept the change', pathsOfTending.acceptEmails)}
</div>`;
}

function changeText({ key, from, to }: ChangedSwitch): string {
  return `${key} was ${from} and is ${to}`;
}

const switchTones = { on: 'good', off: 'calm', unknown: 'warn' } as const satisfies Record<
  Switch,
  string
>;
const oursTones = { active: 'good', paused: 'calm', none: 'calm', unknown: 'warn' } as const;

/** `maySwitchOff`: false where a sign-in comes first, which the page offers once. */
type Switching = Readonly<{ connection: Connection; maySwitchOff: boolean }>;

function rowCells({ key, title, polar, ours, workflows, gets, mark }: MomentRow) {
  const isSure = gets !== 'one or two';
  const words = key.split('_').map((word, at) => (at === 0 ? word : html`_<wbr>${word}`));
  return [
    html`<span class="moment">${capital(title)}</span><br><code class="small soft">${words}</code>`,
    badge(polar, switchTones[polar]),
    html`${badge(ours, oursTones[ours])}${workflows.map(
      (one) =>
        html`<div class="ours"><a href="${workflowPath(one)}">${one.name}</a>${often(ours, one)}</div>`,
    )}`,
    mark
      ? badge(mark === 'nobody' ? 'nothing: nobody mails' : gets, isSure ? 'bad' : 'warn')
      : gets,
  ];
}

function often(ours: MomentRow['ours'], one: MomentRow['workflows'][number]): Html {
  const word = isPausedBeside(ours, one) ? 'paused' : one.isSure ? '' : 'sometimes';
  return word === '' ? html`` : html` <span class="small soft">${word}</span>`;
}

/** Undefined: nothing can be changed at this moment. */
function actsOf(
  c: Context<ConsoleEnv>,
  { key, polar, workflows, mark }: MomentRow,
  { connection: { emailsSwitchedOff = [] }, maySwitchOff }: Switching,
): Html | undefined {
  const fields = { keys: key };
  const isOurs = emailsSwitchedOff.includes(key) && polar === 'off';
  const active = mark === 'twice' ? workflows.filter(({ status }) => status === 'active') : [];
  const acts = [
    ...(isOurs ? [act(c, 'Switch Polar’s on again', pathsOfTending.emailsOn, { fields })] : []),
    ...(maySwitchOff && isTwice({ mark, polar })
      ? [act(c, 'Switch Polar’s off', pathsOfTending.emailsOff, { fields })]
      : []),
    ...active.map((one) =>
      act(c, `Pause ${one.name}`, `${workflowPath(one)}/pause`, {
        fields: { version: String(one.version) },
      }),
    ),
  ];
  return acts.length > 0 ? html`<div class="acts">${acts}</div>` : undefined;
}

function offerOfAll(c: Context<ConsoleEnv>, rows: readonly MomentRow[]): Html {
  const twice = rows.filter(isTwice);
  if (twice.length < 2) return html``;
  const keys = twice.map(({ key }) => key).join(',');
  return act(c, `Switch all ${twice.length} of Polar’s off`, pathsOfTending.emailsOff, {
    fields: { keys },
  });
}

/** Both mail, and Polar's can be switched off. */
function isTwice({ mark, polar }: Pick<MomentRow, 'mark' | 'polar'>): boolean {
  return mark === 'twice' && polar === 'on';
}

/** Only who switches needs the scope, so an ordinary sign-in does not ask for it. Said before somebody is refused. */
function scopeNote(c: Context<ConsoleEnv>, { connection, maySwitch }: Shown): Html {
  const needed = html`Switching Polar’s emails off needs the scope <span class="code">${organizationsWrite}</span>`;
  switch (firstToSwitchHere(c, connection, maySwitch)) {
    case 'switch':
      return html``;
    case 'sign-in':
      return html`<div class="note"><p>${needed}, which ${maySwitch === false ? 'your sign-in doesn’t have' : 'a usual sign-in doesn’t have'}. Sign in again with it first.</p>
${signInToSwitch(c, 'Sign in again with this scope', connection)}</div>`;
    case 'check-token':
      return html`<p class="note">${needed}. If your access token doesn’t have it, create one that also has it, and connect with it above, under <a href="#access">Reconnect to Polar</a>.</p>`;
  }
}
