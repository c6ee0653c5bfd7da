import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mailersFor, mailsSideBySide, paced } from '#shared/mail/pace.ts';
import type { OutgoingMail } from '#shared/mail/ses.ts';

const mail: OutgoingMail = {
  ...{ from: 'shop@example.com', to: 'ann@example.com', replyTo: undefined },
  ...{ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {}, ledgerKey: 'l1' },
};

/** A sender with a clock that only sleeping moves, late by `lateMs` each time. */
function onVirtualTime(intervalMs: number, lateMs = 0) {
  let time = 1_000_000;
  const begun: number[] = [];
  const send = paced(
    async () => {
      begun.push(time);
      return { kind: 'sent', sesMessageId: 'ses-1' };
    },
    {
      intervalMs,
      nowMs: () => time,
      sleep: async (ms) => {
        time += ms + lateMs;
      },
    },
  );
  return { send, begun, pass: (ms: number) => (time += ms) };
}

const apart = (begun: readonly number[]) =>
  begun.slice(1).map((at, nth) => at - (begun[nth] ?? Number.NaN));

describe('a paced sender', () => {
  it('begins the calls that are made at the same time one interval apart', async () => {
    const { send, begun } = onVirtualTime(40);
    await Promise.all(Array.from({ length: 50 }, () => send(mail)));
    expect(apart(begun)).toEqual(Array(49).fill(40));
  });

  it('lets a call begin at once after a pause, and sends no burst for the time that was not used', async () => {
    const { send, begun, pass } = onVirtualTime(40);
    await send(mail);
    pass(10_000);
    await Promise.all([send(mail), send(mail), send(mail)]);
    expect(apart(begun)).toEqual([10_000, 40, 40]);
  });

  it('makes up for no moment in which the process was busy', async () => {
    const { send, begun } = onVirtualTime(40, 500);
    await Promise.all(Array.from({ length: 10 }, () => send(mail)));
    expect(apart(begun)).toEqual(Array(9).fill(540));
  });

  it('goes on after a call that failed', async () => {
    let calls = 0;
    const send = paced(
      async () => {
        calls += 1;
        throw new Error('SES is gone');
      },
      { intervalMs: 1, nowMs: () => 0, sleep: async () => undefined },
    );
    const all = await Promise.allSettled([send(mail), send(mail)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toBe(2);
  });
});

describe('the mailers of a rate', () => {
  it.each([
    [1, { atOnce: 2, mailsPerSecond: 0.5, batchSize: 5 }, 1],
    [14, { atOnce: 2, mailsPerSecond: 7, batchSize: 70 }, 14],
    [20, { atOnce: 2, mailsPerSecond: 10, batchSize: 100 }, 20],
    [24, { atOnce: 3, mailsPerSecond: 8, batchSize: 80 }, 16],
    [500, { atOnce: 50, mailsPerSecond: 10, batchSize: 100 }, 20],
  ])('of %i a second are enough for it, and not more than it needs', (rate, mailers, width) => {
    expect(mailersFor(rate)).toEqual(mailers);
    expect(mailsSideBySide(mailers.mailsPerSecond)).toBe(width);
  });

  it('keep it together, and each ends its batch long before Lambda ends the mailer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (rate) => {
        const { atOnce, mailsPerSecond, batchSize } = mailersFor(rate);
        expect(atOnce * mailsPerSecond).toBeCloseTo(rate, 9);
        expect(atOnce).toBeGreaterThanOrEqual(2);
        expect(batchSize / mailsPerSecond).toBeLessThanOrEqual(20);
        // An email that is reserved waits for those before it; its lease is of two minutes.
        expect(mailsSideBySide(mailsPerSecond) / mailsPerSecond).toBeLessThanOrEqual(4);
      }),
    );
  });
});
