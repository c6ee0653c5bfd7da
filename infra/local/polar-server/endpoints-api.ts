import { type Answer, type Asked, invalid, notFound } from './answer.ts';
import { listPage } from './list-page.ts';
import {
  type Endpoint,
  newId,
  newWebhookSecret,
  type PolarState,
  type Token,
} from './polar-state.ts';

const changeable = ['url', 'name', 'format', 'api_version', 'events', 'enabled'] as const;

/** `/v1/webhooks/endpoints`. */
export function endpointsApi(state: PolarState, options: { loopbackUrls: boolean }) {
  return (asked: Asked, token: Token, id?: string, verb?: string): Answer => {
    const readable = state.endpoints.filter((endpoint) =>
      token.organizationIds.includes(endpoint.organization_id),
    );
    if (id === undefined) {
      if (asked.method === 'POST') return create(JSON.parse(asked.body), token);
      const wanted = asked.query.get('organization_id');
      const newestFirst = [...readable].reverse();
      return listPage(
        newestFirst.filter(({ organization_id }) => !wanted || organization_id === wanted),
        asked.query,
      );
    }
    const endpoint = readable.find((known) => known.id === id);
    if (!endpoint) return notFound;
    if (verb === 'secret') return reset(asked, endpoint);
    if (verb !== undefined) return notFound;
    switch (asked.method) {
      case 'GET':
        return { status: 200, body: endpoint };
      case 'PATCH':
        return update(endpoint, JSON.parse(asked.body));
      case 'DELETE':
        state.endpoints.splice(state.endpoints.indexOf(endpoint), 1);
        return { status: 204 };
      default:
        return notFound;
    }
  };

  function create(wish: Record<string, unknown>, token: Token): Answer {
    const named = wish['organization_id'];
    if (token.kind === 'organization' && named !== undefined) {
      return invalid(
        'organization_id',
        'Setting organization_id is disallowed when using an organization token.',
      );
    }
    const [only, ...more] = token.organizationIds;
    if (named === undefined && more.length > 0) {
      return invalid('organization_id', 'organization_id is required.');
    }
    const organization_id = String(named ?? only);
    if (!token.organizationIds.includes(organization_id)) {
      return invalid('organization_id', 'Organization not found.');
    }
    const problem = problemOf(wish);
    if (problem) return problem;
    const made: Endpoint = {
      id: newId(),
      created_at: state.timestamp(),
      modified_at: null,
      url: String(wish['url']),
      name: typeof wish['name'] === 'string' ? wish['name'] : null,
      format: String(wish['format']),
      api_version: String(wish['api_version'] ?? '2026-04'),
      secret: newWebhookSecret(),
      organization_id,
      events: wish['events'] as string[],
      enabled: true,
      uses_standard_webhook_signature: true,
    };
    state.endpoints.push(made);
    return { status: 201, body: made };
  }

  function update(endpoint: Endpoint, changes: Record<string, unknown>): Answer {
    const problem = problemOf({ ...endpoint, ...changes });
    if (problem) return problem;
    const known = changeable.filter((name) => changes[name] != null);
    Object.assign(endpoint, Object.fromEntries(known.map((name) => [name, changes[name]])));
    endpoint.modified_at = state.timestamp();
    return { status: 200, body: endpoint };
  }

  function reset(asked: Asked, endpoint: Endpoint): Answer {
    if (asked.method !== 'PATCH') return notFound;
    endpoint.secret = newWebhookSecret();
    endpoint.modified_at = state.timestamp();
    return { status: 200, body: endpoint };
  }

  function problemOf(wish: Record<string, unknown>): Answer | undefined {
    const url = URL.parse(String(wish['url'] ?? ''));
    const isLoopback = url !== null && /^(localhost|127\.)/.test(url.hostname);
    if (!url || (isLoopback ? !options.loopbackUrls : url.protocol !== 'https:')) {
      return invalid('url', "URL scheme should be 'https', and the host public");
    }
    if (!Array.isArray(wish['events'])) return invalid('events', 'Field required');
    if (!wish['events'].every((type) => polarEventTypes.includes(type))) {
      return invalid('events', 'Input should be one of the webhook event types');
    }
    return wish['format'] ? undefined : invalid('format', 'Field required');
  }
}

/** Every event that Polar knows. An endpoint can ask for these and no others. */
export const polarEventTypes: readonly string[] = [
  ...['benefit.created', 'benefit.updated'],
  ...['benefit_grant.created', 'benefit_grant.cycled', 'benefit_grant.revoked'],
  'benefit_grant.updated',
  ...['checkout.created', 'checkout.expired', 'checkout.updated'],
  ...['customer.created', 'customer.deleted', 'customer.state_changed', 'customer.updated'],
  ...['customer_seat.assigned', 'customer_seat.claimed', 'customer_seat.revoked'],
  ...['discount.created', 'discount.deleted', 'discount.updated'],
  ...['member.created', 'member.deleted', 'member.updated'],
  ...['order.created', 'order.paid', 'order.refunded', 'order.updated'],
  'organization.updated',
  ...['product.created', 'product.updated'],
  ...['refund.created', 'refund.updated'],
  ...['subscription.active', 'subscription.canceled', 'subscription.created'],
  ...['subscription.cycled', 'subscription.migrated', 'subscription.past_due'],
  ...['subscription.paused', 'subscription.resumed', 'subscription.revoked'],
  ...['subscription.uncanceled', 'subscription.updated'],
];
