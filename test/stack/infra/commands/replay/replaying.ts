import { type EventChoice, recordedEvents } from '#infra/commands/replay/recorded-events.ts';
import { type RehearsalParts, rehearseReplays } from '#infra/commands/replay/replay.ts';
import { type RunParts, runReplays } from '#infra/commands/replay/run.ts';
import { maskedAddress } from '#infra/terminal/lines.ts';
import { rehearseReplay } from '#shared/audience/replay/replay.ts';
import type { SendToWorker } from '#shared/queue/events-queue.ts';
import { eventRecordOf } from '#shared/store/events/event-item.ts';
import { dynamoEmailAdmin } from '#shared/store/mail/emails.ts';
import type { startDeadLetters } from '#test/support/audience/dead-letters-at-work.ts';

type Dead = Awaited<ReturnType<typeof startDeadLetters>>;
type Given = Partial<Parameters<typeof runReplays>[0]>;

/** `npm run replay` on tables and queues with a worker, which works whenever the command waits for it. */
export function replaying(dead: Dead) {
  const { db, tableOf, now, newId, store, settings } = dead.audience;
  const printed: string[] = [];
  const asked: string[] = [];
  const send: SendToWorker = async (message) =>
    dead.send(dead.events.sourceUrl, message.MessageBody, message.MessageAttributes);
  const parts: RunParts = {
    events: recordedEvents(db, tableOf('Events')),
    send,
    confirmed: async (question) => asked.push(question) > 0,
    by: 'an engineer',
    now,
    newRun: () => 'run-1',
    print: (line) => void printed.push(line),
    progress: () => undefined,
    isStopped: () => false,
    options: ' --local',
    sleep: () => dead.work(),
    patienceMs: 60_000,
  };
  const emails = dynamoEmailAdmin(db, tableOf('Emails'), now);
  const usual = { triggers: false, again: false };

  return {
    /** Everything that was received since yesterday. */
    lately: (more: Partial<Extract<EventChoice, { kind: 'many' }>> = {}): EventChoice => {
      const since = new Date(now().getTime() - 86_400_000).toISOString();
      return { kind: 'many', since, until: now().toISOString(), ...more };
    },
    parts,
    printed,
    asked,
    output: () => printed.join('\n'),
    run: (given: Given & { choice: EventChoice }, changed: Partial<RunParts> = {}) =>
      runReplays({ ...usual, run: undefined, yes: false, ...given }, { ...parts, ...changed }),
    rehearse: (given: Given & { choice: EventChoice }, changed: Partial<RehearsalParts> = {}) =>
      rehearseReplays(
        { ...usual, ...given },
        {
          ...parts,
          address: maskedAddress,
          rehearse: async (replay) =>
            rehearseReplay(replay, {
              store,
              surroundings: { settings: await settings(), now: now(), newId },
              workflows: dead.workflows,
              emailUnder: emails.find,
              hasSender: true,
            }),
          ...changed,
        },
      ),
    recordOf: async (webhookId: string) =>
      eventRecordOf(await dead.audience.item('Events', { webhookId })),
  };
}
