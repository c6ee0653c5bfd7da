import type { Context } from 'hono';
import { html } from 'hono/html';
import type { PolarOrganization } from '#shared/polar/polar-api.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act, postForm } from '../fields.ts';
import type { Html } from '../page.ts';
import type { Told } from './connection-state.ts';
import { home, pathsOfConnecting } from './polar-paths.ts';

/** Signed in, and not connected yet. */
export function organizationChoice(
  c: Context<ConsoleEnv>,
  organizations: Told<readonly PolarOrganization[]>,
): Html {
  const cancel = act(c, 'Do not connect', pathsOfConnecting.cancel);
  if (organizations.kind === 'not-told') {
    return html`<div class="card">
<p>You are signed in to Polar, and not connected yet.</p>
<p class="note">${organizations.reason}</p>
<div class="row"><a class="button" href="${home}">Try again</a> ${cancel}</div>
</div>`;
  }
  return html`<div class="card">
<p>You are signed in to Polar, and not connected yet. One audience belongs to one organisation: which one?</p>
${postForm(c, {
  action: pathsOfConnecting.organization,
  body: html`<fieldset class="field"><legend class="unseen">Organisation</legend>
${organizations.value.map(
  ({ id, name, slug }) =>
    html`<label class="check"><input type="radio" name="organization" value="${id}" required> <span>${name} <span class="hint">${slug}</span></span></label>`,
)}
</fieldset>
<p><button type="submit" class="primary">Connect</button></p>`,
})}
${cancel}
</div>`;
}
