import { type Concern, deadLettersIn } from '#shared/status/concerns.ts';
import type { ConnectionNow, Status } from '#shared/status/status.ts';
import { areAllCounted } from './status-lines.ts';

/** The same for scripts: its names are listed in the runbook. */
export function statusDocument(
  status: Status,
  concerns: readonly Concern[],
  nextOf: (concern: Concern) => string | undefined,
) {
  const { at, queues, failures, emails, settings, workflows, connection, hold } = status;
  return {
    isWell: concerns.length === 0,
    at: at.toISOString(),
    concerns: concerns.map((concern) => ({
      kind: concern.kind,
      sentence: concern.sentence,
      next: nextOf(concern) ?? null,
    })),
    queues: queues.map((queue) => ({ ...queue, oldestSeconds: queue.oldestSeconds ?? null })),
    retried: failures.retried,
    deadLetters: {
      count: deadLettersIn(queues),
      reasons: deadLettersIn(queues) > 0 ? failures.dead : [],
      isWhole: failures.isWhole,
    },
    emails: {
      since: emails.since,
      byState: Object.fromEntries(emails.byState),
      open: Object.fromEntries(emails.open),
      waitingSince: emails.waitingSince ?? null,
      isWhole: areAllCounted(emails),
    },
    settings: {
      isValid: settings.isValid,
      version: settings.isValid ? settings.version : null,
      reason: settings.isValid ? null : settings.reason,
    },
    workflows,
    connection: connectionDocument(connection),
    hold: hold ? { reason: hold.reason, by: hold.by, at: hold.at } : null,
    previousSecret: status.previousSecret ? { until: status.previousSecret.until ?? null } : null,
  };
}

function connectionDocument(now: ConnectionNow) {
  if (now.kind === 'none') return null;
  const { organizationName, server, gap } = now.connection;
  const endpoint = now.kind === 'seen' ? now.health.endpoint : undefined;
  const isEnabled = endpoint?.enabled ?? null;
  return { organizationName, server, isEnabled, gapSince: gap?.since ?? null };
}
