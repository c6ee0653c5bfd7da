import { expect, it } from 'vitest';
import { eachFault } from './each-fault.ts';

it('tells a failure when it is found, before the next call goes wrong', async () => {
  const seen: string[] = [];
  const stage = {
    kinds: ['call refused'] as const,
    pairs: false,
    onFailure: (failure: string) => void seen.push(failure),
  };

  const { failures } = await eachFault('order.paid', ['Query', 'PutItem'], stage, async (fault) => {
    seen.push(`tries call ${fault.at}`);
    return { problem: fault.at === 1 ? 'Lost.' : undefined, calls: 2, laterCalls: 0 };
  });

  const failure = 'order.paid: call refused, call 1 (Query)\nLost.';
  expect(seen).toEqual(['tries call 1', failure, 'tries call 2']);
  expect(failures).toEqual([failure]);
});
