import { columns } from '#infra/terminal/lines.ts';
import { oneLine } from '#shared/text.ts';
import type { Redelivery, Undelivered } from './redeliver.ts';
import { isClosed, type Proof } from './run.ts';

/** What became of the events that Polar could not deliver, for a terminal. */
export function redeliveryLines(redelivery: Redelivery): string[] {
  const { asked, arrived, here, lost, accepted, refused, awaited } = redelivery;
  if (asked + here + lost + accepted + refused.size === 0)
    return ['Polar knows of no event that never arrived.'];
  const rows: [string, number, string][] = [
    ['asked for', asked, 'events that never arrived'],
    ['arrived', arrived, 'of them, and are applied'],
    ['here before', here, 'although Polar saw no success: left alone'],
    ['refused', refused.size, 'Polar does not deliver them again: see below'],
    ['accepted', accepted, 'somebody accepted that they never arrive: left alone'],
    ['lost', lost, 'Polar keeps no payload of them: the backfill brings what they said'],
    ['on the way', awaited.length, 'accepted or not, they have no record here yet'],
  ];
  const some = rows.filter(([, count]) => count > 0);
  return columns(some.map(([name, count, meaning]) => [name, String(count).padStart(7), meaning]));
}

/** What became of the events that Polar could not deliver, for a program. */
export function redeliveryDocument(redelivery: Redelivery) {
  const { asked, arrived, here, lost, accepted, refused, awaited } = redelivery;
  return {
    ...{ asked, arrived, here, lost, accepted },
    refused: [...refused].map(([eventId, reason]) => ({ eventId, reason })),
    awaited: awaited.map(({ id, type, createdAt }) => ({ eventId: id, type, createdAt })),
  };
}

/** What was looked at again, for a program. */
export function proofDocument({ faults, undelivered, differing, refused }: Proof) {
  const events = undelivered.map(({ id, type, createdAt, refusal, facts }) => ({
    ...{ eventId: id, type, createdAt, refusal: refusal ?? null, facts },
  }));
  return { faults, undelivered: events, differing, refused };
}

/** Whether the gap is closed, by what was looked at again, and what to do where it is not. */
export function proofLines(proof: Proof, options: string): string[] {
  const { faults, undelivered, differing, refused } = proof;
  const rows = [
    ['endpoint', faults.length === 0 ? 'enabled, and as it should be' : 'not as it should be'],
    [
      'events',
      undelivered.length === 0 ? 'none that never arrived' : `${undelivered.length} never arrived`,
    ],
    ['audience', audienceText({ differing, refused })],
  ];
  return [
    'Looked at again:',
    ...columns(rows),
    '',
    ...faults,
    ...undeliveredLines(undelivered),
    ...endingLines(proof, options),
  ];
}

function audienceText({ differing, refused }: Pick<Proof, 'differing' | 'refused'>): string {
  const left = [
    differing > 0 && `${differing} ${differing === 1 ? 'customer differs' : 'customers differ'}`,
    refused > 0 && `${refused} could not be compared or repaired, see above`,
  ].filter(Boolean);
  return left.length === 0 ? 'in step' : left.join(', ');
}

const factsText: Record<Undelivered['facts'], string> = {
  here: 'what it said of its customer is here anyway',
  unsure:
    'whether what it said is here is not sure: its customer differs, or could not be compared',
  stranger: 'its customer is not known here',
  untold: 'Polar does not tell whom it was about',
};
const mayStillCome = 'Polar took these to deliver them again, and they have not arrived here:';

/** The events that never arrived, by why. */
export function undeliveredLines(undelivered: readonly Undelivered[]): string[] {
  const byReason = Map.groupBy(undelivered, ({ refusal }) => oneLine(refusal ?? mayStillCome));
  return [...byReason].flatMap(([reason, events]) => [
    reason,
    ...columns(
      events.map(({ id, type, createdAt, facts }) => ['', id, type, createdAt, factsText[facts]]),
    ),
    '',
  ]);
}

function endingLines(proof: Proof, options: string): string[] {
  if (isClosed(proof)) return ['The gap is closed.'];
  const behind = options === '' ? '' : ` --${options}`;
  const { faults, undelivered, differing, refused } = proof;
  const isRefused = undelivered.some(({ refusal }) => refusal !== undefined);
  const mayCome = undelivered.some(({ refusal }) => refusal === undefined);
  return [
    'The gap is not closed yet.',
    ...(faults.length > 0 ? [`  npm run connect -- --repair${options}`] : []),
    ...(mayCome
      ? [
          `  npm run deadletters -- list${options}   where an event may be that has arrived`,
          `  npm run recover${behind}   asks again for what has not`,
          `  npm run recover -- --accept <id>${options}   closes it without one that can never arrive: no workflow sees it, and your name is recorded`,
        ]
      : []),
    ...(isRefused
      ? [
          `  npm run recover -- --accept listed${options}   closes it without those that Polar refuses: no workflow sees them, and your name is recorded`,
        ]
      : []),
    ...(differing + refused > 0
      ? [`  npm run backfill -- --dry-run${options}   shows who differs`]
      : []),
  ];
}
