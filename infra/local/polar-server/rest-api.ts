import {
  type Answer,
  type Asked,
  insufficientScope,
  invalid,
  invalidToken,
  notFound,
  notHere,
  notPermitted,
  unauthorized,
} from './answer.ts';
import { endpointsApi } from './endpoints-api.ts';
import { customerIdOf, type Faults, leftOut } from './faults.ts';
import { listPage, type Sorting, sorted } from './list-page.ts';
import { organizationsApi, type Record } from './organizations-api.ts';
import {
  type Delivery,
  organizationOf,
  type PolarState,
  type Row,
  type Token,
} from './polar-state.ts';

type RestOptions = {
  /** Refused: the person is neither owner nor admin. */
  role: 'admin' | 'member';
  /** Polar itself takes public https addresses only. */
  loopbackUrls: boolean;
  redeliver: (eventId: string) => void;
  record: Record;
};

/** Polar's REST API, version 2026-10, as far as it is used here. */
export function restApi(state: PolarState, faults: Faults, options: RestOptions) {
  const endpoints = endpointsApi(state, options);
  const organizations = organizationsApi(state, options);

  return (asked: Asked): Answer => {
    const given = bearer(asked);
    if (given === '') return unauthorized;
    const token = state.tokens.get(given);
    if (!token || token.expiresAtMs <= state.now().getTime()) return invalidToken;
    const [, , resource = '', ...rest] = asked.path.replace(/\/$/, '').split('/');
    const needed = neededScopes(asked, resource);
    if (!needed.some((scope) => token.scopes.includes(scope))) {
      return insufficientScope(needed[0] ?? '');
    }
    const [id, ...further] = rest;
    const named = resource === 'webhooks' ? rest[1] : id;
    if (named !== undefined && !isUuid(named)) {
      return invalid('id', 'Input should be a valid UUID', 'path');
    }
    if (resource === 'webhooks') return webhooks(asked, token, rest);
    if (further.length > 0) return notFound;
    if (resource === 'organizations') return organizations(asked, token, id);
    return isRows(resource) && asked.method === 'GET'
      ? rowsOf(resource, asked.query, token, id)
      : notFound;
  };

  function rowsOf(resource: Rows, query: URLSearchParams, token: Token, id?: string): Answer {
    const isReadable = (row: Row) => token.organizationIds.includes(organizationOf(row, state));
    const own = state[resource].filter(isReadable);
    const hidden = leftOut(state.customers.filter(isReadable), faults);
    if (id !== undefined) {
      const found = own.find((known) => known.id === id);
      const isHidden = found && faults.hideLeftOut && hidden.has(customerIdOf(found));
      return found && !isHidden ? { status: 200, body: found } : notFound;
    }
    const { filters, sorting }: List = lists[resource];
    const unknown = firstUnknown(query, [...filters, 'sorting']);
    if (unknown !== undefined) return notHere(`${unknown} of ${resource}`);
    const wanted = filters.flatMap((name) => {
      const values = query.getAll(name);
      return values.length === 0 ? [] : [(row: Row) => values.includes(filteredBy(name, row))];
    });
    const listed = own.filter(
      (row) => !hidden.has(customerIdOf(row)) && wanted.every((isWanted) => isWanted(row)),
    );
    const inOrder = sorted(listed, query, sorting);
    return 'status' in inOrder ? inOrder : listPage(inOrder, query);
  }

  /** An order or a subscription is of the organization that its customer is of. */
  function filteredBy(filter: string, row: Row): string {
    return filter === 'organization_id' ? organizationOf(row, state) : String(row[filter]);
  }

  function webhooks(asked: Asked, token: Token, [kind, id, verb]: readonly string[]): Answer {
    if (options.role === 'member') return notPermitted;
    if (kind === 'endpoints') return endpoints(asked, token, id, verb);
    if (kind === 'deliveries' && asked.method === 'GET') return deliveries(asked.query, token);
    if (kind === 'events' && id && verb === 'redeliver' && asked.method === 'POST') {
      const event = state.events.find((known) => known.id === id);
      if (!event) return notFound;
      options.redeliver(id);
      return { status: 202, body: null };
    }
    return notFound;
  }

  function deliveries(query: URLSearchParams, token: Token): Answer {
    const unknown = firstUnknown(query, deliveryFilters);
    if (unknown !== undefined) return notHere(`${unknown} of deliveries`);
    const endpointId = query.get('endpoint_id');
    const [since, until] = [query.get('start_timestamp'), query.get('end_timestamp')];
    const succeeded = query.get('succeeded');
    const text = query.get('query')?.toLowerCase();
    const readable = new Set(
      state.endpoints
        .filter(({ organization_id }) => token.organizationIds.includes(organization_id))
        .map(({ id }) => id),
    );
    const found = state.deliveries.filter(
      (delivery) =>
        readable.has(delivery.endpointId) &&
        (endpointId === null || delivery.endpointId === endpointId) &&
        (since === null || microseconds(delivery.created_at) > microseconds(since)) &&
        (until === null || microseconds(delivery.created_at) < microseconds(until)) &&
        (succeeded === null || delivery.succeeded === (succeeded === 'true')) &&
        (!text || delivery.id.includes(text) || delivery.event.id.includes(text)),
    );
    const newestFirst = found.sort((one, other) => (one.created_at < other.created_at ? 1 : -1));
    const page = listPage(newestFirst, query);
    return { ...page, body: shown(page.body) };
  }
}

type List = Readonly<{
  /** Of the filters that Polar has, those that are known here. */
  filters: readonly string[];
  sorting: Sorting;
}>;

const lists = {
  customers: {
    filters: ['organization_id', 'email'],
    sorting: { by: ['created_at', 'email', 'name'], usual: '-created_at' },
  },
  subscriptions: {
    filters: ['organization_id', 'product_id', 'customer_id', 'status', 'cancel_at_period_end'],
    sorting: {
      by: [
        ...['customer', 'status', 'started_at', 'current_period_end', 'ended_at', 'ends_at'],
        ...['amount', 'product', 'discount'],
      ],
      usual: '-started_at',
    },
  },
  orders: {
    filters: ['organization_id', 'product_id', 'customer_id', 'subscription_id', 'status'],
    sorting: {
      by: [
        ...['created_at', 'status', 'invoice_number', 'amount', 'net_amount', 'customer'],
        ...['product', 'discount', 'subscription'],
      ],
      usual: '-created_at',
    },
  },
  products: {
    filters: ['organization_id', 'is_archived', 'is_recurring', 'visibility'],
    sorting: {
      by: ['created_at', 'name', 'price_amount_type', 'price_amount'],
      usual: '-created_at',
    },
  },
  payments: {
    filters: ['organization_id', 'order_id', 'status', 'method'],
    sorting: { by: ['created_at', 'status', 'amount', 'method'], usual: '-created_at' },
  },
} as const satisfies { readonly [name: string]: List };

type Rows = keyof typeof lists;

const deliveryFilters = ['endpoint_id', 'start_timestamp', 'end_timestamp', 'succeeded', 'query'];

/** The first parameter of a query that is not known here. */
function firstUnknown(query: URLSearchParams, known: readonly string[]): string | undefined {
  return [...query.keys()].find((name) => !['page', 'limit', ...known].includes(name));
}

function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}

function isRows(name: string): name is Rows {
  return Object.hasOwn(lists, name);
}

function neededScopes(asked: Asked, resource: string): string[] {
  if (resource === 'webhooks') return webhooksScopes(asked);
  return [`${resource}:${asked.method === 'GET' ? 'read' : 'write'}`];
}

function webhooksScopes({ method, path }: Asked): string[] {
  const isRead = method === 'GET' && path.startsWith('/v1/webhooks/');
  return isRead ? ['webhooks:read', 'webhooks:write'] : ['webhooks:write'];
}

function shown(body: unknown): unknown {
  const { items, pagination } = body as { items: Delivery[]; pagination: unknown };
  return {
    pagination,
    items: items.map(({ id, created_at, event, succeeded, httpCode, response }) => ({
      id,
      created_at,
      modified_at: null,
      succeeded,
      http_code: httpCode,
      response,
      webhook_event: {
        id: event.id,
        created_at: event.created_at,
        modified_at: null,
        last_http_code: event.lastHttpCode,
        succeeded: event.succeeded,
        skipped: event.skipped,
        api_version: '2026-10',
        payload: event.isArchived ? null : event.payload,
        type: event.type,
        is_archived: event.isArchived,
      },
    })),
  };
}

function bearer({ headers }: Asked): string {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Times compare by their value: some have three digits, some six. */
function microseconds(text: string): number {
  const digits = /\.(\d+)/.exec(text)?.[1] ?? '';
  return Math.floor(Date.parse(text) / 1_000) * 1e6 + Number(digits.padEnd(6, '0').slice(0, 6));
}
