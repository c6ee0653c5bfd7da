import { expect, it } from 'vitest';
import {
  lostLines,
  proofDocument,
  proofLines,
  redeliveryDocument,
  rehearsalEnding,
} from '#infra/commands/recover/text.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';

const email = 'ann@example.com';
const person = { customerId: 'c-1', email, name: 'Ann', externalId: null, isNew: true };
const closed = { faults: [], undelivered: [], differing: 0, refused: 0, refusals: [], due: 0 };

it.each([
  [closed, 'matches Polar'],
  [{ ...closed, differing: 1 }, '1 customer differs'],
  [{ ...closed, differing: 2 }, '2 customers differ'],
  [{ ...closed, refused: 1 }, "1 couldn't be compared or repaired, see below"],
])('the proof %j says of the audience: %s', (proof, text) => {
  const lines = proofLines(proof, '');
  expect(lines.find((line) => line.startsWith('audience'))).toMatch(new RegExp(`${text}$`));
  expect(lines.includes('The gap is closed.')).toBe(proof === closed);
});

it('events that never arrived are listed by why, each with whether what it said is here, and with a way out', () => {
  const event = {
    type: 'order.paid',
    createdAt: '2026-11-23T12:00:00Z',
    isLost: false,
    silenced: [],
  };
  const refusal = 'Polar did not deliver an event again:\u001b[2J it is not there.';
  const undelivered = [
    { ...event, id: 'evt-1', refusal, facts: 'here' },
    { ...event, id: 'evt-2', facts: 'untold', answer: 'Polar last got 500.' },
    { ...event, id: 'evt-3', refusal, facts: 'unsure' },
  ] as const;
  const lines = proofLines({ ...closed, undelivered }, ' --stage staging').join('\n');
  expect(lines).toMatch(/not there\.\n +evt-1 .* is already here\n +evt-3 .* may not be here/);
  expect(lines).toMatch(
    /haven't arrived: Polar last got 500\.\n +evt-2 .* doesn't say whom it was about/,
  );
  expect(lines).toContain('npm run recover -- --accept listed --stage staging');
  expect(lines).not.toContain('--accept evt');
  expect(lines).not.toContain('\u001b');
});

it('a program reads of each event its id, and why Polar does not deliver it', () => {
  const event = { id: 'evt-1', type: 'order.paid', createdAt: '2026-11-23T12:00:00Z' };
  const undelivered = { ...event, isLost: false, customerId: 'c-1' };
  const counts = { asked: 2, arrived: 0, here: 1, lost: 0, accepted: 0 };
  const redelivery = {
    ...counts,
    refused: new Map([['evt-2', 'It is not there.']]),
    awaited: [undelivered],
  };
  const { id: eventId, ...told } = event;
  expect(JSON.parse(JSON.stringify(redeliveryDocument(redelivery)))).toEqual({
    ...counts,
    refused: [{ eventId: 'evt-2', reason: 'It is not there.' }],
    awaited: [{ eventId, ...told }],
  });
  const proof = {
    ...closed,
    undelivered: [{ ...undelivered, facts: 'here', silenced: [] }],
  } as const;
  expect(proofDocument(proof)).toEqual({
    ...closed,
    undelivered: [{ eventId, ...told, refusal: null, facts: 'here' }],
  });
});

it.each([
  ['here', [], true],
  ['here', ['Receipt'], false],
  ['unsure', [], false],
] as const)(
  'an event that may still come, whose facts are %s and which %j wait for: offered to be accepted, %s',
  (facts, silenced, isOffered) => {
    const event = {
      id: 'evt-1',
      type: 'order.paid',
      createdAt: '2026-11-23T12:00:00Z',
      isLost: false,
    };
    const undelivered = [{ ...event, facts, silenced }];
    const lines = proofLines({ ...closed, undelivered }, ' --local').join('\n');
    expect(lines.includes('npm run recover -- --accept evt-1 --local')).toBe(isOffered);
  },
);

it('lost orders say whose mails are due, masked, and keep the gap open', () => {
  const parsed = polarEvent(JSON.stringify(polarPayload('order.paid', person, new Date())));
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  const event = { ...parsed.event, webhookId: 'backfill-order-1', receivedAt: '' };
  const base = { paidAt: '2026-11-23T12:00:00.123456Z', event, payload: '' };
  const lost = {
    since: '2026-11-20T00:00:00.000000Z',
    orders: [
      { ...base, orderId: 'order-1', due: ['Receipt', 'Thanks'], reason: '' },
      { ...base, orderId: 'order-2', due: [], reason: 'It is too old.' },
    ],
    moments: new Map([['subscription.created' as const, 2]]),
  };
  const lines = lostLines(lost, { isApplying: false }, ' --local').join('\n');
  expect(lines).toMatch(
    /order-1 +2026-11-23T12:00:00Z +a\*\*\*@example\.com +due: Receipt, Thanks/,
  );
  expect(lines).toMatch(/order-2 .* no email: It is too old\./);
  expect(lines).toContain('apply the 1 whose emails are due');
  expect(lines).toContain('npm run recover -- --apply-lost --local');
  expect(lines).toContain('2 subscription.created');
  expect(lines).toContain('Their current state is here, but no workflow sees');
  const rehearsed = lostLines(lost, { isApplying: false, isDryRun: true }, '').join('\n');
  expect(rehearsed).toContain('A run brings in their current state, but no workflow sees');
  expect(lostLines(lost, { isApplying: true }, '').join()).not.toContain('--apply-lost');
  const open = proofLines({ ...closed, due: 1 }, '');
  expect(open).toContain("The gap isn't closed yet.");
  expect(open).not.toContain('The gap is closed.');
});

it('a gap of which a run compared only a part is said to be open, and how to close it', () => {
  const gap = { since: '2026-11-20T10:00:00.000Z', known: 'delivery' } as const;
  const lines = proofLines(closed, ' --stage x', gap);
  expect(lines).not.toContain('The gap is closed.');
  expect(lines.slice(-2)).toEqual([
    "Nothing is missing in what this run compared, but the gap since 2026-11-20T10:00:00Z isn't closed yet.",
    '  npm run recover -- --stage x   without --since, looks at all of it',
  ]);
  expect(proofLines({ ...closed, due: 1 }, '', gap)).toContain("The gap isn't closed yet.");
});

it.each([
  [true, 'Nothing was changed. To run it: npm run recover -- --stage x'],
  [false, 'Nothing to do: the gap is closed.'],
])('a dry run that finds something (%s) ends so: %s', (isLeft, ending) => {
  expect(rehearsalEnding(isLeft, ' --stage x')).toBe(ending);
});
