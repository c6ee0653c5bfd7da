import { html } from 'hono/html';
import type { Email } from '#shared/audience/emails/email.ts';
import {
  type EmailFate,
  type Fated,
  fateOf,
  type StateOrHeld,
} from '#shared/audience/emails/email-fate.ts';
import type { EmailCounts } from '#shared/store/mail/workflow-emails.ts';
import { numberText } from './numbers.ts';
import type { Html } from './page.ts';
import { badge } from './shown.ts';

const stateTones = {
  // SES took it; whether it arrived is another question.
  sent: 'calm',
  blocked: 'calm',
  failed: 'bad',
  unknown: 'warn',
  reserved: 'calm',
  waiting: 'calm',
} as const satisfies Record<Email['state'], string>;

const stateWords = {
  sent: 'sent',
  blocked: 'blocked',
  failed: 'failed',
  unknown: 'unknown',
  reserved: 'being sent',
  waiting: 'waiting',
} as const satisfies Record<Email['state'], string>;

const countedInOrder = [
  'sent',
  'blocked',
  'failed',
  'unknown',
  'held',
  'waiting',
  'reserved',
] as const satisfies readonly StateOrHeld[];

const fateTones = {
  ...stateTones,
  delivered: 'good',
  bounced: 'bad',
  complained: 'bad',
  rejected: 'bad',
  held: 'warn',
} as const satisfies Record<EmailFate, string>;

export const fateWords = {
  ...stateWords,
  delivered: 'delivered',
  bounced: 'bounced',
  complained: 'complained',
  rejected: 'rejected',
  held: 'held',
} as const satisfies Record<EmailFate, string>;

function toldBadge(fate: EmailFate, isReleased: boolean, before = ''): Html {
  if (fate === 'held' && isReleased) return badge(`${before}released`, 'calm');
  return badge(`${before}${fateWords[fate]}`, fateTones[fate]);
}

/**
 * What became of an email, as far as SES has told: only one that arrived is green. `isReleased`: mail is not held anymore,
 * so one that was held goes out within minutes.
 */
export function fateBadge(email: Fated, isReleased = false): Html {
  return toldBadge(fateOf(email), isReleased);
}

/** How many emails are in each state. A plus says that only the newest were counted. `isReleased`: as in `fateBadge`. */
export function countBadges({ byState, isComplete }: EmailCounts, isReleased: boolean): Html {
  const more = isComplete ? '' : '+';
  const shown = countedInOrder.flatMap((state) => {
    const count = byState.get(state);
    const counted = `${numberText(count ?? 0)}${more} `;
    return count === undefined ? [] : [toldBadge(state, isReleased, counted), ' '];
  });
  return shown.length === 0 ? html`<span class="soft">none yet</span>` : html`${shown}`;
}
