import { countsOf, sumOf, type Tally } from '#shared/audience/counts/counts.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import type { startConsole } from './console-at-work.ts';

type Desk = Pick<Awaited<ReturnType<typeof startConsole>>, 'post' | 'put' | 'item' | 'parts'>;

/** A number that is always the same for the same day. */
const drawn = (at: number, most: number) => (at * 7_919 + 104_729) % (most + 1);

const times = (count: number, ...tally: Tally): Tally[] =>
  Array.from({ length: count }, () => tally);

/** Some active workflows, by the names of ready-made ones. Gives their ids. */
export async function activeWorkflows({ post, put, item }: Desk, templates: readonly string[]) {
  const ids: string[] = [];
  for (const template of templates) {
    const { location } = await post('/console/workflows', { template });
    const workflowId = /workflows\/([a-z0-9-]+)\/edit/.exec(location ?? '')?.[1];
    if (workflowId === undefined) throw new Error(`Nothing was added: ${location}`);
    await put('Workflows', { ...(await item('Workflows', { workflowId })), status: 'active' });
    ids.push(workflowId);
  }
  return ids;
}

/** Ninety days of a shop, counted, and the newest events of its people, of whom each has a name that is hard to show. */
export async function busyDays({ parts, put }: Desk, now: Date, workflowIds: readonly string[]) {
  const { counts } = parts;
  const countedAt = now.toISOString();
  for (let ago = 0; ago < 90; ago++) {
    const at = new Date(now.getTime() - ago * 86_400_000);
    const day = at.toISOString().slice(0, 10);
    const of = countsOf(
      [
        ...times(30 + drawn(ago, 40), 'events', 'order.paid', 'applied'),
        ...times(20 + drawn(ago + 3, 60), 'events', 'subscription.active', 'unchanged'),
        ...times(drawn(ago, 7), 'events', 'customer.updated', 'skipped'),
        ...times(ago === 1 ? 6 : 0, 'events', 'order.paid', 'dead'),
        ...workflowIds.flatMap((id, nth) => [
          ...times(4 + drawn(ago + nth, 9), 'emails', id, 'delivered'),
          ...times(drawn(ago + nth, 9) > 7 ? 1 : 0, 'emails', id, 'bounced'),
          ...times(drawn(ago + nth, 5) > 3 ? 2 : 0, 'emails', id, 'blocked'),
        ]),
        ...times(drawn(ago, 3), 'runs', workflowIds.at(-1) ?? '', 'entered'),
      ],
      drawn(ago, 4),
    );
    await counts.putDay({ day, countedAt, hours: 24, isFinal: ago > 16, counts: of });
    if (ago === 0) {
      for (let hour = 0; hour <= now.getUTCHours(); hour++) {
        const name = `${day}T${String(hour).padStart(2, '0')}`;
        const share = { ...sumOf([of]), newContacts: drawn(hour, 2) };
        await counts.putHour({ hour: name, countedAt, counts: share });
      }
    }
    const total = 1_284 - ago * 2;
    await counts.putTotals({
      ...{ day, asOf: countedAt, total },
      ...{ mailable: total - 61 - drawn(ago, 5), unsubscribed: 41, bounced: 17, complained: 1 },
    });
  }
  const people = [
    ['order.paid', 'grace.hopper@example.com', 'applied'],
    ['subscription.canceled', '山田太郎@例え.jp', 'applied'],
    ['customer.created', '"><img src=x onerror=alert(1)>@example.com', 'applied'],
    ['subscription.past_due', `${'a.very.long.name.'.repeat(4)}@example.com`, 'unchanged'],
    ['order.paid', undefined, 'skipped'],
    ['customer.updated', 'ada@example.com', 'unchanged'],
  ] as const;
  for (const [nth, [type, email, outcome]] of people.entries()) {
    const webhookId = `latest-${nth}`;
    const receivedAt = new Date(now.getTime() - nth * 7 * 60_000).toISOString();
    await put('Events', {
      ...{
        webhookId,
        type,
        outcome,
        receivedAt,
        occurredAt: receivedAt,
        customerId: `customer-${nth}`,
      },
      ...(email !== undefined && { email, contactId: `contact-${nth}` }),
      dayShard: `${receivedAt.slice(0, 10)}#${shardOf(webhookId)}`,
    });
  }
}
