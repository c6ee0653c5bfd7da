import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ReportedEmail } from '#shared/aws/dynamo-email-admin.ts';
import { canBeMarkedSent, canBeSentAgain } from '#shared/aws/settle-email.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act } from '../fields.ts';
import type { Html } from '../page.ts';
import { emailFacts } from './email-view.ts';
import { eventPath } from './event-words.ts';

export type Settling = 'mark-sent' | 'send-again';

export const settlingTitles = {
  'mark-sent': 'Does this email count as sent?',
  'send-again': 'Send this email again?',
} as const satisfies Record<Settling, string>;

const words = {
  'mark-sent': {
    what: 'It counts as sent then, and is never sent again. Do this if the customer has it, or if SES’s own console shows it.',
    button: 'It was sent',
    states: canBeMarkedSent,
  },
  'send-again': {
    what: 'It goes back to the mailer, which sends it unless something still speaks against it. If SES did take it the first time, the customer gets it twice.',
    button: 'Send it again',
    states: canBeSentAgain,
  },
} as const;

/** Asks before an email is settled by a person. */
export function settleView(
  c: Context<ConsoleEnv>,
  settling: Settling,
  email: ReportedEmail,
  webhookId: string,
): Html {
  const { what, button, states } = words[settling];
  const path = eventPath(webhookId);
  if (!states.includes(email.state)) {
    return html`<p class="note">The email is ${email.state} now, so there is nothing to settle.</p>
${emailFacts(email)}
<p><a href="${path}">Back to the event</a></p>`;
  }
  return html`<p>${what}</p>
${emailFacts(email)}
<div class="row">
${act(c, button, path, { tone: 'primary', fields: { act: settling, email: email.ledgerKey } })}
<a class="button" href="${path}">Leave it</a>
</div>`;
}
