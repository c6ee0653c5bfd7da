import { html } from 'hono/html';
import type { Email } from '#shared/audience/email.ts';
import type { Condition, EmailNode, Frequency, Workflow } from '#shared/audience/workflow.ts';
import type { EmailCounts } from '#shared/aws/dynamo-workflow-emails.ts';
import type { Html } from '../page.ts';
import { badge } from '../shown.ts';

export const frequencyWords = {
  'every-time': 'Every time',
  'once-per-contact': 'Once per contact',
  'once-per-subscription': 'Once per subscription',
  'once-per-order': 'Once per order',
} as const satisfies Record<Frequency, string>;

export const kindWords = {
  marketing: 'Marketing',
  transactional: 'Transactional',
} as const satisfies Record<EmailNode['kind'], string>;

export const operatorWords = {
  is: 'is',
  'is-not': 'is not',
  'is-set': 'is there',
  'is-not-set': 'is not there',
} as const satisfies Record<Condition['operator'], string>;

export function conditionText({ property, operator, value }: Condition): string {
  return [property, operatorWords[operator], value].filter(Boolean).join(' ');
}

const statusTones = { draft: 'calm', active: 'good', paused: 'warn' } as const;

export function statusBadge({ status }: Pick<Workflow, 'status'>): Html {
  return badge(status, statusTones[status]);
}

const stateTones = {
  sent: 'good',
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

const statesInOrder = ['sent', 'blocked', 'failed', 'unknown', 'waiting', 'reserved'] as const;

export function stateBadge(state: Email['state']): Html {
  return badge(stateWords[state], stateTones[state]);
}

const number = new Intl.NumberFormat('en-US');

/** How many emails are in each state. A plus stands where only the newest were counted. */
export function countBadges({ byState, isComplete }: EmailCounts): Html {
  const more = isComplete ? '' : '+';
  const shown = statesInOrder.flatMap((state) => {
    const count = byState.get(state);
    const words = `${number.format(count ?? 0)}${more} ${stateWords[state]}`;
    return count === undefined ? [] : [badge(words, stateTones[state]), ' '];
  });
  return shown.length === 0 ? html`<span class="soft">none yet</span>` : html`${shown}`;
}
