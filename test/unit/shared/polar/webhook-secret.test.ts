import { describe, expect, it } from 'vitest';
import {
  isShortSecret,
  isWebhookSecret,
  noteText,
  secretNotes,
} from '#shared/polar/webhook-secret.ts';

const encoded = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

describe('a webhook secret', () => {
  it.each([
    ['of 32 bytes in base64', encoded(32)],
    ['of 24 bytes in base64', encoded(24)],
    ['of before September 2026', `whsec_${'a1B2'.repeat(11).slice(1)}`],
    ['with the older prefix', `polar_whs_${'a1B2'.repeat(11).slice(1)}`],
    ['of one’s own', 'correct horse battery staple'],
    ['that only looks like base64', `whsec_${'not base64! '.repeat(2)}`],
  ])('%s may be stored', (_, secret) => {
    expect([isWebhookSecret(secret), isShortSecret(secret)]).toEqual([true, false]);
  });

  it.each([
    ['of 23 bytes in base64', encoded(23)],
    ['that is long enough only undecoded', `whsec_${'a'.repeat(28)}`],
    ['of 23 characters', 'x'.repeat(23)],
    ['that is long only by its prefix', `polar_whs_${'x'.repeat(20)}`],
    ['of 8 characters', 'x'.repeat(8)],
  ])('%s goes on, and is too short to be stored', (_, secret) => {
    expect([isWebhookSecret(secret), isShortSecret(secret)]).toEqual([true, true]);
  });

  it.each([
    ['that is empty', ''],
    ['of one letter', 'x'],
    ['of 7 characters', 'x'.repeat(7)],
    ['of 7 bytes in base64', encoded(7)],
    ['that is a prefix and nothing else', 'whsec_'],
    ['that is the other prefix and nothing else', 'polar_whs_'],
    ['that the README left to be filled in', 'polar_whs_or_whsec_…'],
    ['that somebody filled in by half', 'polar_whs_or_whsec_a1B2c3D4e5F6g7H8i9J0'],
    ['with an ellipsis', 'whsec_a1B2c3D4e5F6g7H8i9J0…'],
  ])('%s is none', (_, text) => {
    expect(isWebhookSecret(text)).toBe(false);
  });
});

describe('what a person is told of the secrets', () => {
  const now = new Date('2026-11-29T10:00:00Z');
  const [current, previous] = [encoded(32), encoded(24)];
  const told = (secrets: Parameters<typeof secretNotes>[0]) =>
    secretNotes(secrets, now).map(noteText);

  it('is nothing while all is well', () => {
    expect(told({ current: '', previous: '' })).toEqual([]);
    expect(told({ current, previous: '' })).toEqual([]);
    expect(told({ current, previous, previousUntil: '2026-11-29T09:59:59Z' })).toEqual([]);
  });

  it('is until when a previous one counts', () => {
    const until = '2026-11-29T10:00:01Z';
    expect(told({ current, previous, previousUntil: until })).toEqual([
      expect.stringContaining(`still counts beside the current one, until ${until}.`),
    ]);
    const [note] = secretNotes({ current, previous, previousUntil: until }, now);
    expect(note?.at).toBe(until);
    expect(told({ current, previous })).toEqual([
      expect.stringContaining('still counts beside the current one, for 75 minutes at most.'),
    ]);
  });

  it('is that the current one is short, and never a secret', () => {
    const short = encoded(9);
    const notes = told({ current: short, previous });
    expect(notes).toHaveLength(2);
    for (const text of [short.slice(6), previous.slice(6)]) {
      expect(notes.join()).not.toContain(text);
    }
  });
});
