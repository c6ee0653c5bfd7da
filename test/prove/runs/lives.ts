import { readdirSync, readFileSync } from 'node:fs';
import { isSupportedEventType } from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import type { Sub, Told } from './model.ts';

const folder = new URL('../../fixtures/lives/', import.meta.url);
const files = readdirSync(folder).filter((file) => file !== 'index.json');
const texts = files.map((file) => readFileSync(new URL(file, folder), 'utf8'));

type Data = Record<string, unknown>;
type Webhook = { type: string; timestamp: string; data: Data };

/** What Polar tells of a life at one time, and what it means. */
export type LifeEvent = Readonly<{ at: number; type: string; body: string; told: Told }>;

/** One of the kept lives of a subscription, as if it had begun at this time, of somebody of that name. */
export function lifeOf(
  random: () => number,
  name: string,
  begin: number,
): { person: Person; events: LifeEvent[] } {
  const text = texts[Math.floor(random() * texts.length)] ?? '';
  const times = [...text.matchAll(/"at":\s*"([^"]+)"/g)].map(([, at = '']) => Date.parse(at));
  const shift = begin - Math.min(...times);
  const email = `${name}@example.com`;
  const own = text
    .replace(/\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})(\d{3})Z/g, (_, time, ms, micros) => {
      const at = new Date(Date.parse(`${time}.${ms}Z`) + shift);
      return `${at.toISOString().slice(0, -1)}${micros}Z`;
    })
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => uuidOf(`${name} ${id}`));
  const steps: { at: string; event: Webhook }[] = JSON.parse(own);
  const customerOf = ({ type, data }: Webhook) =>
    (type.startsWith('customer.') ? data : data['customer']) as Data;
  const events = steps.flatMap(({ at, event }) => {
    if (!isSupportedEventType(event.type)) return [];
    const customer = customerOf(event);
    if (!isAnonymised(customer)) customer['email'] = email;
    const told = toldOf(event, customer);
    return [{ at: Date.parse(at), type: event.type, body: JSON.stringify(event), told }];
  });
  const customerId = events[0]?.told.customerId ?? '';
  return { person: { customerId, email, name, externalId: null, isNew: true }, events };
}

/** Read from Polar's payload, apart from the code. */
function toldOf({ type, timestamp, data }: Webhook, customer: Data): Told {
  const isOwn = type.startsWith('subscription.');
  const state = (isOwn ? data : data['subscription']) as Data | null | undefined;
  return {
    ...{ type, customerId: String(customer['id']), objectId: String(data['id']) },
    version: String(data['modified_at'] ?? data['created_at']),
    occurredAt: Date.parse(timestamp),
    bringsNothing: Boolean(customer['deleted_at']) && type !== 'customer.deleted',
    erases: type === 'customer.deleted' && isAnonymised(customer),
    ...(state && { subscription: subOf(state, isOwn ? microseconds(timestamp) : 0) }),
  };
}

function isAnonymised({ email }: Data): boolean {
  return String(email).endsWith('@anonymized.polar.sh');
}

function subOf(state: Data, toldAt = 0): Sub {
  const milliseconds = (name: string) =>
    typeof state[name] === 'string' ? Date.parse(state[name]) : undefined;
  return {
    ...{ id: String(state['id']), toldAt, status: String(state['status']) },
    modifiedAt: microseconds(state['modified_at'] ?? state['created_at']) ?? 0,
    cancelAtPeriodEnd: state['cancel_at_period_end'] === true,
    canceledAt: microseconds(state['canceled_at']),
    pastDueAt: microseconds(state['past_due_at']),
    endedAt: microseconds(state['ended_at']),
    pausedAt: microseconds(state['paused_at']),
    trialEnd: milliseconds('trial_end'),
    periodEnd: milliseconds('current_period_end'),
    productId: String(state['product_id']),
  };
}

function microseconds(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  return Date.parse(text) * 1_000 + Number(text.slice(-4, -1));
}
