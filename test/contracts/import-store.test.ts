import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { begun, type Import, type ImportStore, inTurn } from '#shared/audience/backfill/import.ts';
import { noCounts } from '#shared/audience/backfill/page.ts';
import { dynamoImports } from '#shared/store/import.ts';
import { memoryImports } from '#test/fakes/memory-imports.ts';
import { startAudience } from '#test/support/audience/audience-at-work.ts';

let audience: Awaited<ReturnType<typeof startAudience>>;
beforeAll(async () => {
  audience = await startAudience();
});
afterAll(() => audience.stop());

const now = new Date('2026-11-29T12:00:00Z');
const connection = { organizationId: 'org-1', organizationName: 'Northlight' };

function first(): Import {
  const made = begun({ kind: 'import', connection, by: 'me', importId: 'i1' }, undefined, now);
  if (!made) throw new Error('Nothing began.');
  return made;
}

const counts = { ...noCounts(), customers: 100, refused: { 'It differs still.': 2 } };

describe.each<[string, () => ImportStore]>([
  ['the memory fake', () => memoryImports().imports],
  ['DynamoDB', () => dynamoImports(audience.db, audience.tableOf('Settings'))],
])('an import in %s', (_, start) => {
  it('is read as it was put, and put only in place of what was seen', async () => {
    const imports = start();
    expect(await imports.read()).toBeUndefined();
    const one = first();
    expect(await imports.put(one, undefined)).toBe(true);
    expect(await imports.put({ ...one, importId: 'i2' }, undefined)).toBe(false);
    const next: Import = {
      ...inTurn(one, 'owner', now),
      place: { phase: 'customers', page: 2, totalCount: 250, counts },
      progress: { phase: 'customers', looked: 100, total: 250 },
    };
    expect(await imports.put(next, one)).toBe(true);
    expect(await imports.put(inTurn(one, 'another', now), one)).toBe(false);
    expect(await imports.read()).toEqual(JSON.parse(JSON.stringify(next)));
  });
});
