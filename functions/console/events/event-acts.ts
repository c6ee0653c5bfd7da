import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Context } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { stateOrHeld } from '#shared/audience/emails/email-fate.ts';
import { type Replay, rehearseReplay } from '#shared/audience/replay/replay.ts';
import { subjectsWithin } from '#shared/mail/render-email.ts';
import { requestReplay } from '#shared/queue/events-queue.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import {
  canBeMarkedSent,
  canBeSentAgain,
  type ReportedEmail,
  settleEmail,
} from '#shared/store/mail/emails.ts';
import { emailFacts } from '../kit/email-view.ts';
import { exampleSubjects, longestForSubjectsMs } from '../kit/example-subjects.ts';
import { fateWords } from '../kit/fates.ts';
import { act, textOf } from '../kit/fields.ts';
import type { ConsoleEnv, Flash, Html } from '../kit/page.ts';
import { emailPath, emailsPath, eventPath } from '../kit/paths.ts';
import { addressText, facts, link } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import type { Back } from './event-list.ts';

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
      const known = await workflows.all();
      const rehearsal = await rehearseReplay(replay, {
        store,
        surroundings,
        workflows: known,
        emailUnder: emails.find,
        hasSender: parts.mailFrom !== undefined,
      });
      if (rehearsal.kind === 'no-record') return rehearsal;
      const [brand, portal] = await Promise.all([parts.brand(), parts.connections.read()]);
      const look = { settings: surroundings.settings, brand, portal, now: surroundings.now };
      const subjectOf = subjectsWithin(longestForSubjectsMs);
      const beginning = rehearsal.runs.flatMap(({ workflowId }) => {
        const workflow = known.find((one) => one.workflowId === workflowId);
        if (!workflow) return [];
        const subjects = exampleSubjects(workflow, look, subjectOf);
        return [[workflowId, { name: workflow.name, subjects }] as const];
      });
      return { ...rehearsal, beginning: new Map(beginning) };
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
      const text = 'The replay is queued. The result shows up below in a moment.';
      return { kind: 'done', text };
    },

    async settle(settling: Settling, ledgerKey: string, by: string): Promise<Flash> {
      const settled =
        settling === 'mark-sent'
          ? await settle.markSent(ledgerKey, by)
          : await settle.sendAgain(ledgerKey, by);
      if (settled.kind === 'refused') return { kind: 'problem', text: settled.reason };
      if (settled.kind === 'not-queued') {
        const text = `${settled.reason} Do the same again to try now.`;
        return { kind: 'problem', text, isDone: true };
      }
      parts.log.info('email settled', { ledgerKey, settling });
      const text =
        settling === 'mark-sent'
          ? 'The email is marked as sent. It won’t be sent again.'
          : 'The email is queued again. It goes out unless something still blocks it.';
      return { kind: 'done', text };
    },
  };
}

export type Settling = 'mark-sent' | 'send-again';

export const settlingTitles = {
  'mark-sent': 'Mark this email as sent?',
  'send-again': 'Send this email again?',
} as const satisfies Record<Settling, string>;

const words = {
  'mark-sent': {
    what: 'It won’t be sent again. Do this if the customer has it, or if SES’s own console shows it.',
    button: 'Mark as sent',
    states: canBeMarkedSent,
  },
  'send-again': {
    what: 'It’s queued again, and goes out unless something still blocks it. If SES took it the first time, the customer gets it twice.',
    button: 'Send again',
    states: canBeSentAgain,
  },
} as const;

type AskedFrom = Readonly<{
  webhookId: string;
  back: Back | undefined;
  /** Whom the email is to, and the name of its workflow, as far as the event tells. */
  about: Readonly<{ address: string | undefined; workflow: string | undefined }>;
}>;

const backWords = {
  event: 'Back to the event',
  email: 'Back to the email',
  emails: 'Back to the emails',
} as const;

/** Where a person comes back to who settles an email. */
export function pathBack(back: Back | undefined, webhookId: string, ledgerKey: string): string {
  if (back === 'emails') return link(emailsPath, { fate: 'unknown' });
  return back === 'email' ? emailPath({ ledgerKey }) : eventPath(webhookId);
}

/** Asks before an email is settled by a person. */
export function settleView(
  c: Context<ConsoleEnv>,
  settling: Settling,
  email: ReportedEmail,
  { webhookId, back, about }: AskedFrom,
): Html {
  const { what, button, states } = words[settling];
  const path = eventPath(webhookId);
  const cameFrom = pathBack(back, webhookId, email.ledgerKey);
  const fields = { act: settling, email: email.ledgerKey, ...(back && { back }) };
  if (!states.includes(email.state)) {
    return html`<p class="note">The email is now ${fateWords[stateOrHeld(email)]}, so there’s nothing to settle.</p>
${emailFacts(email, { isReleased: false })}
<p><a href="${cameFrom}">${backWords[back ?? 'event']}</a></p>`;
  }
  return html`<p>${what}</p>
${facts([
  ['To', about.address && addressText(about.address)],
  ['Workflow', about.workflow],
])}
${emailFacts(email, { isReleased: false, isToldAbove: true })}
<div class="row">
${act(c, button, path, { tone: 'primary', fields })}
<a class="button" href="${cameFrom}">Cancel</a>
</div>`;
}
