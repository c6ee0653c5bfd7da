import { expect, it } from 'vitest';
import { seededRandom } from '#test/prove/seeded-random.ts';
import { localAssembly } from '#test/support/local-assembly.ts';
import { soak } from './soak.ts';

it('every webhook accepted under load and trouble is a record or a dead letter, and no email is sent twice', async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const { failures, accepted, emails, troubles } = await soak({
    assembly: await localAssembly(),
    minutes: 0.3,
    perSecond: 6,
    random: seededRandom(seed),
    // A mailer that was killed leaves a lease of two minutes.
    drainMinutes: 5,
  });
  expect(failures, `seed ${seed}`).toEqual([]);
  expect(accepted).toBeGreaterThan(50);
  expect(emails['sent']).toBeGreaterThan(5);
  expect(troubles.kills + Object.values(troubles.harmed).reduce((a, b) => a + b)).toBeGreaterThan(
    0,
  );
}, 480_000);
