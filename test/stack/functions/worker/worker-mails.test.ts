import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { clockSetTo } from '#test/support/process/clock-set-to.ts';

const fixture = new URL('../../../fixtures/polar/customer.created.plain.json', import.meta.url);

let work: Awaited<ReturnType<typeof startWorker>>;
// Hours after the event of the fixture.
beforeAll(async () => {
  work = await startWorker({ now: clockSetTo('2026-10-04T12:00:00.000Z') });
});
afterAll(() => work.stop());

function welcome() {
  const { workflow } = approvedMail();
  if (!workflow) throw new Error('approvedMail has no workflow');
  return workflow;
}

function created(id: string): string {
  const body = JSON.parse(readFileSync(fixture, 'utf8'));
  Object.assign(body.data, { id, email: `${id}@example.com` });
  return JSON.stringify(body);
}

describe('the emails of an event', () => {
  it('are queued after the event is recorded, and again from the record when it is repeated', async () => {
    const mails: MailMessage[] = [];
    const parts = {
      workflows: async () => [welcome()],
      sendMail: async (mail: MailMessage) => mails.push(mail),
    };
    await work.queue('evt-1', 'customer.created', created('c-1'));
    expect(await work.drain(parts)).toEqual([]);
    const record = await work.item('Events', { webhookId: 'evt-1' });
    const considered = record?.['workflows'][0];
    expect(considered).toMatchObject({ workflowId: 'welcome', verdict: 'send' });
    expect(mails).toEqual([
      {
        ledgerKey: considered.ledgerKey,
        workflowId: 'welcome',
        workflowVersion: 1,
        webhookId: 'evt-1',
        customerId: 'c-1',
        contactId: record?.['contactId'],
        stepId: 'email',
      },
    ]);

    await work.queue('evt-1', 'customer.created', created('c-1'));
    expect(await work.drain({ ...parts, workflows: async () => [] })).toEqual([]);
    expect(mails[1]).toEqual(mails[0]);
    expect(mails).toHaveLength(2);
  });

  it('that cannot be queued are queued when the event comes again', async () => {
    const mails: MailMessage[] = [];
    const parts = { workflows: async () => [welcome()] };
    await work.queue('evt-2', 'customer.created', created('c-2'));
    const failing = { ...parts, sendMail: () => Promise.reject(new Error('The queue is away.')) };
    expect(await work.drain(failing)).toHaveLength(1);
    expect(await work.item('Events', { webhookId: 'evt-2' })).toBeDefined();
    await work.queue('evt-2', 'customer.created', created('c-2'));
    await work.drain({ ...parts, sendMail: async (mail: MailMessage) => mails.push(mail) });
    expect(mails).toHaveLength(1);
  });
});

describe('a message of the mail queue', () => {
  const message: MailMessage = {
    ledgerKey: 'key',
    workflowId: 'welcome',
    workflowVersion: 1,
    webhookId: 'evt',
    customerId: 'c',
  };

  it('is read as it was written, and names no address', () => {
    const encoded = encodeMailMessage({ ...message, check: true });
    expect(readMailMessage(encoded.MessageBody)).toEqual({ ...message, check: true });
    expect(encoded.MessageAttributes['webhookId']?.StringValue).toBe('evt');
  });

  it.each(['', 'null', '{}', '{"ledgerKey":1}'])('is not %j', (body) => {
    expect(readMailMessage(body)).toBeUndefined();
  });
});
