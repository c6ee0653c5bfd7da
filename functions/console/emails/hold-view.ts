import type { Context } from 'hono';
import { html } from 'hono/html';
import type { HeldCount } from '#shared/store/mail/due-emails.ts';
import type { Hold } from '#shared/store/mail/hold.ts';
import { act, postForm, textField } from '../kit/fields.ts';
import { numberText } from '../kit/numbers.ts';
import type { ConsoleEnv, Flash, Html } from '../kit/page.ts';
import { emailsPath, workflowsPath } from '../kit/paths.ts';
import { time, who } from '../kit/shown.ts';

/** What a press of the switch leads to. */
export const holdFlashes = {
  held: { kind: 'done', text: 'Held. Applies within two seconds.' },
  heldBefore: { kind: 'problem', text: 'All mail is already held, so nothing changed.' },
  released: {
    kind: 'done',
    text: 'All mail is released. Each held email is checked and sent once, within a minute, or in turn if many were held.',
  },
  notHeld: { kind: 'problem', text: 'Mail isn’t held, so nothing changed.' },
} as const satisfies Record<string, Flash>;

/** The switch that holds all mail, while it is off. */
export function holdView(
  c: Context<ConsoleEnv>,
  held: Hold | undefined,
  problem: string | undefined,
): Html {
  return html`<section class="card" aria-labelledby="hold">
<h2 id="hold">Hold all mail</h2>
<p>Use this when too many emails go out, or the wrong ones. Events are still recorded; their emails are held until you release them. Tests you send yourself still go out.</p>
${postForm(c, {
  action: `${emailsPath}/hold`,
  body: html`${textField({ name: 'reason', label: 'Why', hint: 'Shown on every page while mail is held. For example: wrong prices', problem }, { required: true })}
<p><button type="submit" class="danger">Hold all mail</button></p>`,
})}
${held ? html`<p class="small soft">Last held by ${who(held.by)} on ${time(held.at)}: ${held.reason}.</p>` : ''}
</section>`;
}

/** The same while it is on: why, how many are held, and the way back. The page needs no banner beside it. */
export function heldView(
  c: Context<ConsoleEnv>,
  { by, at, reason }: Hold,
  heldNow: HeldCount,
): Html {
  return html`<section class="card all-held" aria-labelledby="hold">
<h2 id="hold">All mail is held</h2>
<p>Held by ${who(by)} since ${time(at)}: ${reason}. <span class="whole">${heldText(heldNow)}</span></p>
<p>Events are still recorded. Once you release mail, each email is checked again and sent once, or blocked if it’s older than its workflow allows. To block a workflow’s emails, <a class="whole" href="${workflowsPath}">pause it</a> first.</p>
${act(c, 'Release all mail', `${emailsPath}/release`, { tone: 'primary' })}
</section>`;
}

function heldText({ count, isMore }: HeldCount): string {
  if (isMore) return `More than ${numberText(count)} emails are held.`;
  if (count === 0) return 'No email is held yet.';
  return `${numberText(count)} ${count === 1 ? 'email is' : 'emails are'} held.`;
}
