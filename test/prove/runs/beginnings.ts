import type { EventRecord } from '#shared/audience/event-record.ts';
import type { Commit } from '#shared/audience/rows/unit-of-work.ts';
import type { Run } from '#shared/audience/runs/run.ts';

/** Of one event, or of those that went along with it, too; none of a wake. */
export function recordsOf({ record, later = [] }: Commit): EventRecord[] {
  return [...(record ? [record] : []), ...later.map((one) => one.record)];
}

export function begunBy({ workflows = [] }: EventRecord, puts: readonly Run[]): Run[] {
  return puts.filter((run) => workflows.some(({ runId }) => runId === run.runId));
}

/** Of several events of one commit that began a run, the others of which were over in between, the last one did. */
export function misnamedBeginnings(records: readonly EventRecord[], puts: readonly Run[]) {
  const beginnings = records.flatMap(({ webhookId, workflows = [] }) =>
    workflows.flatMap(({ runId }) => (runId === undefined ? [] : [[runId, webhookId] as const])),
  );
  return [...new Map(beginnings)].flatMap(([runId, webhookId]) => {
    const run = puts.find((one) => one.runId === runId);
    return run?.webhookId === webhookId
      ? []
      : [`${webhookId} began a run that says ${run?.webhookId} did.`];
  });
}
