import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDynamo } from '#test/support/cloud/emulators.ts';
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
    expect(asked).toEqual(['Remove receipt-t1 ("Receipt", draft)?']);
    await at.does(answering(true)).remove('receipt', false);
    expect(await at.workflows.all()).toEqual([]);
    await at.does().add('receipt');
    await at.does().remove('receipt', true);
    expect(await at.workflows.all()).toEqual([]);
    expect(at.printed.at(-1)).toBe(
      'To bring it back:\n  npm run workflows -- restore receipt-t1 1 --stage test',
    );
  });

  it('says before who waits in it, for they do not come back with it', async () => {
    await at.does().add('dunning');
    const waitingAt = async (_: string, stepId: string) => (stepId === 'wait-1' ? 3 : 0);
    at.printed.length = 0;
    await at.does({ waitingAt, confirmed: async () => false }).remove('dunning', false);
    expect(at.printed).toEqual([
      "People wait in it: 3 at wait-1. Those whose wait ends while it's gone get nothing more of it. To keep their place, pause it instead:",
      '  npm run workflows -- pause dunning-t1 --stage test',
      'Nothing was removed.',
    ]);
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

describe('a workflow that was removed', () => {
  it('is listed as that, and comes back as a draft where it never was more', async () => {
    await at.does().add('receipt');
    await at.does().add('welcome');
    await at.does().remove('receipt', true);
    at.printed.length = 0;
    await at.does().history(undefined);
    expect(at.output()).toMatch(/^welcome-t1 +draft +1 /m);
    expect(at.output()).toMatch(/^receipt-t1 +removed +1 /m);
    expect(at.printed.at(-1)).toBe('  npm run workflows -- restore receipt-t1 1 --stage test');
    await at.does().restore('receipt', 1);
    expect(at.output()).toMatch(/^receipt-t1 is back, as version 2; it is draft\.$/m);
    const back = await at.workflows.find('receipt-t1');
    expect(back).toMatchObject({ version: 2, status: 'draft', name: 'Receipt' });
    expect(await at.workflows.removed()).toEqual([]);
  });

  it('comes back paused where it was active, so that nothing is sent unasked', async () => {
    await at.does().add('receipt');
    await at.does().activate('receipt');
    await at.does().remove('receipt', true);
    await at.does().restore('receipt', 1);
    expect(await at.only()).toMatchObject({ version: 3, status: 'paused' });
    at.printed.length = 0;
    await at.does().history('receipt');
    expect(at.output()).toMatch(/^3 .*paused/m);
    await at.does().remove('receipt', true);
    at.printed.length = 0;
    await at.does().history('receipt');
    expect(at.printed[0]).toBe('receipt-t1 was removed.\n');
    expect(at.printed.at(-1)).toBe('  npm run workflows -- restore receipt 3 --stage test');
  });

  it('is one document for a program, with those that are there', async () => {
    await at.does().add('receipt');
    await at.does().remove('receipt', true);
    const found: object[] = [];
    const document = (one: object) => void found.push(one);
    await at.does({ document }).history(undefined);
    await at.does({ document }).history('receipt-t1');
    expect(found).toEqual([
      { workflows: [expect.objectContaining({ workflowId: 'receipt-t1', isRemoved: true })] },
      expect.objectContaining({ workflowId: 'receipt-t1', isRemoved: true }),
    ]);
  });

  it('comes back once, whoever brings it back', async () => {
    await at.does().add('receipt');
    const seen = await at.only();
    if (!seen) throw new Error('Nothing was saved.');
    await at.does().remove('receipt', true);
    const next = { ...seen, version: 2 };
    const both = [at.workflows.bringBack(next), at.workflows.bringBack(next)];
    expect((await Promise.all(both)).sort()).toEqual([false, true]);
    expect(await at.workflows.bringBack({ ...seen, version: 9 })).toBe(false);
  });
});
