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
import { listPage } from './list-page.ts';
import type { Delivery, PolarState, Row, Token } from './polar-state.ts';

export type RestOptions = {
  /** Refused: the person is neither owner nor admin. */
  role: 'admin' | 'member';
  /** Polar itself takes public https addresses only. */
  loopbackUrls: boolean;
  redeliver: (eventId: string) => void;
};

/** Polar's REST API, version 2026-10, as far as it is used here. */
export function restApi(state: PolarState, options: RestOptions) {
  const endpoints = endpointsApi(state, options);
  const rows = { customers: 'created_at', subscriptions: 'started_at', orders: 'created_at' };

  return (asked: Asked): Answer => {
    const token = state.tokens.get(bearer(asked));
    if (!token || token.expiresAtMs <= state.now().getTime()) return invalidToken;
    const [, , resource = '', ...rest] = asked.path.replace(/\/$/, '').split('/');
    const needed = resource === 'webhooks' ? webhooksScopes(asked) : [`${resource}:read`];
    if (!needed.some((scope) => token.scopes.includes(scope))) {
      return insufficientScope(needed[0] ?? '');
    }
    if (resource === 'webhooks') return webhooks(asked, token, rest);
    const [id] = rest;
    if (asked.method === 'GET' && resource === 'customers' && id !== undefined) {
      const customer = state.customers.find((known) => known.id === id);
      return customer ? { status: 200, body: customer } : notFound;
    }
    if (asked.method !== 'GET' || id !== undefined) return notFound;
    if (resource === 'organizations') return listPage(ofToken(token), asked.query);
    const sortedBy = Object.entries(rows).find(([name]) => name === resource)?.[1];
    if (!sortedBy || !isRows(resource)) return notFound;
    const sorting = asked.query.get('sorting');
    if (sorting !== null && sorting !== sortedBy) return invalid('sorting', 'Unknown sorting.');
    // Polar's own order, where none is asked for, is from new to old.
    const oldestFirst = [...state[resource]].sort(byTime(sortedBy));
    return listPage(sorting === null ? oldestFirst.reverse() : oldestFirst, asked.query);
  };

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

  function ofToken({ organizationIds }: Token) {
    return state.organizations
      .filter(({ id }) => organizationIds.includes(id))
      .map((organization) => ({ created_at: '2026-01-01T00:00:00Z', ...organization }));
  }
}

function isRows(name: string): name is 'customers' | 'subscriptions' | 'orders' {
  return name === 'customers' || name === 'subscriptions' || name === 'orders';
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
