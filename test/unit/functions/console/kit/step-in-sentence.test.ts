import { expect, it } from 'vitest';
import { stepInSentence } from '#functions/console/kit/run-view.ts';
import type { DraftStep } from '#shared/mail/check/check-steps.ts';

const wait = { kind: 'wait', id: 'wait-1' } as const;
const email = { kind: 'marketing', subject: 's', preheader: '', body: 'b' } as const;

it.each<[DraftStep, string]>([
  [{ kind: 'send', id: 'first', onlyIf: [], email }, 'Step 2, Email'],
  [{ ...wait, for: { hours: 72 } }, 'Step 2, Wait 3 days'],
  [{ ...wait, for: { hours: 1 } }, 'Step 2, Wait 1 hour'],
  [
    { ...wait, until: { date: 'trialEnd', offsetHours: -24 } },
    'Step 2, Wait until 1 day before trialEnd',
  ],
  [{ ...wait, for: { hours: 0.5 } }, 'Step 2, Wait'],
  [{ ...wait, for: { hours: 1_000_000 } }, 'Step 2, Wait'],
  [{ ...wait, for: { hours: 1 }, until: { date: 'endsAt', offsetHours: 0 } }, 'Step 2, Wait'],
  [wait, 'Step 2, Wait'],
])('a step is named by its place and what it does: %j', (step, name) => {
  expect(stepInSentence(step, 1)).toBe(name);
});
