import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mailing } from '#test/support/audience/approved-mail.ts';
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

describe('npm run workflows, where the sender counts', () => {
  it('activates nothing whose sender SES would refuse, and says which would do', async () => {
    await at.does().add('receipt');
    const saved = await at.only();
    if (!saved) throw new Error('Nothing was saved.');
    const from = 'Shop <hello@elsewhere.example>';
    await at.workflows.save({ ...mailing(saved, { from }), version: 2 });
    await expect(at.does().activate('receipt')).rejects.toThrow(
      /^receipt-t1 cannot be activated\. From must be an address of example\.com or of a subdomain/,
    );
    expect(await at.only()).toMatchObject({ status: 'draft' });
    const deployment = {
      title: 'Stage test',
      mailFrom: 'Example <hello@example.com>',
      mailIdentities: ['elsewhere.example', 'hello@example.com'],
      unsubscribeUrl: 'https://api.example.com/unsubscribe',
      options: '',
    };
    await at.does({ deployment }).activate('receipt');
    expect(await at.only()).toMatchObject({ status: 'active' });
  });

  it('warns when there is no sender', async () => {
    const parts = {
      deployment: { title: 'Stage test', unsubscribeUrl: 'https://api.example.com', options: '' },
    };
    await at.does(parts).add('receipt');
    await at.does(parts).activate('receipt');
    expect(at.output()).toContain('Note: No sender is set up');
    expect(await at.only()).toMatchObject({ status: 'active' });
    await expect(at.does(parts).test('receipt', 'you@example.com')).rejects.toThrow(/-c mailFrom=/);
  });
});
