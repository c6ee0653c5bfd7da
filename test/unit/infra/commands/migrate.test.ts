import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { migrateAll } from '#infra/commands/migrate.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';

it('says that there is nothing to migrate only after it has looked at all of it', async () => {
  const said = async (isStopped: boolean) => {
    const lines: string[] = [];
    async function* pages() {
      yield ['ann@example.com'];
      yield ['no address'];
    }
    await migrateAll(
      { isDryRun: true, isSure: false },
      {
        ...{ store: memoryAudienceStore().store, pause: async () => undefined },
        surroundings: { settings: defaultSettings, now: new Date(), newId: randomUUID },
        ...{ keys: pages, async *unfindable() {}, makeFindable: async () => 'done' },
        ...{ print: (line: string) => void lines.push(line), progress: () => undefined },
        ...{ address: (address: string) => address, confirmed: async () => false },
        ...{ isStopped: () => isStopped, options: '' },
      },
    );
    return lines.join('\n');
  };
  expect(await said(true)).toMatch(/^It was interrupted/);
  expect(await said(false)).toContain("to remove, because they aren't email addresses");
});
