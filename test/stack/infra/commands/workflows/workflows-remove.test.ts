import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDynamo } from '#test/support/emulators.ts';
import { workflowsAtWork } from './workflow-commands-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: Awaited<ReturnType<typeof workflowsAtWork>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await workflowsAtWork(dynamo.client);
});

describe('npm run workflows -- remove', () => {
  it('removes only what the person says yes to', async () => {
    await at.does().add('receipt');
    const asked: string[] = [];
    const answering = (answer: boolean) => ({
      confirmed: async (question: string) => {
        asked.push(question);
        return answer;
      },
    });
    await at.does(answering(false)).remove('receipt', false);
    expect(await at.only()).toBeDefined();
    expect(asked).toEqual(['Remove receipt-t1 ("Receipt", draft) for good?']);
    await at.does(answering(true)).remove('receipt', false);
    expect(await at.workflows.all()).toEqual([]);
    await at.does().add('receipt');
    await at.does().remove('receipt', true);
    expect(await at.workflows.all()).toEqual([]);
  });

  it('does not remove what someone else changed while the person was asked', async () => {
    await at.does().add('receipt');
    const seen = await at.only();
    if (!seen) throw new Error('Nothing was saved.');
    const confirmed = async () => at.workflows.save({ ...seen, version: 2, name: 'Changed' });
    await expect(at.does({ confirmed }).remove('receipt', false)).rejects.toThrow(
      /^Someone else changed receipt-t1 meanwhile, so it was not removed\./,
    );
    expect(await at.only()).toMatchObject({ name: 'Changed' });
  });
});
