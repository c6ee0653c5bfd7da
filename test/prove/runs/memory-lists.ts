import type { Email } from '#shared/audience/emails/email.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import type { DueEmails } from '#shared/store/mail/due-emails.ts';
import { heldMark } from '#shared/store/mail/due-index.ts';
import type { DueRuns } from '#shared/store/runs/due-runs.ts';
import type { RunLists } from '#shared/store/runs/run-lists.ts';

/** What lists of runs say of runs in memory. */
export function memoryRunLists(allRuns: () => readonly Run[]): RunLists {
  return {
    ofContact: async () => [],
    ofWorkflow: async () => [],
    idsOfCustomer: async (id) => ({
      runIds: allRuns().flatMap(({ customerId, runId }) => (customerId === id ? [runId] : [])),
      next: undefined,
    }),
    idsOfContact: async () => ({ runIds: [], next: undefined }),
    waitingAt: async () => 0,
    parked: async (id, _, waitingAt = []) => ({
      wakes: allRuns().flatMap(({ runId, customerId, workflowId, stepId, dueAt, state }) =>
        workflowId === id &&
        stepId &&
        dueAt &&
        (state === 'parked' || (state === 'waiting' && waitingAt.includes(stepId)))
          ? [{ runId, customerId, workflowId, stepId, dueAt }]
          : [],
      ),
      next: undefined,
    }),
  };
}

/** The runs in memory that the clock asks for. */
export function memoryDueRuns(runs: Map<string, { row: Run; revision: string }>): DueRuns {
  /** How often a run was asked for since it was last written. */
  const wakes = new Map<string, { revision: string; count: number }>();
  function wakesOf(runId: string): number {
    const asked = wakes.get(runId);
    return asked && asked.revision === runs.get(runId)?.revision ? asked.count : 0;
  }

  return {
    due: async (by, limit) => ({
      runs: [...runs.values()]
        .map(({ row }) => row)
        .flatMap(({ runId, customerId, workflowId, stepId, dueAt, wakeAt }) =>
          stepId && dueAt && wakeAt && wakeAt <= by
            ? [{ runId, customerId, workflowId, stepId, dueAt, wakeAt, wakes: wakesOf(runId) }]
            : [],
        )
        .slice(0, limit),
      unreadable: [],
    }),
    take: async (run, until) => {
      const known = runs.get(run.runId);
      if (known?.row.wakeAt !== run.wakeAt) return false;
      wakes.set(run.runId, { revision: known.revision, count: wakesOf(run.runId) + 1 });
      runs.set(run.runId, { ...known, row: { ...known.row, wakeAt: until } });
      return true;
    },
  };
}

/** The emails in memory that the clock asks for. */
export function memoryDueEmails(emails: Map<string, Email>): DueEmails {
  return {
    due: async (by, limit) =>
      [...emails.values()]
        .flatMap(({ ledgerKey, dueAt }) => (dueAt && dueAt <= by ? [{ ledgerKey, dueAt }] : []))
        .slice(0, limit),
    held: async (limit) =>
      [...emails.values()]
        .flatMap(({ ledgerKey, dueAt }) =>
          dueAt?.startsWith(heldMark) ? [{ ledgerKey, dueAt }] : [],
        )
        .slice(0, limit),
    take: async ({ ledgerKey, dueAt }, until) => {
      const row = emails.get(ledgerKey);
      if (row?.dueAt !== dueAt) return { kind: 'gone' };
      const email = { ...row, dueAt: until };
      emails.set(ledgerKey, email);
      return { kind: 'email', email };
    },
    settled: async () => undefined,
  };
}
