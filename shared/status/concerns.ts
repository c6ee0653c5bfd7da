import { actorName } from '#shared/actor.ts';
import type { Gap } from '#shared/polar/connection/connection.ts';
import { gapText, gapToClose } from '#shared/polar/connection/gap.ts';
import { type ConnectionHealth, inOrderOfRepair } from '#shared/polar/connection/health.ts';
import { ageText } from '#shared/queue/dead-letters/letter-reasons.ts';
import type { FailuresNow } from '#shared/queue/failures-now.ts';
import type { Hold } from '#shared/store/mail/hold.ts';
import type { Status } from './status.ts';

/** Something that is not as it should be. `kind` tells whoever shows it what to offer next. */
export type Concern = Readonly<{ sentence: string }> &
  (
    | Readonly<{
        kind:
          | 'held'
          | 'queue-late'
          | 'dead-letters'
          | 'emails-unknown'
          | 'emails-failed'
          | 'emails-waiting'
          | 'settings'
          | 'not-connected'
          | 'polar-silent'
          | 'previous-secret';
      }>
    | Readonly<{ kind: 'retried'; failureId: string }>
    | Readonly<{ kind: 'gap'; gap: Gap }>
    | Readonly<{ kind: 'connection'; repair: ConnectionHealth['faults'][number]['repair'] }>
  );

/** From then on an alarm rings for a queue, too. */
const lateSeconds = 20 * 60;

/** Shorter than that SES says "not now" on any busy day. */
const longWaitMs = 15 * 60_000;

/** What is not well, the gravest first; none: all is well. Pure. */
export function concernsOf(status: Status): Concern[] {
  return [
    ...holdConcerns(status),
    ...settingsConcerns(status),
    ...connectionConcerns(status),
    ...queueConcerns(status),
    ...emailConcerns(status),
  ];
}

function holdConcerns({ hold }: Status): Concern[] {
  if (!hold) return [];
  return [
    {
      kind: 'held',
      sentence: holdText(hold),
    },
  ];
}

/** Since when all mail is on hold, by whom and why, for a terminal. */
export function holdText({ at, by, reason }: Pick<Hold, 'at' | 'by' | 'reason'>): string {
  return `All mail has been on hold since ${at.slice(0, 19)}Z (by ${actorName(by)}): ${reason}`;
}

function settingsConcerns({ settings, previousSecret }: Status): Concern[] {
  return [
    ...(settings.isValid ? [] : [{ kind: 'settings' as const, sentence: settings.reason }]),
    ...(previousSecret?.isEndless
      ? [
          {
            kind: 'previous-secret' as const,
            sentence:
              'The previous webhook secret still works and has no end yet: watch sets one within 15 minutes.',
          },
        ]
      : []),
  ];
}

function connectionConcerns({ connection }: Status): Concern[] {
  switch (connection.kind) {
    case 'none':
      if (connection.hasSecret) return [];
      return [{ kind: 'not-connected', sentence: "Polar isn't connected, so it sends no events." }];
    case 'unseen':
      return [
        { kind: 'polar-silent', sentence: "Polar didn't report the endpoint's state in time." },
        ...gapConcerns(connection.connection.gap),
      ];
    case 'seen': {
      const { faults } = connection.health;
      return [
        ...inOrderOfRepair(faults).map(
          ({ sentence, repair }): Concern => ({ kind: 'connection', sentence, repair }),
        ),
        ...gapConcerns(gapToClose(connection.connection, faults)),
      ];
    }
  }
}

function gapConcerns(gap: Gap | undefined): Concern[] {
  return gap ? [{ kind: 'gap', gap, sentence: gapText(gap) }] : [];
}

function queueConcerns({ queues, failures, at }: Status): Concern[] {
  const late = queues.filter(({ oldestSeconds = 0 }) => oldestSeconds > lateSeconds);
  const dead = deadLettersIn(queues);
  const [retried] = failures.retried;
  return [
    ...late.map(({ name, oldestSeconds = 0 }): Concern => {
      const age = ageText(oldestSeconds * 1_000);
      return { kind: 'queue-late', sentence: `The oldest message for ${name} has waited ${age}.` };
    }),
    ...(retried
      ? [
          {
            kind: 'retried' as const,
            failureId: retried.failureId,
            sentence: `${things(sumOf(failures.retried), 'message')} failed and will be retried; the oldest first failed ${ageText(at.getTime() - Date.parse(retried.since))} ago.`,
          },
        ]
      : []),
    ...(dead > 0
      ? [
          {
            kind: 'dead-letters' as const,
            sentence: `${things(dead, 'dead letter')} ${dead === 1 ? 'needs' : 'need'} a decision. SQS deletes each after 14 days.`,
          },
        ]
      : []),
  ];
}

function emailConcerns({ emails, at }: Status): Concern[] {
  const unknown = emails.open.get('unknown') ?? 0;
  const failed = emails.byState.get('failed') ?? 0;
  const { waitingSince } = emails;
  const waitedMs = waitingSince === undefined ? 0 : at.getTime() - Date.parse(waitingSince);
  const found: (Concern | false)[] = [
    unknown > 0 && {
      kind: 'emails-unknown',
      sentence: `${things(unknown, 'email')} ${unknown === 1 ? 'has' : 'have'} an unknown outcome.`,
    },
    failed > 0 && {
      kind: 'emails-failed',
      sentence: `SES permanently rejected ${things(failed, 'email')} in the last day.`,
    },
    waitedMs > longWaitMs && {
      kind: 'emails-waiting',
      sentence: `SES has delayed an email for ${ageText(waitedMs)}. It's retried automatically for two days.`,
    },
  ];
  return found.filter((one) => one !== false);
}

/** How many dead letters there are, by SQS's counts. */
export function deadLettersIn(queues: Status['queues']): number {
  return queues.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
}

export function sumOf(reasons: FailuresNow['dead']): number {
  return reasons.reduce((sum, { count }) => sum + count, 0);
}

function things(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
