import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { rehearseReplay } from '#shared/audience/rehearse-replay.ts';
import type { Replay } from '#shared/audience/replay.ts';
import { encodeMailMessage } from '#shared/aws/mail-message.ts';
import { settleEmail } from '#shared/aws/settle-email.ts';
import { requestReplay } from '#shared/aws/worker-message.ts';
import type { Flash } from '../console-env.ts';
import type { ConsoleParts } from '../console-parts.ts';
import { textOf } from '../fields.ts';
import type { Settling } from './settle-view.ts';

const replayIdSchema = z.uuid();

/** What people do on the page of an event. Each act gives the sentence to show. */
export function eventActs(parts: ConsoleParts) {
  const { sqs, env, emails, workflows, settings, store, now, newId } = parts;
  const settle = settleEmail(emails, (message) =>
    sqs.send(
      new SendMessageCommand({ QueueUrl: env.MAIL_QUEUE_URL, ...encodeMailMessage(message) }),
    ),
  );

  function replayOf(
    webhookId: string,
    by: string,
    { triggers, again }: Readonly<{ triggers: boolean; again: boolean }>,
    replayId: string = newId(),
  ): Replay {
    const at = now().toISOString();
    return { replayId, webhookId, triggers, again: again && triggers, by, at };
  }

  return {
    replayOf,

    async rehearse(replay: Replay) {
      const surroundings = { settings: await settings(), now: now(), newId };
      return rehearseReplay(replay, {
        store,
        surroundings,
        workflows: await workflows.all(),
        emailUnder: emails.find,
        hasSender: parts.mailFrom !== undefined,
      });
    },

    /** A form that is sent twice has one id, and so counts once. */
    async replay(webhookId: string, form: FormData, by: string): Promise<Flash> {
      const replayId = replayIdSchema.safeParse(textOf(form, 'replayId')).data;
      const how = {
        triggers: textOf(form, 'triggers') === 'on',
        again: textOf(form, 'again') === 'on',
      };
      const replay = replayOf(webhookId, by, how, replayId);
      await requestReplay(replay, (message, DelaySeconds) =>
        sqs.send(
          new SendMessageCommand({ QueueUrl: env.EVENTS_QUEUE_URL, DelaySeconds, ...message }),
        ),
      );
      const { triggers, again } = replay;
      parts.log.info('replay asked for', {
        webhookId,
        replayId: replay.replayId,
        triggers,
        again,
      });
      const text =
        'The replay is queued. Load this page again in a moment: what it did is listed below.';
      return { kind: 'done', text };
    },

    async settle(settling: Settling, ledgerKey: string, by: string): Promise<Flash> {
      const settled =
        settling === 'mark-sent'
          ? await settle.markSent(ledgerKey, by)
          : await settle.sendAgain(ledgerKey, by);
      if (settled.kind === 'refused') return { kind: 'problem', text: settled.reason };
      if (settled.kind === 'not-queued') {
        return { kind: 'problem', text: `${settled.reason} Do the same again.` };
      }
      parts.log.info('email settled', { ledgerKey, settling });
      const text =
        settling === 'mark-sent'
          ? 'The email counts as sent now. It will not be sent again.'
          : 'The email is queued again, and goes out unless something still speaks against it.';
      return { kind: 'done', text };
    },
  };
}
