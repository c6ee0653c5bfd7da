import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { actedOn } from '#infra/terminal/acted.ts';
import type { UndeliveredEvent } from '#shared/polar/redelivery.ts';
import type { Proof } from './run.ts';
import { refusalLines, undeliveredLines } from './text.ts';

type Acceptance = Readonly<{
  eventId: string;
  type: string;
  /** When Polar made the event. */
  createdAt: string;
  /** Why it does not arrive, as far as that was known. */
  reason: string;
  /** Who accepted it, and when. */
  by: string;
  at: string;
}>;

type AcceptedEvents = Readonly<{
  has: (eventId: string) => Promise<boolean>;
  /** The first acceptance of an event stays. */
  add: (acceptance: Acceptance) => Promise<void>;
}>;

/** The events of which a person accepted that they never arrive: items `accepted-event#<id>` of table Settings. */
export function acceptedEvents(db: DynamoDBDocumentClient, table: string): AcceptedEvents {
  const nameOf = (eventId: string) => `accepted-event#${eventId}`;
  return {
    async has(eventId) {
      const Key = { name: nameOf(eventId) };
      const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
      return (await db.send(get)).Item !== undefined;
    },

    async add(acceptance) {
      try {
        await db.send(
          new PutCommand({
            TableName: table,
            Item: { name: nameOf(acceptance.eventId), ...acceptance },
            ConditionExpression: 'attribute_not_exists(#name)',
            ExpressionAttributeNames: { '#name': 'name' },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

type AcceptanceParts = Readonly<{
  accepted: AcceptedEvents;
  /** Ids of events that a person named. */
  named: readonly string[];
  by: string;
  now: () => Date;
}>;

type RecoverAcceptance = ReturnType<typeof recoverAcceptance>;

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

type Asking = Readonly<{
  print: (lines: readonly string[]) => void;
  agreed: (question: string) => Promise<boolean>;
}>;

/** Records that the events that Polar refuses need not arrive, once a person who has seen them agrees. */
export async function withoutRefused(
  proof: Proof,
  { accept }: Pick<RecoverAcceptance, 'accept'>,
  { print, agreed }: Asking,
): Promise<Proof> {
  const refused = proof.undelivered.filter(({ refusal }) => refusal !== undefined);
  if (refused.length === 0) return proof;
  print(undeliveredLines(refused));
  const events = refused.length === 1 ? 'this event' : `these ${refused.length} events`;
  if (!(await agreed(`Close the gap without ${events}? No workflow sees what never arrives.`))) {
    return proof;
  }
  for (const event of refused) await accept(event, event.refusal ?? '');
  print([`Accepted ${refused.length}, recorded under your name.`, '']);
  return { ...proof, undelivered: proof.undelivered.filter((event) => !refused.includes(event)) };
}

/** Leaves those who could not be compared or repaired as they are, once a person who has seen them agrees. */
export async function withoutRefusals(proof: Proof, { print, agreed }: Asking): Promise<Proof> {
  const { refused, refusals } = proof;
  if (refused === 0) return proof;
  print(refusalLines(refusals));
  const question = `Close the gap without the ${refused} that couldn't be compared or repaired? What Polar says about them isn't here.`;
  if (!(await agreed(question))) return proof;
  actedOn({ leftUnrepaired: refused });
  print([`Left ${refused} as they are, recorded under your name.`, '']);
  return { ...proof, refused: 0, refusals: [] };
}
