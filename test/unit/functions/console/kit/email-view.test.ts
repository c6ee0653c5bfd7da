import { describe, expect, it, test } from 'vitest';
import { fateSentence, isMailReleased, reasonText } from '#functions/console/kit/email-view.ts';
import { fateBadge } from '#functions/console/kit/fates.ts';
import { emailFates, type Fated } from '#shared/audience/emails/email-fate.ts';
import type { Hold } from '#shared/store/mail/hold.ts';

const at = '2026-11-20T10:00:00.000Z';
const held = {
  state: 'waiting',
  heldSince: at,
  reason: 'All mail is held: wrong prices',
} as const satisfies Fated & Readonly<{ reason: string }>;
const waiting = { state: 'waiting', reason: 'SES is away.' } as const;
const bounced = { state: 'sent', feedback: { sentAt: at, bouncedAt: at } } as const;

describe('what is said of an email', () => {
  test.each([
    ['held, while mail is held', held, false, 'held', 'once mail is released', undefined],
    ['released, on its way', held, true, 'released', 'within a minute', 'within a minute'],
    [
      'waiting for SES, whatever is held',
      waiting,
      true,
      'waiting',
      'automatically',
      'SES is away.',
    ],
  ] as const)('that is %s', async (_, email, isReleased, word, sentence, reason) => {
    expect(String(await fateBadge(email, isReleased))).toContain(`>${word}</span>`);
    expect(fateSentence(email, isReleased)).toContain(sentence);
    expect(reasonText(email, isReleased)).toEqual(reason && expect.stringContaining(reason));
  });

  it('is what became of it, and not that SES took it once', () => {
    expect(fateSentence(bounced, false)).toContain('didn’t arrive');
  });

  it('is who marked it as sent, as long as SES has told nothing', () => {
    const marked = { state: 'sent', reason: 'Marked as sent by ann' } as const;
    expect(fateSentence(marked, false)).toBe('Marked as sent by ann. SES hasn’t confirmed it.');
    const delivered = { ...marked, feedback: { deliveredAt: at } };
    expect(fateSentence(delivered, false)).toBe('The recipient’s mail server took it.');
  });

  it('is a sentence for each fate', () => {
    const sentences = emailFates.map((fate) =>
      fateSentence(
        fate === 'held'
          ? held
          : fate === 'delivered'
            ? { state: 'sent', feedback: { deliveredAt: at } }
            : fate === 'bounced' || fate === 'complained' || fate === 'rejected'
              ? { state: 'sent', feedback: { [`${fate}At`]: at } }
              : { state: fate },
        false,
      ),
    );
    // Of one that was blocked and one that failed the same is to be said.
    expect(new Set(sentences).size).toBe(emailFates.length - 1);
  });
});

describe('whether mail is released', () => {
  const hold = (read: () => Promise<Hold | undefined>) => ({ read });
  const on = { isOn: true, reason: 'wrong prices', by: 'ann', at };

  test.each([
    ['no longer, once the switch is off', { ...on, isOn: false }, true],
    ['not yet, while it is on', on, false],
  ])('is known of mail that was held: %s', async (_, now, expected) => {
    expect(
      await isMailReleased(
        [bounced, held],
        hold(async () => now),
      ),
    ).toBe(expected);
  });

  it('is not asked where nothing was held', async () => {
    const unread = hold(() => Promise.reject(new Error('It was read.')));
    expect(await isMailReleased([bounced, waiting], unread)).toBe(false);
  });
});
