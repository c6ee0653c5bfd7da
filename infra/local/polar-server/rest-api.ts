import {
  type Answer,
  type Asked,
  insufficientScope,
  invalid,
  invalidToken,
  notFound,
  notPermitted,
} from './answer.ts';
import { endpointsApi } from './endpoints-api.ts';
import { customerIdOf, type Faults, leftOut } from './faults.ts';
import { listPage } from './list-page.ts';
import { organizationsApi, type Record } from './organizations-api.ts';
import {
  type Delivery,
  organizationOf,
  type PolarState,
  type Row,
  type Token,
} from './polar-state.ts';

export type RestOptions = {
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
    const token = state.tokens.get(bearer(asked));
    if (!token || token.expiresAtMs <= state.now().getTime()) return invalidToken;
    const [, , resource = '', ...rest] = asked.path.replace(/\/$/, '').split('/');
    const needed = neededScopes(asked, resource);
    if (!needed.some((scope) => token.scopes.includes(scope))) {
      return insufficientScope(needed[0] ?? '');
    }
    const [id, ...further] = rest;
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
    const sortedBy = sortedAs[resource];
    const sorting = query.get('sorting');
    if (sorting !== null && sorting !== sortedBy) return invalid('sorting', 'Unknown sorting.');
    const wanted = filters.flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [(row: Row) => String(row[name]) === value];
    });
    const listed = own.filter(
      (row) => !hidden.has(customerIdOf(row)) && wanted.every((isWanted) => isWanted(row)),
    );
    // Polar's own order, where none is asked for, is from new to old.
    const oldestFirst = listed.sort(byTime(sortedBy));
    return listPage(sorting === null ? oldestFirst.reverse() : oldestFirst, query);
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

const sortedAs = {
  customers: 'created_at',
  subscriptions: 'started_at',
  orders: 'created_at',
  products: 'created_at',
  payments: 'created_at',
} as const;

type Rows = keyof typeof sortedAs;

const filters = ['organization_id', 'customer_id', 'subscription_id', 'order_id', 'status'];

function isRows(name: string): name is Rows {
  return name in sortedAs;
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

function byTime(name: string) {
  const timeOf = (row: Row) => String(row[name] ?? '9999');
  return (one: Row, other: Row) => (timeOf(one) < timeOf(other) ? -1 : 1);
}

/** Times compare by their value: some have three digits, some six. */
function microseconds(text: string): number {
  const digits = /\.(\d+)/.exec(text)?.[1] ?? '';
  return Math.floor(Date.parse(text) / 1_000) * 1e6 + Number(digits.padEnd(6, '0').slice(0, 6));
}
