import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseDeletions } from '#infra/commands/backfill/deletions.ts';
import { mostDeletions } from '#infra/commands/backfill/gone.ts';
import { restoreDeleted, restoredLines } from '#infra/commands/backfill/restore.ts';
import type { Deletions } from '#infra/commands/backfill/run.ts';
import { backfillLines, refusalText } from '#infra/commands/backfill/text.ts';
import type { FakePolarOptions } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { type BackfillAtWork, startBackfillAtWork } from './backfill-at-work.ts';

async function started(options: FakePolarOptions): Promise<BackfillAtWork> {
  const at = await startBackfillAtWork(options);
  onTestFinished(() => at.polar.stop());
  await at.run();
  return at;
}

/** With rows as version 0.1.0 wrote them: none names its organization. */
async function withUnnamed(customers: number): Promise<BackfillAtWork> {
  const at = await started({ customers });
  for (const { row } of at.audience.rows.customers.values())
    Reflect.deleteProperty(row, 'organizationId');
  return at;
}

const leftUnknown = (id: string) =>
  `Polar doesn't list them, and their organization isn't known, so they were left as is: ${id}. If one is yours and gone, erase it on the Audience page.`;

const email = (index: number) => `customer-${index}@example.com`;
const livingOf = ({ audience }: BackfillAtWork) =>
  [...audience.rows.customers.values()].filter(({ row }) => !row.deletion).length;

describe('many customers that Polar does not have anymore', () => {
  it.each([
    [0, 10],
    [499, 10],
    [550, 11],
    [1_011, 20],
  ])('are, of %i, more than %i', (living, most) => {
    expect(mostDeletions(living)).toBe(most);
  });

  it('stop a run before it changes anything, and go on only with their number', async () => {
    const at = await started({ customers: 40 });
    at.polar.state.customers.splice(0, 11);
    at.add('new@example.com');
    const records = at.audience.records.size;
    const refused = await at.attempt();
    expect(refused).toMatchObject({ kind: 'refused', deletions: 11 });
    expect(at.audience.records.size).toBe(records);
    expect(livingOf(at)).toBe(40);
    const { counts } = await at.run({ deletions: async () => 'delete' });
    expect(counts).toMatchObject({ drift: { extra: 11, missing: 1 }, repaired: 12 });
    expect(livingOf(at)).toBe(30);
  });

  it('are all listed by a dry run, which says that a run stops', async () => {
    const at = await started({ customers: 40 });
    at.polar.state.customers.splice(0, 11);
    const { counts, tooMany } = await at.run({ isDryRun: true });
    expect(tooMany).toBe(11);
    expect(at.found.map(({ drift, address }) => [drift, address])).toEqual(
      Array.from({ length: 11 }, (_, index) => ['extra', email(index)]),
    );
    for (const command of ['backfill', 'recover'] as const) {
      const told = { command, isDryRun: true, tooMany, options: ' --stage x' };
      const lines = backfillLines(counts, told).join('\n');
      expect(lines).toContain(`npm run ${command} -- --accept-deletions 11 --stage x`);
    }
    expect(livingOf(at)).toBe(40);
  });

  it('are nobody where the list is shortened, for Polar finds each of them', async () => {
    const at = await started({ customers: 120 });
    at.polar.shortenLists();
    const { counts } = await at.run();
    expect(counts).toMatchObject({ customers: 60, drift: { extra: 0 }, refused: {} });
    expect(livingOf(at)).toBe(120);
  });

  it('are asked for a few at a time, also while Polar refuses calls for their number', async () => {
    const at = await started({ customers: 60 });
    at.polar.state.customers.splice(0, 50);
    at.polar.setRateLimit({ every: 3, retryAfter: '1' });
    const { counts } = await at.run({ deletions: async () => 'leave' });
    expect(counts).toMatchObject({ drift: { extra: 50 }, repaired: 0 });
    expect(at.pauses.length).toBeGreaterThan(10);
    expect(Math.min(...at.pauses)).toBeGreaterThanOrEqual(1_000);
  });
});

describe('whom a backfill never takes for deleted', () => {
  it('is a customer of another organization: it refuses to compare anything', async () => {
    const at = await started({ customers: 12 });
    const { api } = at.partsOf(at.audience);
    const parts = { api, organizationId: 'another' };
    expect(await at.attempt({ parts })).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(/^Customers here belong to another Polar organization/),
    });
    const { counts } = await at.run({ parts, isMixed: true });
    expect(counts).toMatchObject({ drift: { extra: 0 }, repaired: 0 });
    expect(livingOf(at)).toBe(12);
  });

  it.each(['you@example.com', 'You@Exämple.com', 'josé@example.com'.normalize('NFD')])(
    'is somebody whom the page Test event made up, as %s',
    async (email) => {
      const at = await started({ customers: 2 });
      await at.madeUp(email);
      const { counts } = await at.run();
      expect(counts).toMatchObject({ drift: { extra: 0 }, refused: {} });
      expect(livingOf(at)).toBe(3);
    },
  );

  it('is one whose row names no organization, and whose events name another one', async () => {
    const at = await withUnnamed(2);
    const { api } = at.partsOf(at.audience);
    const parts = { api, organizationId: 'another' };
    expect(await at.attempt({ parts })).toEqual({
      kind: 'refused',
      reason: expect.stringContaining(`2 of ${northlight.name}.`),
    });
    const { counts } = await at.run({ parts, isMixed: true });
    expect(counts).toMatchObject({ drift: { extra: 0 }, refused: {} });
    expect(livingOf(at)).toBe(2);
  });

  it('is one of whom nobody knows whose it is, also where Polar lists others of those as its own', async () => {
    const at = await withUnnamed(3);
    const [lost, told] = at.polar.state.customers.splice(0, 2);
    for (const [id, { record }] of at.audience.records)
      if (record.customerId === lost?.id) at.audience.records.delete(id);
    const { counts } = await at.run();
    expect(counts).toMatchObject({ drift: { extra: 1 }, repaired: 1 });
    expect(counts.refused).toEqual({ [leftUnknown(lost?.id ?? '')]: 1 });
    expect(at.customer(lost?.id ?? '')?.deletion).toBeUndefined();
    expect(at.customer(lost?.id ?? '')?.organizationId).toBeUndefined();
    expect(at.customer(told?.id ?? '')).toMatchObject({
      deletion: expect.anything(),
      organizationId: northlight.id,
    });
  });
});

describe('rows of an older version, whose organization nobody has named', () => {
  it.each([
    ['leave', undefined, false],
    ['delete', northlight.id, true],
  ] as const)('get, after the answer %s, the organization %s', async (choice, named, isGone) => {
    const at = await withUnnamed(3);
    const [first] = at.polar.state.customers.splice(0, 1);
    await at.run({ deletions: async () => choice });
    const row = at.customer(first?.id ?? '');
    expect(row?.organizationId).toBe(named);
    expect(row?.deletion !== undefined).toBe(isGone);
    expect(at.customer(at.polar.state.customers[0]?.id ?? '')?.organizationId).toBe(northlight.id);
  });
});

describe('who decides on few deletions', () => {
  const gone = [1, 2].map((nth) => {
    return { drift: 'extra' as const, customerId: `c-${nth}`, address: `ann-${nth}@example.com` };
  });
  const deletions: Deletions = { gone, most: 10 };

  it.each([
    ['a person who says yes', { accepted: undefined, ask: async () => true }, 'delete'],
    ['a person who says no', { accepted: undefined, ask: async () => false }, 'leave'],
    ['nobody is there', { accepted: undefined, ask: undefined }, 'leave'],
    ['the number was named', { accepted: 2, ask: undefined }, 'delete'],
    ['another number was named', { accepted: 3, ask: async () => true }, 'stop'],
  ])('%s', async (_, wish, choice) => {
    const lines: string[] = [];
    const shown = { print: (line: string) => void lines.push(line), shown: () => 'a***' };
    expect(await chooseDeletions(deletions, wish, shown)).toBe(choice);
    expect(lines.filter((line) => line.includes('a***'))).toHaveLength(
      choice === 'delete' && wish.accepted ? 0 : 2,
    );
    expect(lines.join()).not.toContain('@example.com');
  });

  it('asks nobody about many: only their number counts', async () => {
    const shown = { print: () => undefined, shown: () => '' };
    const wish = { accepted: undefined, ask: async () => true };
    expect(await chooseDeletions({ gone, most: 1 }, wish, shown)).toBe('stop');
    expect(await chooseDeletions({ gone, most: 1 }, { ...wish, accepted: 2 }, shown)).toBe(
      'delete',
    );
  });

  it('says what to type, with the number', () => {
    const refused = { reason: 'So it is.', deletions: 12 };
    expect(refusalText(refused, 'recover', ' --local')).toMatch(
      /npm run recover -- --accept-deletions 12 --local$/,
    );
    expect(refusalText({ reason: 'So it is.' }, 'backfill', '')).toBe('So it is.');
  });
});

describe('bringing back whom a backfill took for deleted', () => {
  it('lifts what Polar contradicts, leaves the rest, and lets later events and deletions count', async () => {
    const at = await started({ customers: 4 });
    const [first, second] = at.polar.state.customers.splice(0, 2);
    await at.hear('customer.deleted', {
      ...at.polar.state.customers[0],
      deleted_at: new Date().toISOString(),
    });
    await at.run();
    expect(livingOf(at)).toBe(1);
    if (first) at.polar.state.customers.push(first);
    const blocked = await at.run();
    expect(Object.keys(blocked.counts.refused)).toContainEqual(
      expect.stringContaining('npm run backfill -- --restore'),
    );
    const restoring = (isDryRun: boolean) => {
      const { deletedByBackfill } = at.audience;
      const parts = { ...at.partsOf(at.audience), deletedByBackfill, by: 'ann', isDryRun };
      const found = (one: { customerId: string }) => void seen.push(one.customerId);
      return restoreDeleted(parts, { found, progress: () => undefined, isStopped: () => false });
    };
    const seen: string[] = [];
    const dry = await restoring(true);
    expect(dry).toEqual({ kind: 'done', restored: 1, gone: 1, unknown: 0 });
    expect(restoredLines(dry, { isDryRun: true, options: '' }).at(-1)).toMatch(/--restore$/);
    expect(livingOf(at)).toBe(1);
    expect(await restoring(false)).toEqual(dry);
    expect(seen).toEqual([first?.id, first?.id]);
    expect(livingOf(at)).toBe(2);
    expect(at.contact(email(0))).toMatchObject({ subscribed: true });
    expect(at.customer(second?.id ?? '')?.deletion).toBeDefined();

    at.polar.state.customers.pop();
    await at.run();
    expect(at.customer(first?.id ?? '')?.deletion).toBeDefined();
  });
});
