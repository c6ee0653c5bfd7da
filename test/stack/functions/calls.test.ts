import { PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runSchema } from '#shared/audience/runs/run.ts';
import { polarPayload, purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { startHandlersOnTheWire } from '#test/bench/handlers-on-the-wire.ts';
import { person, renewalPayload, webhookOf } from '#test/bench/sample-events.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { newSecret } from '#test/support/polar/signed-request.ts';

const start = new Date('2026-11-14T12:00:00.000Z');
const later = new Date('2026-11-15T12:00:00.000Z');
const changedAtOnce = ['BatchGetItem', 'TransactWriteItems'];
let handlers: Awaited<ReturnType<typeof startHandlersOnTheWire>>;
let people = 0;

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  handlers = await startHandlersOnTheWire();
  await handlers.db.send(
    new PutCommand({ TableName: handlers.tableOf('Workflows'), Item: { ...dunning } }),
  );
  // The first event reads secrets, settings and workflows, which are kept.
  await handlers.receive(created(someone()));
  await handlers.apply(created(someone()));
});
afterAll(async () => {
  await handlers.stop();
  vi.restoreAllMocks();
});

const [dunning] = sequences;

/** The run of somebody whose payment failed, three days later. */
async function dueRun() {
  const TableName = handlers.tableOf('Runs');
  const failedAt = new Date(Date.now() - 3 * 86_400_000);
  await handlers.apply(webhookOf(polarPayload('subscription.past_due', someone(), failedAt)));
  const { Items = [] } = await handlers.db.send(new ScanCommand({ TableName }));
  const { runId, customerId, workflowId, stepId = '' } = runSchema.parse(Items[0]);
  const dueAt = new Date(Date.now() - 60_000).toISOString();
  await handlers.db.send(
    new UpdateCommand({
      TableName,
      Key: { runId },
      UpdateExpression: 'SET dueAt = :due',
      ExpressionAttributeValues: { ':due': dueAt },
    }),
  );
  return { runId, customerId, workflowId, stepId, dueAt };
}

function someone() {
  people += 1;
  return { ...person(people, 'calls'), isNew: true };
}

function created(who: ReturnType<typeof someone>) {
  return webhookOf(polarPayload('customer.created', who, start));
}

describe('one webhook costs ingest', () => {
  it('one call of SQS where it is accepted', async () => {
    expect(await handlers.receive(created(someone()))).toEqual({
      statusCode: 202,
      calls: ['SendMessage'],
    });
  });

  it('nothing where its type is ignored', async () => {
    const body = '{"type":"checkout.created"}';
    expect(await handlers.receive({ ...created(someone()), body })).toEqual({
      statusCode: 200,
      calls: [],
    });
  });

  it('nothing where it is forged, but for a look at the secret once a minute', async () => {
    const forge = () => handlers.receive(created(someone()), newSecret());
    expect(await forge()).toEqual({ statusCode: 401, calls: ['GetSecretValue'] });
    for (let nth = 0; nth < 5; nth++) {
      expect(await forge()).toEqual({ statusCode: 401, calls: [] });
    }
  });
});

describe('the webhooks of a purchase in one batch cost the worker', () => {
  it('one read and one transaction', async () => {
    const webhooks = purchasePayloads(someone(), start).map(webhookOf);
    expect(webhooks).toHaveLength(4);
    expect(await handlers.apply(...webhooks)).toEqual(changedAtOnce);
    expect(await handlers.apply(...webhooks)).toEqual(
      webhooks.flatMap(() => ['BatchGetItem', 'PutItem']),
    );
  });
});

describe('one event costs the worker', () => {
  it('one read and one transaction where customer.created makes a contact', async () => {
    expect(await handlers.apply(created(someone()))).toEqual(changedAtOnce);
  });

  it.each([
    ['changes a contact', { name: 'Ann Other' }],
    ['brings nothing but a newer version, which is kept', {}],
  ])('one read and one transaction where customer.updated %s', async (_, change) => {
    const who = someone();
    await handlers.apply(created(who));
    const updated = polarPayload('customer.updated', { ...who, ...change, isNew: false }, later);
    expect(await handlers.apply(webhookOf(updated))).toEqual(changedAtOnce);
  });

  it('two reads and one transaction where another event is the first of its customer', async () => {
    const calls = await handlers.apply(webhookOf(polarPayload('order.paid', someone(), start)));
    expect(calls).toEqual(['BatchGetItem', 'BatchGetItem', 'TransactWriteItems']);
  });

  it('two reads and one transaction at most where a customer moves to the address of another', async () => {
    const [who, other] = [someone(), someone()];
    await handlers.apply(created(who));
    await handlers.apply(created(other));
    const moved = { ...who, email: other.email, isNew: false };
    const calls = await handlers.apply(webhookOf(polarPayload('customer.updated', moved, later)));
    expect(calls.slice(-1)).toEqual(['TransactWriteItems']);
    expect(calls.slice(0, -1).every((call) => call === 'BatchGetItem')).toBe(true);
    expect(calls.length).toBeLessThanOrEqual(3);
  });

  it('one read and two plain writes where it brings a newer version of a subscription and nothing else, such as a renewal', async () => {
    const who = someone();
    const [first, begun, active] = purchasePayloads(who, start).map(webhookOf);
    if (first) await handlers.apply(first);
    for (const webhook of [begun, active, webhookOf(renewalPayload(who, start, later))]) {
      const calls = webhook && (await handlers.apply(webhook));
      expect(calls).toEqual(['BatchGetItem', 'PutItem', 'PutItem']);
    }
  });

  it('one read and one write where it says nothing new, such as the order of a new subscription', async () => {
    const who = someone();
    const webhooks = purchasePayloads(who, start).map(webhookOf);
    const order = webhooks.pop();
    for (const webhook of webhooks) await handlers.apply(webhook);
    const bought = { ...polarPayload('order.paid', who, start), timestamp: later.toISOString() };
    for (const webhook of [order, webhookOf(bought)]) {
      expect(webhook && (await handlers.apply(webhook))).toEqual(['BatchGetItem', 'PutItem']);
    }
  });

  it('no more than that where it is a duplicate, of whatever it was', async () => {
    const who = someone();
    const webhooks = purchasePayloads(who, start).map(webhookOf);
    for (const webhook of webhooks) await handlers.apply(webhook);
    for (const webhook of webhooks) {
      expect((await handlers.apply(webhook)).length).toBeLessThanOrEqual(2);
    }
  });
});

describe('one step of a run costs the worker', () => {
  it('one read and one transaction, and a message for the email that it asks for', async () => {
    const wake = await dueRun();
    expect(await handlers.wake(wake)).toEqual([...changedAtOnce, 'SendMessage']);
  });
});
