import { afterEach, describe, expect, it, vi } from 'vitest';
import { eachRecord } from '#shared/queue/each-record.ts';
import { lambdaRecord } from '#test/support/process/lambda-record.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** One message, handled once after so many receives while its reason cannot be forgotten, or can. */
async function handledOnce(receives: number, forget: () => Promise<void>, isOld = false) {
  const forgotten: string[] = [];
  const failed: string[] = [];
  const answer = await eachRecord(
    {
      Records: [
        lambdaRecord({
          MessageId: 'message-1',
          Attributes: { ApproximateReceiveCount: String(receives) },
        }),
      ],
    },
    { getRemainingTimeInMillis: () => 60_000 },
    {
      read: ({ messageId }) => messageId,
      groupOf: (message) => message,
      groupsSideBySide: 1,
      leastRemainingMs: 10_000,
      handle: async () => {},
      failureOf: () => ({ failureId: 'evt-1', type: 'order.paid', isTold: true }),
      mayHaveFailed: () => isOld,
    },
    {
      failures: {
        async clear(failureId) {
          forgotten.push(failureId);
          await forget();
        },
      },
      async failed({ failureId }) {
        failed.push(failureId);
        return 'retry';
      },
      log: { info() {}, warn() {}, error() {} },
    },
  );
  return { comesAgain: answer.batchItemFailures.length > 0, forgotten, failed };
}

const works = async () => {};
const throttled = () => Promise.reject(new Error('The table is throttled.'));

describe('a message that is done', () => {
  it.each([
    ['at its first receive leaves nothing to forget', 1, false, works, [], false],
    ['after a failure has its reason forgotten', 2, false, works, ['evt-1'], false],
    ['after a long wait has its reason forgotten', 1, true, works, ['evt-1'], false],
    ['comes again where its reason cannot be forgotten', 2, false, throttled, ['evt-1'], true],
    ['comes again before half of its receives are used', 5, false, throttled, ['evt-1'], true],
    ['keeps the other half for what is not done', 6, false, throttled, ['evt-1'], false],
    ['is never made a dead letter for its reason', 12, false, throttled, ['evt-1'], false],
    ['does not come again after its first receive', 1, true, throttled, ['evt-1'], false],
  ] as const)('%s', async (_, receives, isOld, forget, forgotten, comesAgain) => {
    const outcome = await handledOnce(receives, forget, isOld);
    expect(outcome).toEqual({ comesAgain, forgotten, failed: [] });
  });

  it('comes again where forgetting its reason does not end in time', async () => {
    vi.useFakeTimers();
    const handling = handledOnce(2, () => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await handling).toMatchObject({ comesAgain: true, failed: [] });
  });
});
