import { describe, expect, it } from 'vitest';
import {
  body,
  down,
  having,
  ingestAtWork,
  now,
  routed,
  secret,
  signed,
} from '#test/support/audience/ingest-at-work.ts';
import { signedRequest } from '#test/support/polar/signed-request.ts';

describe('an accepted event', () => {
  it('is on the queue with its raw body, id, type and time', async () => {
    const { ask, sent } = ingestAtWork();
    const text = `{ "type":"customer.created" ,\n"data":{"name":"Zoë"}, "n":1.0 }`;
    await ask(signedRequest(text, { secret, id: 'msg_1' }));
    expect(sent).toEqual([
      {
        MessageBody: text,
        MessageAttributes: {
          webhookId: { DataType: 'String', StringValue: 'msg_1' },
          type: { DataType: 'String', StringValue: 'customer.created' },
          receivedAt: { DataType: 'String', StringValue: now.toISOString() },
        },
      },
    ]);
  });

  it('has the type that JSON.parse reads where there are two', async () => {
    const { ask, sent } = ingestAtWork();
    await ask(signed('{"type":"checkout.created","type":"order.paid"}'));
    expect(sent[0]?.MessageAttributes).toMatchObject({ type: { StringValue: 'order.paid' } });
  });

  it('is answered only after the queue has it', async () => {
    const order: string[] = [];
    const send = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push('queued');
    };
    await ingestAtWork({ send }).ask(signed(body));
    order.push('answered');
    expect(order).toEqual(['queued', 'answered']);
  });
});

describe('a secret document that holds no secret', () => {
  it.each(['polar_whs_or_whsec_…', 'whsec_', 'x'])('%s lets nobody in', async (current) => {
    const { ask, sent } = ingestAtWork({ readDocument: async () => JSON.stringify({ current }) });
    const reading = 'the whole text';
    const { statusCode, body: answer } = await ask(
      signedRequest(body, { secret: current, reading }),
    );
    expect(statusCode).toBe(503);
    expect(answer).toContain('the secret of this webhook is not set up');
    expect(sent).toEqual([]);
  });
});

describe('the log', () => {
  it('says in one line which event was answered how', async () => {
    const { ask, logged } = ingestAtWork();
    await ask(signedRequest(body, { secret, id: 'msg_1' }));
    expect(logged()).toEqual([
      {
        level: 'INFO',
        timestamp: expect.any(String),
        message: 'webhook answered',
        status: 202,
        reason: 'accepted',
        webhookId: 'msg_1',
        type: 'order.paid',
      },
    ]);
  });

  it('says nothing that an unsigned request says', async () => {
    const { ask, lines, logged } = ingestAtWork();
    await ask(having({ 'webhook-id': 'evil\u{1b}[31m', 'webhook-signature': 'v1,ZXZpbA==' }));
    await ask(having({ 'webhook-id': 'evil', 'webhook-signature': 'v1,ZXZpbA==' }));
    await ask(routed('evil', '/evil'));
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain('evil');
    expect(logged()).toMatchObject([
      { reason: 'invalid-id' },
      { reason: 'mismatch' },
      { status: 404 },
    ]);
  });

  it.each([
    ['checkout.created', 'checkout.created'],
    ['Robert"); DROP', undefined],
    ['x'.repeat(65), undefined],
    ['ada@example.com', undefined],
  ])('shows the type %s as %s', async (type, shown) => {
    const { ask, lines, logged } = ingestAtWork();
    await ask(signed(JSON.stringify({ type })));
    expect(logged()).toMatchObject([{ status: 200, reason: 'ignored' }]);
    expect(logged()).toMatchObject([shown === undefined ? {} : { type: shown }]);
    expect(lines.join().includes(type)).toBe(shown !== undefined);
  });

  it.each([
    ['queue-unavailable', { send: down }, 'Error: The service is down'],
    ['secret-unreadable', { readDocument: down }, 'Error: The service is down'],
    ['no-secret', { readDocument: async () => secret }, undefined],
  ])('names the error behind %s, and neither secret, signature nor person', async (...row) => {
    const [reason, services, error] = row;
    const { ask, lines, logged } = ingestAtWork(services);
    const request = signed(body);
    await ask(request);
    expect(logged()).toMatchObject([{ level: 'ERROR', status: 503, reason }]);
    expect(logged()).toMatchObject([error === undefined ? {} : { error }]);
    const secrets = [secret, secret.slice(6, 20), request.headers['webhook-signature'], 'ada@'];
    for (const text of secrets) expect(lines.join()).not.toContain(text);
  });
});
