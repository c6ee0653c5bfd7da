import * as z from 'zod/mini';
import type { EventProperties } from './event-properties.ts';
import {
  customerEventTypes,
  isOfOrder,
  purchaseEventTypes,
  type SupportedEventType,
} from './event-types.ts';
import { instant } from './instant.ts';
import { orderProperties, subscriptionProperties } from './purchase-properties.ts';
import { type PolarSubscription, polarSubscription } from './subscription-facts.ts';

/** What Polar said of a customer in one event. `version` orders what it said: `modified_at`, else `created_at`. */
export type PolarCustomer = Readonly<{
  id: string;
  version: string;
  /** The organization that it is a customer of. */
  organizationId?: string;
  email?: string;
  name?: string;
  externalId?: string;
  deletedAt?: string;
  anonymised: boolean;
}>;

export type PolarEvent = Readonly<{
  type: SupportedEventType;
  occurredAt: string;
  customer: PolarCustomer;
  /** The customer, order or subscription that the event is about, in the version that it tells of. */
  object: Readonly<{ id: string; version: string }>;
  /** The subscription that it is about, or that its order belongs to. */
  subscription?: PolarSubscription;
  properties: EventProperties;
}>;

type ParsedEvent = { kind: 'event'; event: PolarEvent } | { kind: 'unreadable'; reason: string };

const time = z.pipe(
  z.string(),
  z.transform((text, context) => {
    const normalised = instant(text);
    if (normalised !== undefined) return normalised;
    context.issues.push({ code: 'custom', message: 'is not an ISO 8601 time', input: '' });
    return z.NEVER;
  }),
);

/** An id of Polar, a UUID; the pattern keeps out what could not be a key, such as `__proto__`. */
const key = z.string().check(z.regex(/^[A-Za-z0-9][\w-]{0,255}$/));

/** Longer ones are not taken over: they would not fit into an item beside the rest. */
const longestExternalId = 4_096;

const customerSchema = z.object({
  id: key,
  created_at: time,
  modified_at: z.nullish(time),
  email: z.nullish(z.string()),
  name: z.nullish(z.string()),
  external_id: z.nullish(z.string()),
  deleted_at: z.nullish(time),
  organization_id: z.catch(z.nullish(key), null),
  locale: z.catch(
    z.nullish(z.string().check(z.regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/))),
    null,
  ),
  billing_address: z.catch(
    z.nullish(z.object({ country: z.string().check(z.regex(/^[A-Z]{2}$/)) })),
    null,
  ),
  metadata: z.catch(z.optional(z.object({ __anonymized_at: z.optional(z.unknown()) })), undefined),
});

const webhookSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(customerEventTypes), timestamp: time, data: customerSchema }),
  z.object({
    type: z.enum(purchaseEventTypes),
    timestamp: time,
    data: z.looseObject({
      customer: customerSchema,
      id: z.catch(z.optional(key), undefined),
      created_at: z.catch(z.nullish(time), undefined),
      modified_at: z.catch(z.nullish(time), undefined),
    }),
  }),
]);

/**
 * Reads one webhook body of a supported type. Unknown keys and values are tolerated; only what decides on the
 * audience (type, timestamp, the customer) must be right. A reason names fields and never quotes their content.
 */
export function polarEvent(body: string): ParsedEvent {
  const content = json(body);
  if (content === undefined) return { kind: 'unreadable', reason: 'The body is not JSON.' };
  const parsed = webhookSchema.safeParse(content);
  if (!parsed.success) return { kind: 'unreadable', reason: reasonOf(parsed.error.issues) };
  const { type, timestamp, data } = parsed.data;
  const wire = 'customer' in data ? data.customer : data;
  const customer = polarCustomer(wire);
  const subscription = subscriptionOf(type, timestamp, data);
  return {
    kind: 'event',
    event: {
      type,
      occurredAt: timestamp,
      customer,
      object: {
        id: data.id ?? customer.id,
        version: data.modified_at ?? data.created_at ?? timestamp,
      },
      ...(subscription && { subscription }),
      properties: {
        customerId: customer.id,
        ...personalProperties(wire, customer),
        ...ownProperties(type, data),
      },
    },
  };
}

function personalProperties(
  { billing_address, locale }: z.infer<typeof customerSchema>,
  { externalId, anonymised }: PolarCustomer,
): EventProperties {
  return {
    ...(externalId !== undefined && { externalId }),
    ...(billing_address && !anonymised && { country: billing_address.country }),
    ...(locale && !anonymised && { locale }),
  };
}

function ownProperties(type: SupportedEventType, data: object): EventProperties {
  if (type.startsWith('customer.')) return {};
  return isOfOrder(type) ? orderProperties(data) : subscriptionProperties(data);
}

function subscriptionOf(type: SupportedEventType, timestamp: string, data: object) {
  if (type.startsWith('subscription.')) return polarSubscription(data, timestamp);
  return 'subscription' in data ? polarSubscription(data.subscription) : undefined;
}

type Issue = NonNullable<ReturnType<typeof webhookSchema.safeParse>['error']>['issues'][number];

/** `undefined` where the body is not JSON. The parser's own error would quote the body. */
function json(body: string): unknown {
  try {
    return JSON.parse(body.charCodeAt(0) === 0xfeff ? body.slice(1) : body);
  } catch {
    return undefined;
  }
}

function polarCustomer(wire: z.infer<typeof customerSchema>): PolarCustomer {
  const email = wire.email?.toWellFormed().trim();
  const externalId = wire.external_id?.toWellFormed();
  const anonymousAddress = email !== undefined && /@anonymized\.(polar\.sh|invalid)$/i.test(email);
  const isDeleted = typeof wire.deleted_at === 'string';
  return {
    id: wire.id,
    version: wire.modified_at ?? wire.created_at,
    ...(wire.organization_id && { organizationId: wire.organization_id }),
    ...(email && !anonymousAddress && { email }),
    ...(wire.name && { name: wire.name.toWellFormed() }),
    ...(externalId && externalId.length <= longestExternalId && { externalId }),
    ...(wire.deleted_at && { deletedAt: wire.deleted_at }),
    anonymised: anonymousAddress || (isDeleted && wire.metadata?.__anonymized_at !== undefined),
  };
}

function reasonOf(all: readonly Issue[]): string {
  const issues = all.slice(0, 3).map((issue) => `${issue.path.join('.')} ${problemOf(issue)}`);
  return `The payload cannot be read: ${issues.join('; ')}.`;
}

function problemOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be of type ${issue.expected}`;
    case 'invalid_value':
      return 'is not one of the supported values';
    case 'too_small':
      return 'is too short';
    case 'too_big':
      return 'is too long';
    case 'invalid_format':
      return 'is not an id';
    default:
      return issue.message;
  }
}
