import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import type { Replay } from '#shared/audience/replay/replay.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { requestReplay } from '#shared/queue/events-queue.ts';
import { mailsOfReplay } from '#shared/queue/mail-queue.ts';
import { eventRecordOf } from '#shared/store/events/event-item.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { webhookBody } from '#test/support/polar/polar-history.ts';
import { clockSetTo } from '#test/support/process/clock-set-to.ts';

let work: Awaited<ReturnType<typeof startWorker>>;
beforeAll(async () => {
  work = await startWorker({ now: clockSetTo('2026-11-01T12:00:00.000Z') });
});
afterAll(() => work.stop());

const welcome = approvedMail().workflow;
if (!welcome) throw new Error('approvedMail has no workflow');

const off = structuredClone(defaultSettings);
off.events['customer.created'].enabled = false;

function created(id: string): string {
  const at = '2026-11-01T00:00:00.000000Z';
  return webhookBody({
    type: 'customer.created',
    webhookId: '',
    receivedAt: '',
    occurredAt: at,
    object: { id, version: at },
    properties: { customerId: id },
    customer: { id, version: at, anonymised: false, email: `${id}@example.com`, name: 'Ann' },
  });
}

/** Queues a replay as the console does. */
async function replay(webhookId: string, patch: Partial<Replay> = {}): Promise<Replay> {
  const asked: Replay = {
    replayId: randomUUID(),
    webhookId,
    triggers: true,
    again: false,
    by: 'an engineer',
    at: work.parts.now().toISOString(),
    ...patch,
  };
  await requestReplay(asked, work.parts.send);
  return asked;
}

const recordOf = async (webhookId: string) =>
  eventRecordOf(await work.item('Events', { webhookId }));

describe('the worker, asked to replay an event,', () => {
  it('applies it with the settings of this moment, and queues the emails, also when asked twice', async () => {
    const [webhookId, id] = [randomUUID(), randomUUID()];
    const mails: MailMessage[] = [];
    const parts = {
      settings: async () => off,
      workflows: async () => [],
      workflowsNow: async () => [welcome],
      sendMail: async (mail: MailMessage) => mails.push(mail),
    };
    await work.queue(webhookId, 'customer.created', created(id));
    expect(await work.drain(parts)).toEqual([]);
    expect(await work.item('Contacts', { email: `${id}@example.com` })).toBeUndefined();

    const asked = await replay(webhookId);
    expect(await work.drain(parts)).toEqual([]);
    const contact = await work.item('Contacts', { email: `${id}@example.com` });
    const record = await recordOf(webhookId);
    expect(record).toMatchObject({ outcome: 'skipped', contactId: contact?.['contactId'] });
    const [entry] = record.replays ?? [];
    const { webhookId: _, ...by } = asked;
    expect(entry).toMatchObject({ ...by, outcome: 'applied' });
    expect(mails).toEqual([
      {
        ledgerKey: entry?.workflows?.[0]?.ledgerKey,
        workflowId: 'welcome',
        workflowVersion: 1,
        webhookId,
        customerId: id,
        contactId: contact?.['contactId'],
        stepId: 'email',
        replayId: asked.replayId,
      },
    ]);

    await replay(webhookId, asked);
    expect(await work.drain({ ...parts, workflowsNow: async () => [] })).toEqual([]);
    expect((await recordOf(webhookId)).replays).toHaveLength(1);
    expect(mails).toEqual([mails[0], mails[0]]);
    expect(work.lines.join('\n')).toContain('"outcome":"duplicate"');
    expect(work.lines.join('\n')).not.toContain(`${id}@example.com`);
  });

  it('does not ask for an email more when a crash came after the record was written', async () => {
    const [webhookId, id] = [randomUUID(), randomUUID()];
    await work.queue(webhookId, 'customer.created', created(id));
    await work.drain();
    const asked = await replay(webhookId, { again: true });
    const workflowsNow = async () => [welcome];
    const sendMail = () => Promise.reject(new Error('The queue is away.'));
    expect(await work.drain({ workflowsNow, sendMail })).toHaveLength(1);
    const mails: MailMessage[] = [];
    await replay(webhookId, asked);
    await work.drain({ workflowsNow, sendMail: async (mail) => mails.push(mail) });
    const record = await recordOf(webhookId);
    expect(mails).toEqual((record.replays ?? []).flatMap((entry) => mailsOfReplay(record, entry)));
    expect(mails).toEqual([expect.objectContaining({ again: true, replayId: asked.replayId })]);
  });

  it('puts it into the dead letters with a reason when there is no record', async () => {
    const webhookId = randomUUID();
    await replay(webhookId);
    expect(await work.drain()).toEqual([]);
    const dead = await work.receive(work.deadLettersUrl);
    expect(dead.map(({ messageAttributes }) => messageAttributes)).toEqual([
      {
        webhookId: { dataType: 'String', stringValue: webhookId },
        kind: { dataType: 'String', stringValue: 'replay' },
        type: { dataType: 'String', stringValue: 'replay' },
      },
    ]);
    expect(await work.item('Failures', { webhookId })).toMatchObject({
      isFinal: true,
      lastReason: expect.stringContaining('no record of the event'),
    });
  });

  it('says in the record why an erased event cannot run again', async () => {
    const [webhookId, id] = [randomUUID(), randomUUID()];
    await work.queue(webhookId, 'customer.created', created(id));
    await work.drain();
    await work.parts.records.erase(webhookId);
    await replay(webhookId);
    expect(await work.drain()).toEqual([]);
    expect((await recordOf(webhookId)).replays).toEqual([
      expect.objectContaining({ outcome: 'skipped', reason: expect.stringContaining('erased') }),
    ]);
  });

  it.each(['replay', 'erasure'] as const)(
    'or for anything of kind %s that cannot be read, keeps it with its reason',
    async (kind) => {
      const webhookId = randomUUID();
      const text = (StringValue: string) => ({ DataType: 'String', StringValue });
      const attributes = { kind: text(kind), webhookId: text(webhookId), type: text(kind) };
      await work.parts.send({ MessageBody: '{"what":1}', MessageAttributes: attributes }, 0);
      expect(await work.drain()).toEqual([]);
      expect(await work.item('Failures', { webhookId })).toMatchObject({
        isFinal: true,
        lastReason: `The ${kind} message cannot be read.`,
      });
    },
  );
});
