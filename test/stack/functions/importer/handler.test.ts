import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { localPolarAway } from '#shared/polar/access.ts';
import { startPolarDesk } from '#test/stack/functions/console/polar/polar-desk.ts';
import { coldStart } from '#test/support/process/cold-start.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;

beforeAll(async () => {
  desk = await startPolarDesk({ organizations: [northlight], customers: 130 });
  vi.stubEnv('STEP_SECONDS', '220');
});
afterAll(() => desk.stop());

/** The function as it starts in a new environment, called by its schedule. */
async function minutePasses(): Promise<void> {
  const { handler } = await coldStart('importer');
  await handler();
}

it('the function carries on what the console could not do at once, as it is deployed', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await minutePasses();
  expect(await desk.parts.imports.read()).toBeUndefined();

  await desk.connectByToken();
  desk.polar.goDown();
  const begun = await desk.submit('/console/polar/import/start');
  expect(begun.text).toContain('The import retries by itself within a minute.');
  desk.polar.comeBack();
  await minutePasses();
  expect(await desk.parts.imports.read()).toMatchObject({ state: 'done', customers: 130 });
  expect(await desk.items('Contacts')).toHaveLength(130);
  expect((await desk.get('/console/polar/import')).text).toContain('130 customers: 130 new.');
});

it('the function asks no other Polar while the local one, with which it is connected, is away', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  desk.polar.goDown();
  await desk.submit('/console/polar/import/start');
  desk.polar.comeBack();
  // As npm start without --polar.
  vi.stubEnv('POLAR_API_URL', '');
  const asked = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('It is asked.'));
  onTestFinished(() => asked.mockRestore());
  await minutePasses();
  expect(asked).not.toHaveBeenCalled();
  const known = await desk.parts.imports.read();
  expect(known).toMatchObject({ state: 'running', reason: localPolarAway });
});
