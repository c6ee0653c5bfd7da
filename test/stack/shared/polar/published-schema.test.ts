import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { webhooks as april2026 } from '@polar-sh/sdk/2026-04';
import { webhooks as october2026 } from '@polar-sh/sdk/2026-10';
import { webhooks as january2027 } from '@polar-sh/sdk/2027-01';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { asMany } from '#test/support/as-many.ts';
import { surroundingsWith } from '#test/support/audience/arrival.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { declarationName, declarationsFile } from '#test/support/polar/polar-declarations.ts';
import { settingsArbitrary } from '#test/support/polar/polar-history.ts';
import {
  type DrawnPayload,
  laterPayload,
  publishedPayload,
} from '#test/support/polar/polar-schema-payload.ts';
import { newSecret, signedHeadersFor } from '#test/support/polar/signed-request.ts';

const numRuns = asMany(20, 7_500);

const timeoutMs = 60_000 + numRuns * 50;

const sdk = { '2026-04': april2026, '2026-10': october2026, '2027-01': january2027 };

/** Six digits of a second, in UTC: the width at which instants compare as text. */
const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

const customerSchema = z.looseObject({ id: z.string(), email: z.string().nullish() });
const embeddingSchema = z.object({ data: z.object({ customer: customerSchema }) });
const customerPayloadSchema = z.object({ data: customerSchema });

function customerIn({ type, payload }: DrawnPayload) {
  return type.startsWith('customer.')
    ? customerPayloadSchema.parse(payload).data
    : embeddingSchema.parse(payload).data.customer;
}

const outcomeSchema = z.union([
  z.looseObject({ outcome: z.enum(['applied', 'unchanged']) }),
  z.looseObject({ outcome: z.literal('skipped'), reason: z.string().regex(/^\S.*\S\.$/) }),
]);

/** What Polar's SDK makes of the payload when it arrives signed. */
function readBySdk({ version, payload }: DrawnPayload) {
  const [secret, body] = [newSecret(), JSON.stringify(payload)];
  return sdk[version].validateEvent(body, signedHeadersFor(body, { secret }), secret);
}

/** What the compiler says to payloads as constants of the SDK's types; '' when it accepts them all. */
async function complaintsOfCompiler(drawn: readonly DrawnPayload[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'payloads-'));
  try {
    const file = join(folder, 'payloads.ts');
    const lines = drawn.map(({ version, type, payload }) => {
      const types = JSON.stringify(declarationsFile(version).replace(/\.d\.mts$/, '.mjs'));
      const declared = `import(${types}).webhooks.${declarationName(type)}`;
      return `void (${JSON.stringify(payload)} satisfies ${declared});`;
    });
    writeFileSync(file, `${lines.join('\n')}\nexport {};\n`);
    const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
    const options =
      '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --pretty false';
    const bin = join(dirname(compiler), 'bin', 'tsc');
    await promisify(execFile)(process.execPath, [bin, ...options.split(' '), file]);
    return '';
  } catch (error) {
    return z.object({ stdout: z.string() }).parse(error).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('payloads drawn from the schema that Polar publishes', () => {
  const some = fc
    .sample(laterPayload, { numRuns: 1_000, seed: 1 })
    .map((drawn) => ({ drawn, body: JSON.stringify(drawn.payload) }));

  it('are of the types that its SDK declares', async () => {
    expect(await complaintsOfCompiler(fc.sample(publishedPayload, { numRuns: 150, seed: 1 }))).toBe(
      '',
    );
  });

  it('would be refused by the compiler for an unknown key, a field of another type and a missing field', async () => {
    const spoils: ((payload: DrawnPayload['payload']) => object)[] = [
      (payload) => ({ ...payload, surprise: true }),
      (payload) => ({ ...payload, timestamp: 1 }),
      ({ data: _data, ...rest }) => rest,
    ];
    const spoilt = fc
      .sample(publishedPayload, { numRuns: 1, seed: 1 })
      .flatMap((drawn) =>
        spoils.map((spoil) => ({ ...drawn, payload: { ...spoil(drawn.payload) } })),
      );
    // One for each, in a line of its own.
    const complaints = await complaintsOfCompiler(spoilt);
    const lines = new Set(
      [...complaints.matchAll(/payloads\.ts\((\d+),/g)].map(([, line]) => line),
    );
    expect(lines).toEqual(new Set(['1', '2', '3']));
  });

  it.each<[string, (drawn: DrawnPayload, body: string) => boolean]>([
    ['no email', (drawn) => customerIn(drawn).email === undefined],
    ['null as email', (drawn) => customerIn(drawn).email === null],
    ['an address that can be mailed', (drawn) => /^ann@/i.test(customerIn(drawn).email ?? '')],
    ['an anonymised address', (drawn) => /@anonymized\./.test(customerIn(drawn).email ?? '')],
    ['an empty external id', (drawn) => customerIn(drawn)['external_id'] === ''],
    ['no external id', (drawn) => !('external_id' in customerIn(drawn))],
    ['a deleted customer', (drawn) => typeof customerIn(drawn)['deleted_at'] === 'string'],
    ['an unknown type of customer', (drawn) => !/^(individual|team)$/.test(typeOf(drawn))],
    ['a time without a fraction', (_drawn, body) => /:\d\dZ"/.test(body)],
    ['a time with six digits and an offset', (_drawn, body) => /\.\d{6}\+00:00"/.test(body)],
    ['a text of thousands of characters', (_drawn, body) => /(€|a){700}/.test(body)],
    ['an emoji', (_drawn, body) => body.includes('👩‍👩‍👧‍👦')],
    ['a control character', (_drawn, body) => body.includes('\\u0000')],
    ['a character that SQS refuses', (_drawn, body) => body.includes('\uFFFF')],
    ['a key that every object has', (_drawn, body) => body.includes('"__proto__":')],
  ])('include some with %s', (_what, shows) => {
    expect(some.some(({ drawn, body }) => shows(drawn, body))).toBe(true);
  });

  it(
    'are all read, and applied or skipped with a reason',
    async () => {
      const anyPayloads = fc.array(fc.oneof(publishedPayload, laterPayload), {
        minLength: 1,
        maxLength: 4,
      });
      await fc.assert(
        fc.asyncProperty(anyPayloads, settingsArbitrary, async (drawn, settings) => {
          const { store, records } = memoryAudienceStore();
          const means = {
            store,
            workflows: [],
            surroundings: surroundingsWith(settings),
            pause: () => Promise.resolve(),
          };
          for (const [index, one] of drawn.entries()) {
            const body = JSON.stringify(one.payload);
            expect(await readBySdk(one)).toEqual(JSON.parse(body));
            const parsed = polarEvent(body);
            if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
            const { event } = parsed;
            expect(event.type).toBe(one.type);
            expect(event.customer.id).toBe(customerIn(one).id);
            expect(event.occurredAt).toMatch(instantPattern);
            expect(event.customer.version).toMatch(instantPattern);

            const received = { webhookId: `evt-${index}`, receivedAt: '2026-11-23T12:00:00.000Z' };
            const { record } = await applyEvent({ ...event, ...received }, body, means);
            expect(outcomeSchema.safeParse(record).error).toBeUndefined();
          }
          expect(records.size).toBe(drawn.length);
        }),
        { numRuns },
      );
    },
    timeoutMs,
  );
});

describe('the worker', () => {
  let work: Awaited<ReturnType<typeof startWorker>>;
  beforeAll(async () => {
    work = await startWorker();
  });
  afterAll(() => work.stop());

  it(
    'records every such payload and leaves no failure and no dead letter',
    async () => {
      const batch = fc.array(fc.oneof(publishedPayload, laterPayload), {
        minLength: 10,
        maxLength: 10,
      });
      await fc.assert(
        fc.asyncProperty(batch, async (drawn) => {
          const queued = drawn.map((one) => ({ ...one, webhookId: randomUUID() }));
          for (const { webhookId, type, payload } of queued) {
            await work.queue(webhookId, type, JSON.stringify(payload));
          }
          expect(await work.drain()).toEqual([]);
          for (const { webhookId, type } of queued) {
            const record = await work.item('Events', { webhookId });
            expect(record).toMatchObject({ type, expiresAt: expect.any(Number) });
            expect(outcomeSchema.safeParse(record).error).toBeUndefined();
          }
          expect(await work.items('Failures')).toEqual([]);
          expect(await work.counts(work.deadLettersUrl)).toMatchObject({ visible: 0 });
        }),
        { numRuns: Math.ceil(numRuns / 50), endOnFailure: true },
      );
    },
    timeoutMs,
  );

  // The schema sets no limit to these texts; an item of DynamoDB holds 400 KB in all.
  it.each<[string, Record<string, unknown>]>([
    ['a name', { name: 'word '.repeat(160_000) }],
    ['an email', { email: `${'x'.repeat(800_000)}@example.com` }],
    ['an external id', { external_id: 'x'.repeat(800_000) }],
    [
      'an external id beside metadata',
      { external_id: noise(120_000), metadata: { noise: noise(270_000) } },
    ],
  ])('records a payload with %s that fits into no item', async (_what, change) => {
    const webhookId = randomUUID();
    const [drawn] = fc.sample(
      publishedPayload.filter(({ type }) => type === 'customer.created'),
      { numRuns: 1, seed: 1 },
    );
    const known = { id: randomUUID(), email: `${webhookId}@example.com`, deleted_at: null };
    const data = { ...customerPayloadSchema.parse(drawn?.payload).data, ...known, ...change };
    await work.queue(webhookId, 'customer.created', JSON.stringify({ ...drawn?.payload, data }));
    expect(await work.drain()).toEqual([]);
    expect(await work.item('Failures', { webhookId })).toBeUndefined();
    const record = await work.item('Events', { webhookId });
    expect(outcomeSchema.safeParse(record).error).toBeUndefined();
  });
});

function typeOf(drawn: DrawnPayload): string {
  return String(customerIn(drawn)['type']);
}

function noise(length: number): string {
  return randomBytes(length).toString('base64').slice(0, length);
}
