import { expect, test } from 'vitest';
import { whatNext } from '#infra/commands/dead-letters/what-next.ts';
import type { ExplainedLetter } from '#shared/queue/dead-letters/letter-reasons.ts';

const at = new Date('2026-11-23T12:00:00Z');

function letter(id: string, reason: string, isFinal: boolean): ExplainedLetter {
  const day = at.toISOString();
  return {
    ...{ queue: 'events', id, messageId: id, failureId: id, type: 'order.paid', receives: 1 },
    ...{ since: at, sentAt: at, webhookId: id, email: undefined, customerId: undefined },
    failure: {
      ...{ firstReason: reason, firstAt: day, lastReason: reason, lastAt: day },
      ...{ attempts: 1, isFinal },
    },
  };
}

const unreadable = 'The payload cannot be read: data.customer: expected object';
const final = (id: string, reason = unreadable) => letter(id, reason, true);
const tried = (id: string, reason = 'The table is away.') => letter(id, reason, false);

test.each([
  ['the only final one: it is discarded, not resent', [final('f')], ['show f', 'discard f']],
  [
    'only final ones: those of their most frequent reason',
    [final('f-1', 'It is no JSON.'), final('f-2'), final('f-3')],
    ['show f-1', `discard --reason "${unreadable}"`],
  ],
  ['others alone', [tried('t-1'), tried('t-2')], ['show t-1', 'resend --all']],
  [
    'one of each: sending all again would send the final one, too',
    [final('f'), tried('t')],
    ['show f', 'resend t', 'discard f'],
  ],
  [
    'several of each',
    [tried('t-1'), final('f-1'), tried('t-2'), final('f-2')],
    ['show t-1', 'resend --reason "The table is away."', `discard --reason "${unreadable}"`],
  ],
])('of dead letters suggests what helps: %s', (_, letters, expected) => {
  expect(whatNext(letters, 0)).toEqual(expected);
});

test('where more are there than were read, some may be worth another try', () => {
  expect(whatNext([final('f')], 12)).toEqual(['show f', 'resend --all', 'discard f']);
});

test.each([
  ['Throttled: "too many" of $HOME', 'resend --reason "Throttled:"'],
  ['`id` was away', 'resend t-1'],
  [`Away ${'and away '.repeat(20)}`, `resend --reason "Away ${'and away '.repeat(6).trim()}"`],
])('the reason “%s” means nothing else to a shell', (reason, expected) => {
  const letters = [tried('t-1', reason), tried('t-2', reason), final('f')];
  expect(whatNext(letters, 0)).toContain(expected);
});
