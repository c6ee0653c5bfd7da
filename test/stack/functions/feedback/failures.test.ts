import type { SQSRecord } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { coldStart } from '#test/support/process/cold-start.ts';
import { startFeedback } from './feedback-at-work.ts';
import { bounce, complaint, delivery, sesNotification } from './ses-notification.ts';

let work: Awaited<ReturnType<typeof startFeedback>>;
beforeAll(async () => {
  work = await startFeedback();
});
afterAll(() => work.stop());

it.each([
  'Successfully validated SNS topic for Amazon SES event publishing.',
  JSON.stringify({ notificationType: 'AmazonSnsSubscriptionSucceeded', message: 'Welcome' }),
  sesNotification('Open', { to: 'ann@example.com' }, { open: { ipAddress: '192.0.2.1' } }),
])('what says nothing of use is passed over: %.60s', async (body) => {
  expect(await work.hear([body])).toBe(0);
  expect(await work.receive(work.deadLettersUrl)).toEqual([]);
});

describe('an event that cannot be read', () => {
  const noMail = JSON.stringify({ eventType: 'Bounce', bounce: { bounceType: 'Permanent' } });
  const noBounce = sesNotification('Bounce', { to: 'ann@example.com' });
  const nobody = bounce({ to: [] }, 'Permanent', { bounced: ['not an address'] });
  it.each([
    ['is no JSON', 'ann@example.com', 'not an event of SES'],
    ['is no event', '{"to":"ann@example.com"}', 'not an event of SES'],
    ['has no mail', noMail, 'Look at: mail.'],
    ['has no particulars', noBounce, 'Look at: bounce.'],
    ['names nobody', nobody, 'names no recipient'],
  ])('because it %s is dead, with its reason, and disturbs no other', async (_, body, reason) => {
    const { mail } = await work.mailed();
    expect(await work.hear([body, delivery(mail)])).toBe(0);
    expect(await work.email(mail.ledgerKey)).toMatchObject({ state: 'sent' });
    const [dead, ...more] = await work.receive(work.deadLettersUrl);
    expect(more).toEqual([]);
    expect(dead?.body).toBe(body);
    const webhookId = dead?.messageAttributes['webhookId']?.stringValue ?? '';
    const failure = await work.item('Failures', { webhookId });
    expect(failure).toMatchObject({ isFinal: true, lastReason: expect.stringContaining(reason) });
    expect(JSON.stringify(failure)).not.toContain('ann@example');
  });
});

describe('an event that fails for a while', () => {
  it('is retried after a delay, and its reason goes when it gets through', async () => {
    const { email, mail } = await work.mailed();
    const webhookId = `feedback ${mail.ledgerKey}`;
    const away = {
      ledger: {
        ...work.parts.ledger,
        mark: () => Promise.reject(new Error(`The table is away, says ${email}.`)),
      },
    };
    expect(await work.hear([complaint(mail)], away)).toBe(1);
    expect(await work.waiting(work.queueUrl)).toBe(1);
    expect(await work.item('Failures', { webhookId })).toMatchObject({
      isFinal: false,
      lastReason: 'The table is away, says [address]',
    });
    expect(await work.reasons(email)).toEqual(['complained']);
    await work.publish(complaint(mail));
    const [again] = await work.receive();
    if (again) again.attributes.ApproximateReceiveCount = '2';
    expect(await handled(again ? [again] : [])).toEqual({ batchItemFailures: [] });
    expect(await work.email(mail.ledgerKey)).toMatchObject({ state: 'sent' });
    expect(await work.item('Failures', { webhookId })).toBeUndefined();
  });

  it('is reported when there is no time left for it', async () => {
    const { mail } = await work.mailed();
    const noTime = { getRemainingTimeInMillis: () => 500 };
    expect(await work.hear([delivery(mail)], {}, noTime)).toBe(1);
    expect(await work.email(mail.ledgerKey)).toMatchObject({ state: 'reserved' });
  });
});

/** By the function as Lambda starts it. */
async function handled(Records: SQSRecord[]) {
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', new URL(work.queueUrl).origin);
  vi.stubEnv('FEEDBACK_QUEUE_URL', work.queueUrl);
  vi.stubEnv('FEEDBACK_DEAD_LETTERS_URL', work.deadLettersUrl);
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const { handler } = await coldStart('feedback');
    return await handler({ Records }, { getRemainingTimeInMillis: () => 60_000 });
  } finally {
    work.lines.push(...written.mock.calls.map(([line]) => String(line)));
    written.mockRestore();
  }
}

it('logs no addresses', () => {
  expect(work.lines.filter((line) => line.includes('feedback applied')).length).toBeGreaterThan(3);
  expect(work.lines.join('\n')).not.toMatch(/@example/i);
});
