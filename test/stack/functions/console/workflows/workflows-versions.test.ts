import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fieldsOf, hostile, startWorkflowDesk, workflowsPath } from './workflow-pages-at-work.ts';

let at: Awaited<ReturnType<typeof startWorkflowDesk>>;
beforeAll(async () => {
  at = await startWorkflowDesk();
});
afterAll(() => at.stop());
beforeEach(() => at.clear());

test('the list does not lead to removed workflows while there are none', async () => {
  expect((await at.get(workflowsPath)).text).not.toContain('Removed workflows');
  await at.added('receipt');
  expect((await at.get(workflowsPath)).text).not.toContain('Removed workflows');
});

describe('the versions of a workflow', () => {
  test('are listed with what each changed, and come back after a look at what differs', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    await at.post(`${path}/edit`, { ...fieldsOf(await saved()), name: hostile });
    const list = await at.get(`${path}/versions`);
    expect(list.text).toMatch(/3 now .* Name 2 .* Status 1 .* New/);
    expect(list.html).not.toContain('<script>alert');

    const shown = await at.get(`${path}/versions/2`);
    expect(shown.text).toContain(`Name Receipt ${hostile}`);
    expect(shown.text).toContain('The workflow stays active.');
    const back = await at.submit(`${path}/restore`, { wanted: '2', version: '3' });
    expect(back.text).toContain('Version 2 restored as version 4.');
    expect(await saved()).toMatchObject({ version: 4, name: 'Receipt', status: 'active' });
    const same = await at.get(`${path}/versions/2`);
    expect(same.text).toContain('It’s the same as the workflow now.');
    expect(same.text).not.toContain('Restore this version');
  });

  test('are put back only over what the person has seen, and with the token', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/edit`, { ...fieldsOf(await saved()), name: 'Bill' });
    const stale = await at.submit(`${path}/restore`, { wanted: '1', version: '1' });
    expect(stale.text).toContain('Someone else changed the workflow in the meantime');
    const fields = { wanted: '1', version: '2' };
    expect((await at.postWithToken(`${path}/restore`, 'guessed', fields)).status).toBe(403);
    expect((await at.post(`${path}/restore`, { ...fields, wanted: '9' })).status).toBe(404);
    const missing = await at.get(`${path}/versions/9`);
    expect(missing.status).toBe(404);
    expect(missing.text).toContain('Version not found');
    expect(missing.text).not.toContain('removed');
    expect((await at.get(`${workflowsPath}/no-such/versions`)).status).toBe(404);
    expect(await saved()).toMatchObject({ version: 2, name: 'Bill' });
  });
});

test('a workflow that was removed is found, and comes back without sending', async () => {
  const { path, saved } = await at.added('receipt');
  await at.post(`${path}/activate`, { version: '1' });
  const gone = await at.submit(`${path}/remove`, { version: '2' });
  expect(gone.text).toContain('To bring it back');
  expect(gone.html).toContain(`href="${workflowsPath}/removed"`);
  expect(await at.get(path)).toMatchObject({ status: 303, location: `${path}/versions` });
  await at.post('/console/polar/emails-off', { keys: 'order_confirmation', back: path });
  const led = await at.get((await at.get(path)).location ?? '');
  expect(led.text).toContain('Polar is no longer connected, so nothing was done.');
  const removed = await at.get(`${workflowsPath}/removed`);
  expect(removed.html).toContain(`href="${path}/versions"`);
  const versions = (await at.get(`${path}/versions`)).text;
  expect(versions).toContain('This workflow was removed.');
  expect(versions).not.toContain('Versions that 0.1.0 replaced');
  const last = (await at.get(`${path}/versions/2`)).text;
  expect(last).toContain('This is the last version.');
  expect(last).toContain('Bring it back');
  expect((await at.get(`${path}/versions/1`)).text).toContain('the same as the last version');
  const back = await at.submit(`${path}/restore`, { wanted: '2', version: '2' });
  expect(back.text).toContain('Version 2 restored as version 3. The workflow is paused');
  expect(await saved()).toMatchObject({ version: 3, status: 'paused' });
  expect((await at.get(`${workflowsPath}/removed`)).html).not.toContain(`href="${path}/versions"`);
});

test('A version without a wait at which people are is put back only after a second yes.', async () => {
  const { path, saved } = await at.added('dunning');
  const dunning = await saved();
  const plain = { ...dunning, version: 2, steps: dunning.steps.slice(0, 1) };
  await at.parts.workflows.save(plain);
  await at.parts.workflows.save({ ...dunning, version: 3 });
  at.parts.waitingAt = async (_, stepId) => (stepId === 'wait-1' ? 100 : 0);
  try {
    const fields = { wanted: '2', version: '3' };
    const asked = await at.submit(`${path}/restore`, fields);
    expect(asked.status).toBe(409);
    expect(asked.text).toContain('100+ at step 2, Wait 3 days');
    expect((await saved()).version).toBe(3);
    await at.submit(`${path}/restore`, { ...fields, sure: 'yes' });
    expect(await saved()).toMatchObject({ version: 4, steps: plain.steps });
  } finally {
    at.parts.waitingAt = async () => 0;
  }
});
