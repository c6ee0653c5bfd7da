import { setTimeout } from 'node:timers/promises';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { queueStatus } from '#shared/queue/dead-letters/walk-queue.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';

export const list = '/console/dead-letters';
const dead = 'EVENTS_DEAD_LETTERS_URL';

export const created = (email: string) =>
  JSON.stringify({ type: 'customer.created', data: { id: 'c-1', email } });

/** The console with queues of dead letters to fill. */
export async function startConsoleWithLetters() {
  const console = await startConsole();
  const { sqs, urlOf, now, send, put, taken } = console;
  type Queue = Parameters<typeof urlOf>[0];

  /** How many messages a queue has, those included that a reader hides for the moment. */
  async function count(variable: Queue) {
    const { visible, hidden } = await queueStatus(sqs, urlOf(variable), now);
    return visible + hidden;
  }

  /** Everything in a queue, waited for while it is hidden. */
  async function emptied(variable: Queue) {
    const all = await taken(variable);
    while ((await count(variable)) > 0) {
      await setTimeout(100);
      all.push(...(await taken(variable)));
    }
    return all;
  }

  return {
    ...console,
    count,
    emptied,

    /** Puts an event among the dead letters. Gives the id of its message. */
    async bury(
      webhookId: string,
      body = created('ann@example.com'),
      receivedAt = '2026-11-20T10:00:00.000Z',
    ) {
      const message = encodeEventMessage({ webhookId, type: 'customer.created', receivedAt, body });
      if (message === 'too-large') throw new Error('too large');
      const attributes = Object.entries(message.MessageAttributes).map(
        ([name, { StringValue = '' }]) => [name, StringValue],
      );
      const sent = await send(dead, message.MessageBody, Object.fromEntries(attributes));
      return sent.MessageId ?? '';
    },

    async buryMany(number: number) {
      for (let start = 0; start < number; start += 10) {
        const Entries = Array.from({ length: Math.min(10, number - start) }, (_, nth) => ({
          Id: String(nth),
          MessageBody: created(`many-${start + nth}@example.com`),
        }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: urlOf(dead), Entries }));
      }
    },

    failed: (webhookId: string, lastReason: string, change = {}) =>
      put('Failures', {
        webhookId,
        firstReason: 'The table is away.',
        firstAt: '2026-11-20T10:00:00.000Z',
        lastReason,
        lastAt: '2026-11-20T11:00:00.000Z',
        attempts: 12,
        isFinal: false,
        ...change,
      }),

    async empty() {
      for (const one of [dead, 'MAIL_DEAD_LETTERS_URL', 'EVENTS_QUEUE_URL'] as const) {
        await emptied(one);
      }
    },
  };
}
