import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import * as z from 'zod';
import { itemSize } from '#test/bench/item-size.ts';
import { type Account, type Item, startAccount } from '#test/prove/account.ts';
import { handled, startLife } from '#test/prove/life.ts';
import type { Proof } from '#test/prove/proof.ts';
import { quiet } from '#test/prove/quiet.ts';
import { workflows } from '#test/prove/scenarios.ts';
import { seededRandom } from '#test/prove/seeded-random.ts';
import { laterPayload, publishedPayload } from '#test/support/polar/polar-schema-payload.ts';
import { signedRequest } from '#test/support/polar/signed-request.ts';
import { largestPayloads } from './largest.ts';
import { changedTexts } from './text.ts';
import { uuidFrom } from './uuid.ts';

/** DynamoDB's limits. The emulator does not hold them all. */
const mostItemBytes = 400 * 1_024;
const mostKeyBytes = { HASH: 2_048, RANGE: 1_024 };

const keySchema = z.array(
  z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }),
);
const tableSchema = z.object({
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(z.object({ KeySchema: keySchema })).default([]),
});
const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.optional(z.unknown()) }),
  ),
});

type Options = Readonly<{ template: unknown; seed: number; webhooks: number }>;

/**
 * Sends payloads of Polar's schema, with hostile texts in them, through the handlers of ingest and worker on emulated
 * queues and tables: each ends as a record, none as a dead letter, and nothing is larger than DynamoDB takes.
 */
export async function proveAllTheWay({ template, seed, webhooks }: Options): Promise<Proof> {
  const account = await startAccount(template);
  const loud = quiet();
  try {
    await account.reset({ Workflows: workflows() });
    const drawn = fc.sample(
      fc
        .tuple(fc.oneof(publishedPayload, laterPayload), changedTexts)
        .map(([{ payload }, change]) => change(JSON.stringify(payload))),
      { numRuns: webhooks - 2, seed },
    );
    const random = seededRandom(seed);
    const bodies = new Map(
      [...largestPayloads(random), ...drawn].map((body) => [uuidFrom(random), body]),
    );
    const failures = [...(await accepted(bodies, account)), ...(await handledAll(bodies, account))];
    const tables = await account.tables();
    const recorded = new Set(tables['Events']?.map((item) => item['webhookId']));
    const missing = [...bodies.keys()].filter((id) => !recorded.has(id));
    if (missing.length > 0) failures.push(`${missing.length} have no record.`);
    if (await account.receive('EventsDeadLetters')) failures.push('There is a dead letter.');
    return { points: bodies.size, failures: [...failures, ...tooLarge(tables, template)] };
  } finally {
    loud();
    await account.stop();
  }
}

type IngestHandler = (request: unknown) => Promise<{ statusCode: number }>;
type Bodies = ReadonlyMap<string, string>;

async function accepted(bodies: Bodies, account: Account): Promise<string[]> {
  const ingest = await startLife(account, 'ingest');
  const ask = ingest.handler as IngestHandler;
  const failures: string[] = [];
  for (const [id, body] of bodies) {
    const { statusCode } = await ask(signedRequest(body, { secret: account.secret, id }));
    if (statusCode !== 202) failures.push(`Ingest answers ${statusCode}: ${body.slice(0, 2_000)}`);
  }
  await ingest.end();
  return failures;
}

async function handledAll(bodies: Bodies, account: Account): Promise<string[]> {
  const worker = await startLife(account, 'worker');
  const failures: string[] = [];
  for (;;) {
    const record = await account.receive('EventsQueue');
    if (!record) break;
    const fate = await handled(worker, record);
    const id = record.messageAttributes['webhookId']?.stringValue ?? '';
    if (fate !== 'done')
      failures.push(`The worker has ${fate}: ${bodies.get(id)?.slice(0, 2_000)}`);
    await account.remove('EventsQueue', record);
  }
  await worker.end();
  return failures;
}

function tooLarge(tables: Readonly<Record<string, readonly Item[]>>, template: unknown): string[] {
  const { Resources } = templateSchema.parse(template);
  return Object.entries(tables).flatMap(([id, items]) => {
    const { KeySchema, GlobalSecondaryIndexes } = tableSchema.parse(Resources[id]?.Properties);
    const keys = [KeySchema, ...GlobalSecondaryIndexes.map((index) => index.KeySchema)].flat();
    return items.flatMap((item) => [
      ...keys
        .filter(({ AttributeName, KeyType }) => {
          const value = item[AttributeName];
          const bytes = typeof value === 'string' ? Buffer.byteLength(value) : 1;
          return bytes === 0 || bytes > mostKeyBytes[KeyType];
        })
        .map(({ AttributeName }) => `${AttributeName} of an item of ${id} can be no key.`),
      ...(sizeOf(item) > mostItemBytes ? [`An item of ${id} has ${sizeOf(item)} bytes.`] : []),
    ]);
  });
}

function sizeOf({ payload, ...rest }: Item): number {
  const bytes = payload instanceof Uint8Array ? 'payload'.length + payload.byteLength : 0;
  return bytes + itemSize(marshall(rest, { removeUndefinedValues: true }));
}
