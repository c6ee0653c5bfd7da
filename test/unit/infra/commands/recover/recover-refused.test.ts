import { expect, it } from 'vitest';
import { withoutRefusals } from '#infra/commands/recover/acceptance.ts';
import { isClosed, recover } from '#infra/commands/recover/run.ts';
import { proofDocument, proofLines } from '#infra/commands/recover/text.ts';
import { whatWasDone } from '#infra/terminal/acted.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import { hooks, startRecovery } from './recovery-at-work.ts';

/** A recovery of two customers, of whom Polar tells what cannot be read of the one, and lists the other, once deleted. */
async function refusing() {
  const { parts, polar } = await startRecovery();
  polar.state.orders.splice(0);
  await recover(parts, undefined, hooks);
  const [deleted, unreadable] = polar.state.customers;
  if (!deleted || !unreadable) throw new Error('There are not two customers.');
  const deletion = {
    occurredAt: '2026-11-23T12:00:00.000000Z',
    webhookId: 'evt-1',
    mode: 'unsubscribe',
  } as const;
  await settle(
    parts.store,
    (w) => {
      const row = w.customers.get(deleted.id);
      if (row) w.customers.put(deleted.id, { ...row, deletion });
    },
    parts.racePause,
  );
  Object.assign(unreadable, { created_at: 'yesterday' });
  const recovered = await recover(parts, undefined, hooks);
  if (recovered.kind !== 'proved') throw new Error(recovered.reason);
  return { proof: recovered.proof, deletedId: deleted.id };
}

it('customers that recover refuses keep the gap open, named with the reason and a way out, until a person accepts that', async () => {
  const { proof, deletedId } = await refusing();
  expect(isClosed(proof)).toBe(false);
  expect(proofDocument(proof)).toMatchObject({
    refused: 2,
    refusals: [
      { reason: expect.stringContaining('deleted stays deleted'), customerIds: [deletedId] },
      { reason: expect.stringContaining("Couldn't read"), count: 1, customerIds: [] },
    ],
  });
  const lines = proofLines(proof, ' --local');
  expect(lines).toContain(`  ${deletedId}`);
  expect(lines.join('\n')).toMatch(/recover -- --accept listed --local .*compared or repaired/);
  expect(lines.join('\n')).not.toContain('backfill -- --dry-run');

  const shown: string[] = [];
  const print = (more: readonly string[]) => void shown.push(...more);
  const declining = { print, agreed: async () => false };
  expect(await withoutRefusals(proof, declining)).toBe(proof);
  expect(shown).toContain(`  ${deletedId}`);
  const accepted = await withoutRefusals(proof, { print, agreed: async () => true });
  expect(isClosed(accepted)).toBe(true);
  expect(whatWasDone().objects).toMatchObject({ leftUnrepaired: 2 });
});
