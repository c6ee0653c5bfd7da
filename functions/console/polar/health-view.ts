import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Gap } from '#shared/polar/connection/connection.ts';
import { gapNote, gapToClose } from '#shared/polar/connection/gap.ts';
import {
  type ConnectionHealth,
  type Fault,
  needsSomebody,
  nextRepair,
  type Repair,
} from '#shared/polar/connection/health.ts';
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { pathsOfTending } from '../kit/paths.ts';
import { badge, time } from '../kit/shown.ts';

export function endpointBadge(health: ConnectionHealth | undefined): Html {
  if (!health?.endpoint) return badge('state not known', 'warn');
  return health.endpoint.enabled
    ? badge('enabled in Polar', 'good')
    : badge('disabled in Polar', 'bad');
}

/** What is wrong, and the one thing to do about it first. */
export function faultList(
  c: Context<ConsoleEnv>,
  { faults }: ConnectionHealth,
  { gap, redeliverFrom }: Readonly<{ gap: Gap | undefined; redeliverFrom: string | undefined }>,
): Html {
  const next = nextRepair(faults);
  const toClose = gapToClose({ gap }, faults);
  if (next === undefined && !toClose) {
    return html`<p>${badge('healthy', 'good')} Polar sends our events here, with our secret. Nothing failed recently.</p>`;
  }
  if (!needsSomebody(faults) && !toClose) {
    return html`${faults.map(({ kind, sentence }) => html`<p>${badge(kind === 'unreachable' ? 'no answer' : 'retrying', 'warn')} ${sentence}</p>`)}`;
  }
  return html`<h3>What’s wrong</h3>
<ul class="faults">${faults.map(({ sentence }) => html`<li><p>${sentence}</p></li>`)}${toClose ? html`<li>${gapShown(toClose)}</li>` : ''}</ul>
${nextStep(c, faults, { toClose, redeliverFrom })}`;
}

export function gapShown(gap: Gap): Html {
  const { what, at, why } = gapNote(gap);
  return html`<p>${what} ${time(at)}. ${why}</p>`;
}

function nextStep(
  c: Context<ConsoleEnv>,
  faults: readonly Fault[],
  {
    toClose,
    redeliverFrom,
  }: Readonly<{ toClose: Gap | undefined; redeliverFrom: string | undefined }>,
): Html {
  const next = nextRepair(faults);
  const button = next && remedy(c, next, redeliverFrom);
  const recovery = html`run <span class="code whole">npm run recover</span>. It brings in what Polar didn’t record, and lists lost orders whose emails are due.`;
  if (next === undefined || button === undefined) {
    return toClose ? html`<h3>Next step</h3><p>Close the gap: ${recovery}</p>` : html``;
  }
  const isFailed = next !== 'redeliver' && faults.some(({ repair }) => repair === 'redeliver');
  return html`<h3>Next step</h3>
<p>${nextWords[next]}${isFailed ? ' Then redeliver what failed.' : ''}${toClose && html` Then close the gap: ${recovery}`}</p>
${button}`;
}

const nextWords: Readonly<Record<Repair, string>> = {
  connect: 'Reconnect to Polar.',
  repair:
    'Repair the connection: it sets the address, events and secret, and enables the endpoint.',
  enable: 'Enable the endpoint.',
  redeliver: 'Redeliver what failed. Each event is applied once.',
  wait: '',
};

/** `undefined`: nothing that a person could do here. */
function remedy(
  c: Context<ConsoleEnv>,
  repair: Repair,
  redeliverFrom: string | undefined,
): Html | undefined {
  switch (repair) {
    case 'enable':
      return act(c, 'Enable the endpoint', pathsOfTending.enable, { tone: 'primary' });
    case 'repair':
      return act(c, 'Repair the connection', pathsOfTending.repair, { tone: 'primary' });
    case 'redeliver':
      return redeliver(c, redeliverFrom);
    case 'connect':
      return html`<p><a class="button primary" href="#access">Reconnect to Polar</a></p>`;
    case 'wait':
      return undefined;
  }
}

function redeliver(c: Context<ConsoleEnv>, from: string | undefined): Html {
  const label = from ? 'Continue redelivering' : 'Redeliver what failed';
  const fields = from ? { from } : {};
  return act(c, label, pathsOfTending.redeliver, { tone: 'primary', fields });
}
