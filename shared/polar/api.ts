import * as z from 'zod/mini';
import { plainText } from '#shared/safe-text.ts';
import { type Listed, type PolarPage, type PolarPosition, pageSize, polarPages } from './pages.ts';
import {
  type PolarAccessOptions,
  type PolarCall,
  polarRequest,
  readAnswer,
  unreadableAnswer,
} from './request.ts';

/** Is shown to people, in sentences and on terminals. */
const shownText = z.pipe(
  z.string(),
  z.transform((text) => plainText(text)),
);

const organizationSchema = z.object({ id: z.string(), name: shownText, slug: shownText });
export type PolarOrganization = z.infer<typeof organizationSchema>;

const emailSettingsSchema = z.object({
  customer_email_settings: z.catch(z.optional(z.record(z.string(), z.unknown())), undefined),
});
/** The switches of Polar's own mails to customers as it gives them, with those that we do not know. */
export type PolarEmailSettings = Readonly<Record<string, unknown>>;

const endpointSchema = z.object({
  id: z.string(),
  url: z.string(),
  name: z.nullish(z.string()),
  format: z.string(),
  api_version: z.nullish(z.string()),
  secret: z.string().check(z.minLength(1)),
  organization_id: z.string(),
  events: z.array(z.string()),
  enabled: z.boolean(),
});
/** A webhook endpoint in Polar, with its secret in clear. */
export type PolarEndpoint = z.infer<typeof endpointSchema>;

const deliverySchema = z.object({
  id: z.string(),
  created_at: z.string(),
  succeeded: z.boolean(),
  http_code: z.nullish(z.number()),
  /** The beginning of our answer. */
  response: z.catch(z.nullish(z.string()), undefined),
  webhook_event: z.object({
    id: z.string(),
    created_at: z.string(),
    type: z.string(),
    /** `null` while Polar is still trying. */
    succeeded: z.nullish(z.boolean()),
    /** The endpoint was disabled while Polar was still trying: it doesn't go on by itself. */
    skipped: z.catch(z.optional(z.boolean()), undefined),
    is_archived: z.catch(z.optional(z.boolean()), undefined),
    /** Personal data: not to be kept or shown. */
    payload: z.catch(z.nullish(z.string()), undefined),
  }),
});
/** One attempt to deliver one event. */
export type PolarDelivery = z.infer<typeof deliverySchema>;

/** Whether Polar doesn't try again by itself, and has seen no success. */
export function isGivenUp({ succeeded, skipped }: PolarDelivery['webhook_event']): boolean {
  return succeeded === false || (succeeded !== true && skipped === true);
}

const rowSchema = z.looseObject({ id: z.string() });
/** A customer, subscription or order as Polar gives it, for `polar-event.ts` to read. */
export type PolarRow = z.infer<typeof rowSchema>;

const ownedSchema = z.object({ customer_id: z.string() });

export type EndpointFields = Readonly<{
  url: string;
  name: string;
  format: 'raw';
  api_version: string;
  events: readonly string[];
}>;

export type DeliveriesWanted = Readonly<{
  endpointId: string;
  /** Only those of this event. */
  eventId?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  succeeded?: boolean | undefined;
  page?: number | undefined;
  limit?: number | undefined;
}>;

export type PolarApi = ReturnType<typeof polarApi>;

const webhooks = 'webhooks:write';
/** Asked for only by who wants Polar's own mails switched. */
export const organizationsWrite = 'organizations:write';
/** Of a list that is read as a whole. */
const mostPages = 50;

/**
 * Polar's REST API, as far as it is needed. Unknown keys are tolerated. Every verb throws a `PolarApiError` whose
 * message is a sentence for people.
 */
export function polarApi(options: PolarAccessOptions) {
  const send = polarRequest(options);

  const endpointOf = async (call: PolarCall) => readAnswer(endpointSchema, await send(call), call);
  const emailSettingsOf = async (call: PolarCall) =>
    readAnswer(emailSettingsSchema, await send(call), call).customer_email_settings ?? {};
  const get = (call: Pick<PolarCall, 'path' | 'query' | 'doing' | 'scope'>) =>
    ({ method: 'GET', repeatable: true, ...call }) as const;

  async function list<T>(schema: z.ZodMiniType<T>, call: PolarCall): Promise<Listed<T>> {
    const page = z.object({
      items: z.array(schema),
      // They are kept, by imports and backfills, and read again as whole numbers.
      pagination: z.object({ total_count: z.int(), max_page: z.int() }),
    });
    const { items, pagination } = readAnswer(page, await send(call), call);
    const listed = { items, totalCount: pagination.total_count, maxPage: pagination.max_page };
    // Without this, a count that is wrong would be followed for ever.
    const isEmpty = items.length === 0 && Number(call.query?.['page'] ?? 1) < listed.maxPage;
    if (isEmpty) throw unreadableAnswer(call, 'a page without items that is not the last');
    return listed;
  }

  async function all<T>(schema: z.ZodMiniType<T>, call: PolarCall): Promise<T[]> {
    const found: T[] = [];
    for (let page = 1; page <= mostPages; page += 1) {
      const query = { ...call.query, page, limit: pageSize };
      const { items, maxPage } = await list(schema, { ...call, query });
      found.push(...items);
      if (page >= maxPage) return found;
    }
    throw unreadableAnswer(call, `more than ${mostPages} pages`);
  }

  const rows =
    (what: string, sorting: string) =>
    (from?: PolarPosition): Rows =>
      polarPages((page) => {
        const path = `/v1/${what}/`;
        const query = { page, limit: pageSize, sorting };
        return list(
          rowSchema,
          get({ path, query, doing: `list the ${what}`, scope: `${what}:read` }),
        );
      }, from);

  return {
    organizations: () =>
      all(
        organizationSchema,
        get({
          path: '/v1/organizations/',
          doing: 'list the organizations',
          scope: 'organizations:read',
        }),
      ),

    /** Which mails Polar itself sends to the customers of an organization. Empty where it does not say. */
    emailSettings: (organizationId: string): Promise<PolarEmailSettings> =>
      emailSettingsOf(
        get({
          path: organizationPath(organizationId),
          doing: 'show the organization',
          scope: 'organizations:read',
        }),
      ),

    /** Replaces all switches: what is left out, Polar refuses. */
    changeEmailSettings: (
      organizationId: string,
      settings: PolarEmailSettings,
    ): Promise<PolarEmailSettings> =>
      emailSettingsOf({
        method: 'PATCH',
        path: organizationPath(organizationId),
        body: { customer_email_settings: settings },
        doing: 'change which mails it sends to customers',
        scope: organizationsWrite,
        whereGiven:
          'On the console\'s page Polar, under "One moment, one email", sign in again with this scope, or connect with an access token that has it.',
        repeatable: true,
      }),

    /** Newest first. */
    endpoints: (organizationId?: string) =>
      all(
        endpointSchema,
        get({
          path: '/v1/webhooks/endpoints',
          query: { organization_id: organizationId },
          doing: 'list the webhook endpoints',
          scope: webhooks,
        }),
      ),

    endpoint: (id: string) =>
      endpointOf(
        get({ path: endpointPath(id), doing: 'show the webhook endpoint', scope: webhooks }),
      ),

    /** Never tried again by itself: Polar would make a second endpoint. `organizationId`: with OAuth only. */
    createEndpoint: (fields: EndpointFields, organizationId?: string) =>
      endpointOf({
        method: 'POST',
        path: '/v1/webhooks/endpoints',
        body: { ...fields, ...(organizationId && { organization_id: organizationId }) },
        doing: 'create the webhook endpoint',
        scope: webhooks,
        repeatable: false,
      }),

    updateEndpoint: (id: string, changes: Partial<EndpointFields & { enabled: boolean }>) =>
      endpointOf({
        method: 'PATCH',
        path: endpointPath(id),
        body: changes,
        doing: 'change the webhook endpoint',
        scope: webhooks,
        repeatable: true,
      }),

    removeEndpoint: async (id: string): Promise<void> => {
      const doing = 'remove the webhook endpoint';
      const call = { method: 'DELETE', path: endpointPath(id), doing, scope: webhooks } as const;
      await send({ ...call, repeatable: true });
    },

    /** From then on Polar signs with the new secret alone. Never tried again by itself: read the endpoint instead. */
    resetSecret: (id: string) =>
      endpointOf({
        method: 'PATCH',
        path: `${endpointPath(id)}/secret`,
        doing: 'reset the secret of the webhook endpoint',
        scope: webhooks,
        repeatable: false,
      }),

    /** Newest first. */
    deliveries: ({ endpointId, eventId, since, until, ...wanted }: DeliveriesWanted) =>
      list(
        deliverySchema,
        get({
          path: '/v1/webhooks/deliveries',
          query: {
            endpoint_id: endpointId,
            query: eventId,
            start_timestamp: since,
            end_timestamp: until,
            succeeded: wanted.succeeded,
            page: wanted.page ?? 1,
            limit: wanted.limit ?? pageSize,
          },
          doing: 'list the webhook deliveries',
          scope: webhooks,
        }),
      ),

    /** Asks Polar to deliver an event once more, which it does soon after. */
    redeliver: async (eventId: string): Promise<void> => {
      await send({
        method: 'POST',
        path: `/v1/webhooks/events/${encodeURIComponent(eventId)}/redeliver`,
        doing: 'deliver an event again',
        scope: webhooks,
        repeatable: true,
      });
    },

    /** Throws `PolarMissing` where Polar has no such customer (any more). */
    customer: async (id: string): Promise<PolarRow> => {
      const path = `/v1/customers/${encodeURIComponent(id)}`;
      const call = get({ path, doing: 'show the customer', scope: 'customers:read' });
      return readAnswer(rowSchema, await send(call), call);
    },

    /** The id of the customer whose subscription or order it is. Throws `PolarMissing` where Polar has no such one. */
    customerIdOf: async (what: 'subscriptions' | 'orders', id: string): Promise<string> => {
      const path = `/v1/${what}/${encodeURIComponent(id)}`;
      const call = get({ path, doing: `show one of the ${what}`, scope: `${what}:read` });
      return readAnswer(ownedSchema, await send(call), call).customer_id;
    },

    customers: rows('customers', 'created_at'),
    subscriptions: rows('subscriptions', 'started_at'),
    orders: rows('orders', 'created_at'),
  };
}

type Rows = AsyncGenerator<PolarPage<PolarRow>, void, undefined>;

function organizationPath(id: string): string {
  return `/v1/organizations/${encodeURIComponent(id)}`;
}

function endpointPath(id: string): string {
  return `/v1/webhooks/endpoints/${encodeURIComponent(id)}`;
}
