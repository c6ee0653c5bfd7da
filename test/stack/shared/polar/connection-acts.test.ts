import { randomUUID } from 'node:crypto';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Access } from '#shared/polar/access.ts';
import { OutOfTurn } from '#shared/polar/api-error.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import { connectionHealth } from '#shared/polar/connection/health.ts';
import {
  disconnectPolar,
  repairConnection,
  rotateSecret,
} from '#shared/polar/connection/tend-connection.ts';
import { dynamoLease } from '#shared/store/lease.ts';
import { connectionLease, connectionTurn } from '#shared/store/polar/connection.ts';
import { asMany } from '#test/support/as-many.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;
beforeAll(async () => {
  dynamo = await startDynamo();
  at = await startPolarConnection(dynamo.client);
});
afterAll(() => Promise.all([at.stop(), dynamo.stop()]));
beforeEach(startOver);

async function startOver(): Promise<void> {
  for (const name of ['connection', connectionLease.name, 'polar-access-refresh']) {
    await at.db.send(new DeleteCommand({ TableName: at.table, Key: { name } }));
  }
  await at.values.put('WebhookSecret', '{"current":"","previous":""}');
  await at.values.put('PolarAccess', '{}');
  at.polar.endpoints.splice(0);
}

type Act = Readonly<{
  /** Whether there is a connection before. */
  isConnected: boolean;
  arrange?: () => void;
  /** `seen`: the connection as it was before. */
  run: (means: Means, seen: Connection | undefined) => Promise<unknown>;
}>;

/** Gives the parts that an act works with, by the access that is kept or one that is given. */
type Means = (given?: Access) => ConnectionParts;

const connect: Act['run'] = (means) => {
  const access = at.token();
  return connectPolar(means(access), { access, by: 'ann' });
};
const onSeen =
  (act: (parts: ConnectionParts, seen: Connection) => Promise<unknown>): Act['run'] =>
  async (means, seen) => {
    if (!seen) throw new Error('nothing is connected');
    return act(means(), seen);
  };

const acts = {
  connect: { isConnected: false, run: connect },
  'connect anew': { isConnected: true, run: connect },
  repair: {
    isConnected: true,
    arrange: () => void at.polar.endpoints.splice(0),
    run: onSeen(repairConnection),
  },
  rotate: { isConnected: true, run: onSeen(rotateSecret) },
  disconnect: { isConnected: true, run: onSeen(disconnectPolar) },
} satisfies Record<string, Act>;
type ActName = keyof typeof acts;

async function arrange(name: ActName): Promise<Connection | undefined> {
  const act: Act = acts[name];
  await startOver();
  if (act.isConnected) await connect(at.parts, undefined);
  act.arrange?.();
  return at.connections.read();
}

/** Everything that acts change, without versions and times. */
async function state() {
  const { current, previous } = at.webhookSecret();
  const secrets = at.polar.endpoints.map(({ id, secret }) => ({ id, secret }));
  return structuredClone({
    ...{ current, previous, secrets },
    access: at.accessDocument(),
    connection: await at.connections.read(),
  });
}

/** Connected as a whole, or not at all. */
async function expectWhole(): Promise<void> {
  const { connection, access, secrets, current } = await state();
  if (connection) {
    expect(access.access).toBeDefined();
    expect(secrets).toEqual([{ id: connection.endpointId, secret: current }]);
    expect((await connectionHealth(at.parts(), connection)).faults).toEqual([]);
  } else {
    expect(access.access).toBeUndefined();
    expect(secrets).toEqual([]);
  }
}

/** A process on the same stores that halts after its call number `step`, each check and its change being one. */
function halting(step: number, halt: () => Promise<void>) {
  let calls = 0;
  const called = async () => {
    calls += 1;
    if (calls === step) await halt();
  };
  const watched = <T extends object>(verbs: T): T =>
    new Proxy(verbs, {
      get(target, name) {
        const verb: unknown = Reflect.get(target, name);
        if (typeof verb !== 'function') return verb;
        return async (...args: unknown[]) => {
          const result: unknown = await verb(...args);
          await called();
          return result;
        };
      },
    });
  const lease = dynamoLease(at.db, {
    ...{ table: at.table, ...connectionLease },
    now: () => new Date(at.clock.ms),
  });
  const inTurn = connectionTurn({ lease, newId: randomUUID, everyMs: 3_600_000 });
  const means: Means = (given) => {
    const parts = at.parts(given);
    return {
      ...parts,
      api: watched({ ...parts.api }),
      connections: watched({ ...parts.connections }),
      webhookSecrets: watched({ ...parts.webhookSecrets }),
      access: watched({ ...parts.access }),
      inTurn: (act) =>
        inTurn(async (check) => {
          await called();
          return act(check);
        }),
    };
  };
  return { means, reached: () => calls >= step };
}

const settled = (doing: Promise<unknown>) =>
  doing.then(
    (value) => ({ kind: 'ended' as const, value }),
    (error: unknown) => ({ kind: 'failed' as const, error }),
  );

/** Which of the points are tried: every fourth one, and in a proof each. */
const everyNth = asMany(4, 1);

/** Runs the act again and again, halted after a later one of its calls each time. Gives how many calls there are. */
async function atEachPoint(
  name: ActName,
  during: (seen: Connection | undefined, resume: () => Promise<unknown>) => Promise<void>,
): Promise<number> {
  for (let step = 1; ; step += everyNth) {
    const seen = await arrange(name);
    const halt = Promise.withResolvers<void>();
    const halted = Promise.withResolvers<void>();
    const { means, reached } = halting(step, () => {
      halted.resolve();
      return halt.promise;
    });
    const running = settled(acts[name].run(means, seen));
    await Promise.race([halted.promise, running]);
    if (!reached()) return step - 1;
    await during(seen, () => {
      halt.resolve();
      return running;
    });
    halt.resolve();
  }
}

const leaseIsOver = () => {
  at.clock.ms += connectionLease.leaseMs + 1_000;
};

describe('two acts on the connection', () => {
  it.each([
    ['connect', 'connect'],
    ['connect anew', 'disconnect'],
    ['repair', 'rotate'],
    ['rotate', 'rotate'],
    ['disconnect', 'connect anew'],
  ] as const)(
    'at one moment: during %s, %s is refused with a sentence and changes nothing',
    async (first, second) => {
      const points = await atEachPoint(first, async (seen, resume) => {
        const before = await state();
        const refused = await settled(acts[second].run(at.parts, seen));
        expect(refused).toMatchObject({ error: expect.any(OutOfTurn) });
        expect(String(refused)).not.toMatch(/polar_oat_|whsec_/);
        expect(await state()).toEqual(before);
        expect(await resume()).toMatchObject({ kind: 'ended' });
        await expectWhole();
      });
      expect(points).toBeGreaterThan(4);
    },
  );

  it.each([
    ['connect', 'connect'],
    ['connect anew', 'disconnect'],
    ['connect anew', 'rotate'],
    ['repair', 'connect anew'],
    ['repair', 'disconnect'],
    ['rotate', 'rotate'],
    ['rotate', 'disconnect'],
    ['disconnect', 'connect anew'],
    ['disconnect', 'rotate'],
  ] as const)(
    '%s that was halted for longer than its turn undoes nothing of %s, wherever it was',
    async (first, second) => {
      await atEachPoint(first, async (_, resume) => {
        leaseIsOver();
        const after = await settled(acts[second].run(at.parts, await at.connections.read()));
        const done = await state();
        await resume();
        expect(await state()).toEqual(done);
        if (after.kind === 'ended') return expectWhole();
        // What the first had begun is in the way of the second: it is shown, and the first can be done again.
        const seen = await at.connections.read();
        if (!seen) return expectWhole();
        expect((await connectionHealth(at.parts(), seen)).faults).not.toEqual([]);
        expect(await settled(acts[first].run(at.parts, seen))).toMatchObject({ kind: 'ended' });
        await expectWhole();
      });
    },
  );
});

describe('an act that died', () => {
  it.each(Object.keys(acts) as ActName[])(
    '(%s), wherever it was, is completed by doing it again a minute later',
    async (name) => {
      await atEachPoint(name, async () => {
        const left = await at.connections.read();
        const again = () => settled(acts[name].run(at.parts, left));
        if (left || name !== 'disconnect') {
          expect(await again()).toMatchObject({ error: expect.any(OutOfTurn) });
          leaseIsOver();
          expect(await again()).toMatchObject({ kind: 'ended' });
        }
        await expectWhole();
      });
    },
  );
});
