import { expect, it } from 'vitest';
import { proofDocument, proofLines, redeliveryDocument } from '#infra/commands/recover/text.ts';

const closed = { faults: [], undelivered: [], differing: 0, refused: 0 };

it.each([
  [closed, 'in step'],
  [{ ...closed, differing: 1 }, '1 customer differs'],
  [{ ...closed, differing: 2 }, '2 customers differ'],
  [{ ...closed, refused: 1 }, '1 could not be compared or repaired, see above'],
])('the proof %j says of the audience: %s', (proof, text) => {
  const lines = proofLines(proof, '');
  expect(lines.find((line) => line.startsWith('audience'))).toMatch(new RegExp(`${text}$`));
  expect(lines.includes('The gap is closed.')).toBe(proof === closed);
});

it('events that never arrived are listed by why, each with whether what it said is here, and with a way out', () => {
  const event = { type: 'order.paid', createdAt: '2026-11-23T12:00:00Z', isLost: false };
  const refusal = 'Polar did not deliver an event again:\u001b[2J it is not there.';
  const undelivered = [
    { ...event, id: 'evt-1', refusal, facts: 'here' },
    { ...event, id: 'evt-2', facts: 'untold' },
    { ...event, id: 'evt-3', refusal, facts: 'unsure' },
  ] as const;
  const lines = proofLines({ ...closed, undelivered }, ' --stage staging').join('\n');
  expect(lines).toMatch(/not there\.\n +evt-1 .* is here anyway\n +evt-3 .* is not sure/);
  expect(lines).toMatch(/have not arrived here:\n +evt-2 .* does not tell whom it was about/);
  expect(lines).toContain('npm run recover -- --accept listed --stage staging');
  expect(lines).toContain('npm run recover -- --accept <id> --stage staging');
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
  const proof = { ...closed, undelivered: [{ ...undelivered, facts: 'here' }] } as const;
  expect(proofDocument(proof)).toEqual({
    ...closed,
    undelivered: [{ eventId, ...told, refusal: null, facts: 'here' }],
  });
});
