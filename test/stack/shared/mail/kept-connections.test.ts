import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type OutgoingMail, sesClient, sesSender } from '#shared/mail/ses.ts';
import { startSes } from '#test/fakes/ses.ts';

let ses: Awaited<ReturnType<typeof startSes>>;
beforeAll(async () => {
  ses = await startSes();
  vi.stubEnv('AWS_ENDPOINT_URL_SESV2', ses.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
afterAll(() => ses.stop());

function mail(ledgerKey: string): OutgoingMail {
  return {
    ...{ from: 'shop@example.com', to: 'ann@example.com', replyTo: undefined },
    ...{ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {}, ledgerKey },
  };
}

/** Sends over a client with a clock of its own; `opened` is how many connections that took. */
function sending(callsAtOnce: number) {
  let time = 1_000_000;
  const before = ses.connections();
  const client = sesClient(5_000, { callsAtOnce, nowMs: () => time });
  onTestFinished(() => client.destroy());
  const send = sesSender(client, undefined);
  return {
    send,
    opened: () => ses.connections() - before,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

describe('a connection to SES', () => {
  it('is kept for the next email', async () => {
    const { send, opened } = sending(1);
    for (const key of ['a', 'b', 'c']) {
      expect(await send(mail(key))).toMatchObject({ kind: 'sent' });
    }
    expect(opened()).toBe(1);
  });

  it('is one for each email that is under way', async () => {
    const { send, opened } = sending(20);
    const keys = Array.from({ length: 20 }, (_, nth) => `many-${nth}`);
    for (const _ of ['once', 'again']) {
      const results = await Promise.all(keys.map((key) => send(mail(key))));
      expect(results.map(({ kind }) => kind)).toEqual(keys.map(() => 'sent'));
    }
    expect(opened()).toBeLessThanOrEqual(20);
  });

  it('that was idle for long is not trusted with an email, as after Lambda stopped the process', async () => {
    const { send, opened, pass } = sending(2);
    await Promise.all([send(mail('d')), send(mail('e'))]);
    pass(60_000);
    expect(await send(mail('f'))).toMatchObject({ kind: 'sent' });
    expect(opened()).toBe(3);
    pass(500);
    expect(await send(mail('g'))).toMatchObject({ kind: 'sent' });
    expect(opened()).toBe(3);
  });

  it('is not used for a second call of one email: what broke off is unknown', async () => {
    const { send } = sending(1);
    await send(mail('h'));
    const calls = ses.calls();
    ses.behave((['unreachable'] as const)[Symbol.iterator]());
    expect(await send(mail('i'))).toMatchObject({ kind: 'unknown' });
    expect(ses.calls()).toBe(calls + 1);
    expect(await send(mail('j'))).toMatchObject({ kind: 'sent' });
  });
});
