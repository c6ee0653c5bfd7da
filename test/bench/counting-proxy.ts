import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { contentOf, operationOf, passedOn, reply } from '#test/support/polar/passed-on.ts';
import { itemSize } from './item-size.ts';

/** One call as it was on the wire. Units are DynamoDB's request units. */
export type Call = Readonly<{ operation: string; readUnits: number; writeUnits: number }>;

const reads = ['GetItem', 'BatchGetItem', 'Query', 'Scan'];
const capacitySchema = z.object({ CapacityUnits: z.number() });
const answerSchema = z.object({
  ConsumedCapacity: z
    .union([capacitySchema.transform((one) => [one]), z.array(capacitySchema)])
    .default([]),
  Item: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Stands before an emulator, passes every call on and tells of it. DynamoDB is asked to say what each call costs;
 * for a refused write, of which it says nothing, the units follow from the sizes of the items.
 */
export function startCountingProxy(target: string, onCall: (call: Call) => void) {
  const agent = new Agent({ keepAlive: true });
  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = operationOf(incoming);
    const isDynamo = String(incoming.headers['x-amz-target']).startsWith('DynamoDB_');
    const sent = String(await contentOf(incoming));
    const body = isDynamo ? askedForCapacity(sent) : sent;
    const answer = await passedOn(incoming, body, target, agent);
    const units = isDynamo ? unitsOf(operation, body, String(answer.body), answer.status) : noUnits;
    onCall({ operation, ...units });
    reply(response, answer);
  };
  return serveOnLoopback(pass, 0, 'the bench');
}

const noUnits = { readUnits: 0, writeUnits: 0 };

function askedForCapacity(body: string): string {
  return JSON.stringify({ ...JSON.parse(body), ReturnConsumedCapacity: 'TOTAL' });
}

function unitsOf(operation: string, sent: string, answered: string, status = 0) {
  const answer = answerSchema.parse(JSON.parse(answered));
  const units = answer.ConsumedCapacity.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
  if (reads.includes(operation)) return { readUnits: units, writeUnits: 0 };
  return { readUnits: 0, writeUnits: status < 400 ? units : refusedUnits(sent, answer.Item) };
}

type Item = Record<string, AttributeValue>;
const sentSchema = z.object({
  Item: z.custom<Item>().optional(),
  TransactItems: z
    .array(z.record(z.string(), z.object({ Item: z.custom<Item>().optional() })))
    .optional(),
});

/** A refused write costs what the write would have cost, at least what the item that is there would; indexes nothing. */
function refusedUnits(sent: string, existing: Record<string, unknown> = {}): number {
  const { Item, TransactItems } = sentSchema.parse(JSON.parse(sent));
  const one = (item: Item = {}) => Math.max(1, Math.ceil(itemSize(item) / 1_024));
  if (!TransactItems) return Math.max(one(Item), one(existing as Item));
  const items = TransactItems.flatMap((actions) => Object.values(actions));
  return items.reduce((sum, action) => sum + 2 * one(action.Item), 0);
}
