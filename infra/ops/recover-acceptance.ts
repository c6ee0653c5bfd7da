import type { UndeliveredEvent } from '#shared/polar/undelivered-events.ts';
import type { AcceptedEvents } from './accepted-events.ts';

type AcceptanceParts = Readonly<{
  accepted: AcceptedEvents;
  /** Ids of events that a person named. */
  named: readonly string[];
  by: string;
  now: () => Date;
}>;

export type RecoverAcceptance = ReturnType<typeof recoverAcceptance>;

/** Which events a person accepted as never arriving: in this run by their ids, in an earlier one, or all that were listed. */
export function recoverAcceptance({ accepted, named, by, now }: AcceptanceParts) {
  const unmet = new Set(named);
  const accept = ({ id, type, createdAt }: UndeliveredEvent, reason: string) =>
    accepted.add({ eventId: id, type, createdAt, reason, by, at: now().toISOString() });

  return {
    /** Whether it need not arrive. Records one that was named. */
    async isAccepted(event: UndeliveredEvent): Promise<boolean> {
      if (await accepted.has(event.id)) {
        unmet.delete(event.id);
        return true;
      }
      if (!unmet.delete(event.id)) return false;
      await accept(event, 'Named with --accept.');
      return true;
    },

    accept,

    /** Those named ones that turned out not to be among the events that never arrived. */
    unmet: (): readonly string[] => [...unmet],
  };
}
