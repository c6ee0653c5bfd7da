import { html } from 'hono/html';
import type { Answer, Asked } from '../answer.ts';
import { mailSettings } from '../customer-mails.ts';
import type { Faults } from '../faults.ts';
import { organizationRow, type Record } from '../organizations-api.ts';
import { newWebhookSecret, type Organization, type PolarState } from '../polar-state.ts';
import { NotPossible } from '../shop/known-rows.ts';
import type { Shop } from '../shop/shop.ts';
import { customerPage, customersPage, type SubscriptionAct } from './customer-pages.ts';
import {
  barePage,
  deskPage,
  type Flash,
  type Html,
  type Section,
  sections,
  seeOther,
  styleAnswer,
  stylePath,
} from './page.ts';
import { portalAnswer } from './portal-page.ts';
import { accessPage, emailsPage, faultsPage } from './settings-pages.ts';
import { eventPage, webhooksPage } from './webhook-pages.ts';

type DeskParts = Readonly<{
  state: PolarState;
  faults: Faults;
  shop: Shop;
  redeliver: (eventId: string) => Promise<void>;
  skipWaits: () => Promise<void>;
  newToken: (organization: Organization) => string;
  revokeAll: () => void;
  record: Record;
}>;

/** What a form did: a sentence, and where to go on if not where it came from. */
type Done = Readonly<{ text: string; to?: string; secret?: string }>;

/** The pages of this Polar for the person at this machine. Gives undefined for a path that is not theirs. */
export function desk(parts: DeskParts) {
  const { state, faults, shop } = parts;
  let flash: Flash | undefined;

  function page(organization: Organization, section: Section, title: string, body: Html): Answer {
    const shown = flash;
    flash = undefined;
    const { organizations } = state;
    const frame = { title, section, organization, organizations, faults, flash: shown };
    return deskPage(frame, body);
  }

  function show({ path, query }: Asked, organization: Organization): Answer | undefined {
    const { slug } = organization;
    const [, , section = '', ...rest] = path.split('/');
    const [id = ''] = rest;
    switch (section) {
      case 'customers': {
        if (rest.length > 0) return oneCustomer(organization, id);
        const text = query.get('q') ?? '';
        return page(organization, section, 'Customers', customersPage(state, organization, text));
      }
      case 'webhooks': {
        if (rest[0] === 'events') return oneEvent(organization, rest[1] ?? '');
        const endpoints = endpointsOf(organization);
        const body = webhooksPage(slug, endpoints, eventsOf(organization), state.now().getTime());
        return page(organization, section, 'Webhooks', body);
      }
      case 'emails':
        return page(organization, section, 'Emails', emailsPage(state, organization));
      case 'access':
        return page(organization, section, 'Access', accessPage(state, organization));
      case 'faults':
        return page(organization, section, 'Faults', faultsPage(faults, slug));
      case 'portal':
        return portal(organization, query.get('email') ?? '');
      default:
        return undefined;
    }
  }

  const endpointsOf = ({ id }: Organization) =>
    state.endpoints.filter(({ organization_id }) => organization_id === id);
  const eventsOf = (organization: Organization) => {
    const ids = new Set(endpointsOf(organization).map(({ id }) => id));
    return state.events.filter(({ endpointId }) => ids.has(endpointId));
  };

  function oneCustomer(organization: Organization, id: string): Answer | undefined {
    if (!state.customers.some((known) => known.id === id)) return undefined;
    const customer = shop.customerOf(id);
    const events = eventsOf(organization).filter(({ payload }) => payload.includes(id));
    const nowMs = state.now().getTime();
    const [subscriptions, orders] = [shop.subscriptionsOf(id), shop.ordersOf(id)];
    const body = customerPage(organization.slug, {
      customer,
      subscriptions,
      orders,
      events,
      nowMs,
    });
    return page(organization, 'customers', customer.name || 'Customer', body);
  }

  function oneEvent(organization: Organization, id: string): Answer | undefined {
    const event = eventsOf(organization).find((known) => known.id === id);
    if (!event) return undefined;
    const deliveries = state.deliveries.filter((delivery) => delivery.event === event);
    const body = eventPage(organization.slug, event, deliveries, state.now().getTime());
    return page(organization, 'webhooks', event.type, body);
  }

  function portal(organization: Organization, address: string): Answer {
    const customer = shop.customerAt(organization.id, address);
    const buyer = customer && {
      customer,
      subscriptions: shop.subscriptionsOf(customer.id),
      orders: shop.ordersOf(customer.id),
    };
    return portalAnswer(organization, address, buyer);
  }

  /** Undefined: there is no such form. */
  async function act({ path, body }: Asked, organization: Organization): Promise<Done | undefined> {
    const form = new URLSearchParams(body);
    const [, , section, id, verb] = path.split('/');
    switch ([section, id && verb ? verb : id].filter(Boolean).join(' ')) {
      case 'customers':
        return signUp(organization, form);
      case 'customers buy':
        shop.buy(id ?? '', form.get('product') ?? '');
        return { text: 'Bought.' };
      case 'customers change':
        shop.change(id ?? '', changesIn(form));
        return { text: 'Changed.' };
      case 'customers delete':
        shop.remove(id ?? '', form.get('anonymise') === 'yes');
        return { text: 'Deleted.', to: `/${organization.slug}/customers` };
      case 'customers subscription':
        return onSubscription(form);
      case 'customers refund':
        shop.refund(form.get('order') ?? '', form.get('part') === 'half' ? 'half' : 'rest');
        return { text: 'Refunded.' };
      case 'webhooks skip':
        await parts.skipWaits();
        return { text: 'Every event has arrived or failed.' };
      case 'webhooks redeliver':
        await parts.redeliver(form.get('event') ?? '');
        return { text: 'Delivered again.', to: `/${organization.slug}/webhooks` };
      case 'webhooks endpoint':
        return onEndpoint(organization, form);
      case 'emails':
        state.emailSettings.set(
          organization.id,
          Object.fromEntries(mailSettings.map((name) => [name, form.has(name)])),
        );
        parts.record(organization.id, 'organization.updated', organizationRow(state, organization));
        return { text: 'Saved.' };
      case 'access':
        return onAccess(organization, form);
      case 'faults':
        Object.assign(faults, faultsIn(form));
        return { text: 'Saved.' };
      default:
        return undefined;
    }
  }

  function signUp(organization: Organization, form: URLSearchParams): Done {
    const email = (form.get('email') ?? '').trim();
    const name = form.get('name') || null;
    const id = shop.signUp(organization.id, { email, name }, form.get('product') ?? '');
    return { text: 'Bought.', to: `/${organization.slug}/customers/${id}` };
  }

  function onSubscription(form: URLSearchParams): Done | undefined {
    const verb = form.get('act') ?? '';
    const id = form.get('subscription') ?? '';
    if (!isAct(verb)) return undefined;
    const reasons = { reason: form.get('reason') || null, comment: form.get('comment') || null };
    if (verb === 'cancel') shop.cancel(id, reasons);
    else shop[verb](id);
    return { text: told[verb] };
  }

  function onEndpoint(organization: Organization, form: URLSearchParams): Done | undefined {
    const endpoint = endpointsOf(organization).find(({ id }) => id === form.get('endpoint'));
    if (!endpoint) throw new NotPossible('There is no such endpoint any more.');
    endpoint.modified_at = state.timestamp();
    switch (form.get('act')) {
      case 'enable':
        endpoint.enabled = true;
        return { text: 'Enabled.' };
      case 'disable':
        endpoint.enabled = false;
        return { text: 'Disabled: nothing is recorded any more.' };
      case 'reset':
        endpoint.secret = newWebhookSecret();
        return { text: 'The secret was reset: from now on, Polar signs with the new one alone.' };
      case 'delete':
        state.endpoints.splice(state.endpoints.indexOf(endpoint), 1);
        return { text: 'Deleted.' };
      default:
        return undefined;
    }
  }

  function onAccess(organization: Organization, form: URLSearchParams): Done {
    if (form.get('act') === 'token') {
      const secret = parts.newToken(organization);
      return { text: 'Copy the token now, it is shown once:', secret };
    }
    parts.revokeAll();
    return { text: 'Revoked: every access token and sign-in.' };
  }

  return async (asked: Asked): Promise<Answer | undefined> => {
    const { method, path } = asked;
    const [first] = state.organizations;
    if (path === stylePath) return styleAnswer;
    if (path === '/' && first) return seeOther(`/${first.slug}/customers`);
    const slug = path.split('/')[1];
    const organization = state.organizations.find((known) => known.slug === slug);
    if (!organization) return undefined;
    if (path === `/${slug}`) return seeOther(`/${slug}/customers`);
    if (method === 'GET') return show(asked, organization) ?? nothingHere;
    if (method !== 'POST') return nothingHere;
    const home = pageOf(path, state);
    try {
      const done = await act(asked, organization);
      if (!done) return nothingHere;
      const { text, to = home, secret } = done;
      flash = { kind: 'done', text, ...(secret !== undefined && { secret }) };
      return seeOther(to);
    } catch (error) {
      if (!(error instanceof NotPossible)) throw error;
      flash = { kind: 'problem', text: error.message };
      return seeOther(home);
    }
  };
}

const nothingHere = barePage(
  'Nothing here',
  html`<main class="narrow"><h1>There is nothing at this address</h1><p><a href="/">Go to the customers</a></p></main>`,
  404,
);

/** The page that a form is on; the list where its customer is gone. */
function pageOf(path: string, { customers }: PolarState): string {
  const [, slug, section = '', id] = path.split('/');
  if (!(section in sections)) return '/';
  const isThere = customers.some((known) => known.id === id);
  return isThere ? `/${slug}/${section}/${id}` : `/${slug}/${section}`;
}

function changesIn(form: URLSearchParams) {
  const externalId = form.get('externalId');
  return {
    email: (form.get('email') ?? '').trim(),
    name: form.get('name') || null,
    ...(externalId && { external_id: externalId }),
  };
}

const told: Readonly<{ [act in SubscriptionAct]: string }> = {
  renew: 'A new period has begun, and it is paid.',
  failPayment: 'The payment failed.',
  recoverPayment: 'The new card was charged.',
  exhaustRetries: 'The last retry failed, so the subscription has ended.',
  cancel: 'A cancellation is scheduled for the end of the period.',
  takeBack: 'The cancellation was withdrawn.',
  reachEnd: 'The end is reached.',
  endNow: 'The subscription has ended.',
  pause: 'A pause is scheduled for the end of the period.',
  beginPause: 'The pause has begun.',
  resume: 'The subscription has resumed, and a new period is paid.',
  movePeriodEnd: 'The end of the period was moved by ten days.',
};

function isAct(text: string): text is SubscriptionAct {
  return Object.hasOwn(told, text);
}

function faultsIn(form: URLSearchParams): Faults {
  return {
    outage: form.has('outage') ? 503 : undefined,
    delayMs: form.has('slow') ? 5_000 : 0,
    rateLimit: form.has('limited') ? { every: 2, retryAfter: '1' } : undefined,
    shortLists: form.has('short'),
    hideLeftOut: form.has('hidden'),
  };
}
