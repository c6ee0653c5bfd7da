import { seconds, withOptions } from '#infra/commands/words.ts';
import { columns, maskedAddress } from '#infra/terminal/lines.ts';
import type { Gap } from '#shared/polar/connection/connection.ts';
import type { UndeliveredEvent } from '#shared/polar/redelivery.ts';
import { oneLine } from '#shared/safe-text.ts';
import type { Lost } from './lost.ts';
import { losesNothing, type Redelivery, type Undelivered } from './redeliver.ts';
import { isClosed, type Proof, type Refusal } from './run.ts';

/** What became of the events that Polar could not deliver, for a terminal. */
export function redeliveryLines(redelivery: Redelivery): string[] {
  const { asked, arrived, here, lost, accepted, refused, awaited } = redelivery;
  if (asked + here + lost + accepted + refused.size === 0)
    return ['Polar has nothing to redeliver.'];
  const rows: [string, number, string][] = [
    ['requested', asked, 'events that never arrived'],
    ['arrived', arrived, 'of those, and are applied'],
    ['already here', here, 'though Polar saw no success: left alone'],
    ['refused', refused.size, "Polar won't redeliver them: see below"],
    ['accepted', accepted, "someone accepted that they'll never arrive: left alone"],
    ['lost', lost, 'Polar no longer has their payload: the backfill brings in what they said'],
    ['on the way', awaited.length, 'received or not, they have no record here yet'],
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
export function proofDocument({ faults, undelivered, differing, refused, refusals, due }: Proof) {
  const events = undelivered.map(({ id, type, createdAt, refusal, facts }) => ({
    ...{ eventId: id, type, createdAt, refusal: refusal ?? null, facts },
  }));
  return { faults, undelivered: events, differing, refused, refusals, due };
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
  { isApplying, isDryRun = false }: Readonly<{ isApplying: boolean; isDryRun?: boolean }>,
  options: string,
): string[] {
  const due = orders.filter((order) => order.due.length > 0);
  const rows = orders.map(({ orderId, paidAt, event, due: names, reason }) => [
    '',
    orderId,
    seconds(paidAt),
    maskedAddress(event.customer.email ?? ''),
    names.length > 0 ? `due: ${names.join(', ')}` : `no email: ${reason}`,
  ]);
  const counts = [...moments].map(([type, count]) => `${count} ${type}`).join(', ');
  const apply = `npm run recover -- --apply-lost${options}`;
  return [
    ...(orders.length === 0
      ? [`No order paid since ${since} is missing its webhook.`]
      : [`Paid since ${since}, but no webhook came:`, ...columns(rows)]),
    ...(keptDays === undefined
      ? []
      : [
          `Webhook records are kept ${keptDays} ${keptDays === 1 ? 'day' : 'days'} (retentionDays), so older orders can't be checked.`,
        ]),
    ...(due.length > 0 && !isApplying
      ? [`To apply the ${due.length} whose emails are due, as if their webhooks had come: ${apply}`]
      : []),
    ...(counts === ''
      ? []
      : [
          `These had no webhook either: ${counts}. Polar only tells how customers and subscriptions are now. ${isDryRun ? 'A run brings in their current state' : 'Their current state is here'}, but no workflow sees what happened in between.`,
        ]),
  ];
}

/** Whether the gap is closed, by what was looked at again, and what to do where it is not. `openGap`: one is still noted. */
export function proofLines(proof: Proof, options: string, openGap?: Gap): string[] {
  const { faults, undelivered, differing, refused, due } = proof;
  const rows = [
    ['endpoint', faults.length === 0 ? 'enabled and correct' : 'needs fixing'],
    ['events', undelivered.length === 0 ? 'none missing' : `${undelivered.length} never arrived`],
    ['audience', audienceText({ differing, refused })],
    ['lost orders', due === 0 ? 'none with emails due' : `${due} with emails due`],
  ];
  return [
    'Checked again:',
    ...columns(rows),
    '',
    ...faults,
    ...undeliveredLines(undelivered),
    ...refusalLines(proof.refusals),
    ...(isClosed(proof) && openGap ? leftLines(openGap, options) : endingLines(proof, options)),
  ];
}

function leftLines({ since }: Gap, options: string): string[] {
  return [
    `Nothing is missing in what this run compared, but the gap since ${seconds(since)} isn't closed yet.`,
    `  ${withOptions('npm run recover', options)}   without --since, looks at all of it`,
  ];
}

function audienceText({ differing, refused }: Pick<Proof, 'differing' | 'refused'>): string {
  const left = [
    differing > 0 && `${differing} ${differing === 1 ? 'customer differs' : 'customers differ'}`,
    refused > 0 && `${refused} couldn't be compared or repaired, see below`,
  ].filter(Boolean);
  return left.length === 0 ? 'matches Polar' : left.join(', ');
}

/** How a dry run ends: it proposes a run only where that would do something. */
export function rehearsalEnding(isLeft: boolean, options: string): string {
  return isLeft
    ? `Nothing was changed. To run it: ${withOptions('npm run recover', options)}`
    : 'Nothing to do: the gap is closed.';
}

/** The events that a run would ask Polar to deliver again. */
export function awaitedLines(events: readonly UndeliveredEvent[]): string[] {
  if (events.length === 0) return ['Polar has nothing to redeliver.'];
  return [
    'A run would ask Polar to redeliver these:',
    ...columns(
      events.map(({ id, type, createdAt, isLost }) => {
        const note = isLost
          ? 'Polar no longer has its payload: the backfill brings in what it said'
          : '';
        return ['', id, type, createdAt, note];
      }),
    ),
  ];
}

const factsText: Record<Undelivered['facts'], string> = {
  here: 'what it said about its customer is already here',
  unsure: "what it said may not be here: its customer differs, or couldn't be compared",
  stranger: "its customer isn't known here",
  untold: "Polar doesn't say whom it was about",
};
const mayStillCome = "Polar agreed to redeliver these, but they haven't arrived:";

/** The events that never arrived, by why. */
export function undeliveredLines(undelivered: readonly Undelivered[]): string[] {
  const whyOf = ({ refusal, answer = '' }: Undelivered) =>
    oneLine(refusal ?? `${mayStillCome} ${answer}`.trim());
  return [...Map.groupBy(undelivered, whyOf)].flatMap(([reason, events]) => [
    reason,
    ...columns(
      events.map(({ id, type, createdAt, facts, silenced }) => {
        const mails = silenced.length === 0 ? '' : `no email yet: ${silenced.join(', ')}`;
        return ['', id, type, createdAt, factsText[facts], mails];
      }),
    ),
    '',
  ]);
}

const mostNamed = 20;

/** Who couldn't be compared or repaired, by why. */
export function refusalLines(refusals: readonly Refusal[]): string[] {
  return refusals.flatMap(({ reason, count, customerIds }) => {
    const more = customerIds.length - mostNamed;
    return [
      `${count} couldn't be compared or repaired: ${oneLine(reason)}`,
      ...customerIds.slice(0, mostNamed).map((id) => `  ${oneLine(id)}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
      '',
    ];
  });
}

function endingLines(proof: Proof, options: string): string[] {
  if (isClosed(proof)) return ['The gap is closed.'];
  const { faults, undelivered, differing, refusals, due } = proof;
  const isRefused = undelivered.some(({ refusal }) => refusal !== undefined);
  const mayCome = undelivered.some(({ refusal }) => refusal === undefined);
  const acceptable = undelivered.filter((one) => one.refusal === undefined && losesNothing(one));
  return [
    "The gap isn't closed yet.",
    ...(faults.length > 0 ? [`  npm run connect -- --repair${options}`] : []),
    ...(mayCome
      ? [
          `  npm run deadletters -- list${options}   where an event that arrived may be`,
          `  ${withOptions('npm run recover', options)}   asks again for what hasn't arrived`,
          ...acceptable.map(
            ({ id }) =>
              `  npm run recover -- --accept ${oneLine(id)}${options}   closes it without this one. Nothing is lost; your name is recorded`,
          ),
        ]
      : []),
    ...(isRefused
      ? [
          `  npm run recover -- --accept listed${options}   closes it without the ones Polar refuses, which ${refusedText(undelivered)}; your name is recorded`,
        ]
      : []),
    ...(due > 0
      ? [
          `  npm run recover -- --apply-lost${options}   applies the lost orders whose emails are due`,
          `  npm run recover -- --accept <order id>${options}   closes it without the emails of one`,
        ]
      : []),
    ...(differing > 0 ? [`  npm run backfill -- --dry-run${options}   shows who differs`] : []),
    ...(refusals.length > 0
      ? [
          `  npm run recover -- --accept listed${options}   closes it without those who couldn't be compared or repaired; your name is recorded`,
        ]
      : []),
  ];
}

function refusedText(undelivered: readonly Undelivered[]): string {
  const refused = undelivered.filter(({ refusal }) => refusal !== undefined);
  const names = new Set(refused.flatMap(({ silenced }) => silenced));
  if (names.size > 0) return `leaves the emails of ${[...names].join(', ')} unsent`;
  return refused.every(losesNothing) ? 'loses nothing' : 'no workflow sees then';
}
