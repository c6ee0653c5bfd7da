import { html } from 'hono/html';
import {
  type EmailFate,
  emailFates,
  type Fated,
  fateOf,
} from '#shared/audience/emails/email-fate.ts';
import type { EmailCounts } from '#shared/store/mail/workflow-emails.ts';
import { numberText } from './numbers.ts';
import type { Html } from './page.ts';
import { badge } from './shown.ts';

export const fateTones = {
  delivered: 'good',
  // SES took it; whether it arrived is another question.
  sent: 'calm',
  bounced: 'bad',
  complained: 'bad',
  rejected: 'bad',
  blocked: 'warn',
  failed: 'bad',
  unknown: 'warn',
  held: 'warn',
  waiting: 'calm',
  reserved: 'calm',
} as const satisfies Record<EmailFate, string>;

export const fateWords = {
  delivered: 'delivered',
  sent: 'sent',
  bounced: 'bounced',
  complained: 'complained',
  rejected: 'rejected',
  blocked: 'blocked',
  failed: 'failed',
  unknown: 'unknown',
  held: 'held',
  waiting: 'waiting',
  reserved: 'being sent',
} as const satisfies Record<EmailFate, string>;

/** What a fate is called: once mail isn't held any more, what was held is on its way. */
export function fateWord(fate: EmailFate, isReleased: boolean): string {
  return fate === 'held' && isReleased ? 'released' : fateWords[fate];
}

function toldBadge(fate: EmailFate, isReleased: boolean, before = ''): Html {
  const tone = fate === 'held' && isReleased ? 'calm' : fateTones[fate];
  return badge(`${before}${fateWord(fate, isReleased)}`, tone);
}

/**
 * What became of an email, as far as SES has told: only one that arrived is green. `isReleased`: mail is not held anymore,
 * so one that was held goes out within minutes.
 */
export function fateBadge(email: Fated, isReleased = false): Html {
  return toldBadge(fateOf(email), isReleased);
}

/** How many emails are in each state. A plus says that only the newest were counted. `isReleased`: as in `fateBadge`. */
export function countBadges({ byFate, isComplete }: EmailCounts, isReleased: boolean): Html {
  const more = isComplete ? '' : '+';
  const inOrder = [...byFate].sort(([one], [other]) => placeOf(one) - placeOf(other));
  const shown = inOrder.flatMap(([state, count]) => [
    toldBadge(state, isReleased, `${numberText(count)}${more} `),
    ' ',
  ]);
  return shown.length === 0 ? html`<span class="soft">none yet</span>` : html`${shown}`;
}

const placeOf = (fate: EmailFate) => emailFates.indexOf(fate);
