import { seconds, withOptions } from '#infra/commands/words.ts';
import { columns, maskedAddress } from '#infra/terminal/lines.ts';
import type { UndeliveredEvent } from '#shared/polar/redelivery.ts';
import { oneLine } from '#shared/safe-text.ts';
import type { Lost } from './lost.ts';
import { losesNothing, type Redelivery, type Undelivered } from './redeliver.ts';
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
export function proofDocument({ faults, undelivered, differing, refused, due }: Proof) {
  const events = undelivered.map(({ id, type, createdAt, refusal, facts }) => ({
    ...{ eventId: id, type, createdAt, refusal: refusal ?? null, facts },
  }));
  return { faults, undelivered: events, differing, refused, due };
}

/** The orders of which no webhook came, and the moments that are lost, for a program. Names nobody. */
export function lostDocument({ since, orders, moments }: Lost) {
  return {
    since,
    orders: orders.map(({ orderId, paidAt, event, due, reason }) => ({
      ...{ orderId, paidAt, customerId: event.customer.id, due },
      reason: due.length > 0 ? null : reason,
    })),
    moments: Object.fromEntries(moments),
  };
}

/** The orders of which no webhook came, whose mails are due, and what cannot be told again. */
export function lostLines(
  { since, keptDays, orders, moments }: Lost,
  isApplying: boolean,
  options: string,
): string[] {
  const due = orders.filter((order) => order.due.length > 0);
  const rows = orders.map(({ orderId, paidAt, event, due: names, reason }) => [
    '',
    orderId,
    seconds(paidAt),
    maskedAddress(event.customer.email ?? ''),
    names.length > 0 ? `due: ${names.join(', ')}` : `no mail: ${reason}`,
  ]);
  const counts = [...moments].map(([type, count]) => `${count} ${type}`).join(', ');
  const apply = `npm run recover -- --apply-lost${options}`;
  return [
    ...(orders.length === 0
      ? [`No order was paid since ${since} without its webhook.`]
      : [`Paid since ${since}, and no webhook came:`, ...columns(rows)]),
    ...(keptDays === undefined
      ? []
      : [
          `Records of webhooks are kept ${keptDays} ${keptDays === 1 ? 'day' : 'days'} (retentionDays), so whether those of older orders came cannot be told.`,
        ]),
    ...(due.length > 0 && !isApplying
      ? [`To apply the ${due.length} whose mails are due, as if their webhooks had come: ${apply}`]
      : []),
    ...(counts === ''
      ? []
      : [
          `No webhook came of these either: ${counts}. Polar tells only how customers and subscriptions are now, so what they are is here, and no workflow sees what happened meanwhile.`,
        ]),
  ];
}

/** Whether the gap is closed, by what was looked at again, and what to do where it is not. */
export function proofLines(proof: Proof, options: string): string[] {
  const { faults, undelivered, differing, refused, due } = proof;
  const rows = [
    ['endpoint', faults.length === 0 ? 'enabled, and as it should be' : 'not as it should be'],
    [
      'events',
      undelivered.length === 0 ? 'none that never arrived' : `${undelivered.length} never arrived`,
    ],
    ['audience', audienceText({ differing, refused })],
    ['lost orders', due === 0 ? 'none whose mails are due' : `${due} whose mails are due`],
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

/** How a dry run ends: it proposes a run only where that would do something. */
export function rehearsalEnding(isLeft: boolean, options: string): string {
  return isLeft
    ? `Nothing was changed. To do it: ${withOptions('npm run recover', options)}`
    : 'There is nothing to do: the gap is closed.';
}

/** The events that a run would ask Polar to deliver again. */
export function awaitedLines(events: readonly UndeliveredEvent[]): string[] {
  if (events.length === 0) return ['Polar knows of no event that never arrived.'];
  return [
    'Polar would be asked to deliver these again:',
    ...columns(
      events.map(({ id, type, createdAt, isLost }) => {
        const note = isLost ? 'Polar keeps no payload of it: the backfill brings what it said' : '';
        return ['', id, type, createdAt, note];
      }),
    ),
  ];
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
  const whyOf = ({ refusal, answer = '' }: Undelivered) =>
    oneLine(refusal ?? `${mayStillCome} ${answer}`.trim());
  return [...Map.groupBy(undelivered, whyOf)].flatMap(([reason, events]) => [
    reason,
    ...columns(
      events.map(({ id, type, createdAt, facts, silenced }) => {
        const mails = silenced.length === 0 ? '' : `no mail yet: ${silenced.join(', ')}`;
        return ['', id, type, createdAt, factsText[facts], mails];
      }),
    ),
    '',
  ]);
}

function endingLines(proof: Proof, options: string): string[] {
  if (isClosed(proof)) return ['The gap is closed.'];
  const { faults, undelivered, differing, refused, due } = proof;
  const isRefused = undelivered.some(({ refusal }) => refusal !== undefined);
  const mayCome = undelivered.some(({ refusal }) => refusal === undefined);
  const acceptable = undelivered.filter((one) => one.refusal === undefined && losesNothing(one));
  return [
    'The gap is not closed yet.',
    ...(faults.length > 0 ? [`  npm run connect -- --repair${options}`] : []),
    ...(mayCome
      ? [
          `  npm run deadletters -- list${options}   where an event may be that has arrived`,
          `  ${withOptions('npm run recover', options)}   asks again for what has not`,
          ...acceptable.map(
            ({ id }) =>
              `  npm run recover -- --accept ${oneLine(id)}${options}   closes it without this one, which loses nothing; your name is recorded`,
          ),
        ]
      : []),
    ...(isRefused
      ? [
          `  npm run recover -- --accept listed${options}   closes it without those that Polar refuses, which ${refusedText(undelivered)}; your name is recorded`,
        ]
      : []),
    ...(due > 0
      ? [
          `  npm run recover -- --apply-lost${options}   applies the lost orders whose mails are due`,
          `  npm run recover -- --accept <order id>${options}   closes it without the mails of one`,
        ]
      : []),
    ...(differing + refused > 0
      ? [`  npm run backfill -- --dry-run${options}   shows who differs`]
      : []),
  ];
}

function refusedText(undelivered: readonly Undelivered[]): string {
  const refused = undelivered.filter(({ refusal }) => refusal !== undefined);
  const names = new Set(refused.flatMap(({ silenced }) => silenced));
  if (names.size > 0) return `leaves the mails of ${[...names].join(', ')} unsent`;
  return refused.every(losesNothing) ? 'loses nothing' : 'no workflow sees then';
}
