import { maskedAddress } from '#infra/ops/masked-address.ts';
import type { EventChoice } from '#infra/ops/replay-events.ts';
import { recordedEvents } from '#infra/ops/replay-events.ts';
import { rehearseReplays } from '#infra/ops/replay-rehearsal.ts';
import { type RunParts, runReplays } from '#infra/ops/replay-run.ts';
import { rehearseReplay } from '#shared/audience/rehearse-replay.ts';
import { dynamoEmailAdmin } from '#shared/aws/dynamo-email-admin.ts';
import { eventRecordOf } from '#shared/aws/event-item.ts';
import type { SendToWorker } from '#shared/aws/worker-message.ts';
import type { startDeadLetters } from './dead-letters-at-work.ts';

type Dead = Awaited<ReturnType<typeof startDeadLetters>>;
type Given = Partial<Parameters<typeof runReplays>[0]>;

/** Everything that was received since yesterday. */
export function lately(more: Partial<Extract<EventChoice, { kind: 'many' }>> = {}): EventChoice {
  const since = new Date(Date.now() - 86_400_000).toISOString();
  return { kind: 'many', since, until: new Date().toISOString(), ...more };
}

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
    parts,
    printed,
    asked,
    output: () => printed.join('\n'),
    run: (given: Given & { choice: EventChoice }, changed: Partial<RunParts> = {}) =>
      runReplays({ ...usual, run: undefined, yes: false, ...given }, { ...parts, ...changed }),
    rehearse: (given: Given & { choice: EventChoice }, isStopped = parts.isStopped) =>
      rehearseReplays(
        { ...usual, ...given },
        {
          ...parts,
          isStopped,
          address: maskedAddress,
          rehearse: async (replay) =>
            rehearseReplay(replay, {
              store,
              surroundings: { settings: await settings(), now: now(), newId },
              workflows: dead.workflows,
              emailUnder: emails.find,
              hasSender: true,
            }),
        },
      ),
    recordOf: async (webhookId: string) =>
      eventRecordOf(await dead.audience.item('Events', { webhookId })),
  };
}
