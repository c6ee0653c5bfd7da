import { type Answer, type Asked, invalid, notFound, notPermitted } from './answer.ts';
import { mailSettings, mailSettingsOf } from './customer-mails.ts';
import { listPage, type Sorting, sorted } from './list-page.ts';
import type { Organization, PolarState, Row, Token } from './polar-state.ts';

/** An organization as Polar shows it: one that sells, with all that it can have set left as it was. */
export function organizationRow(state: PolarState, organization: Organization) {
  return {
    created_at: '2026-01-01T00:00:00Z',
    modified_at: null,
    ...organization,
    avatar_url: null,
    proration_behavior: 'prorate',
    allow_customer_updates: true,
    email: null,
    website: null,
    socials: [],
    status: 'active',
    details_submitted_at: '2026-01-01T00:00:00Z',
    onboarding_resubmission_requested_at: null,
    sso_enforced: false,
    default_presentment_currency: 'usd',
    default_tax_behavior: 'location',
    feature_settings: null,
    subscription_settings: {
      allow_multiple_subscriptions: false,
      proration_behavior: 'prorate',
      benefit_revocation_grace_period: 0,
      prevent_trial_abuse: false,
      allow_customer_updates: true,
    },
    customer_email_settings: mailSettingsOf(state.emailSettings.get(organization.id)),
    customer_portal_settings: {
      usage: { show: true },
      subscription: { update_seats: true, update_plan: true },
    },
    dispute_settings: { auto_accept_below_amount: null },
    embed_hosts: [],
    country: 'SE',
    account_id: null,
    payout_account_id: null,
    capabilities: {
      checkout_payments: true,
      subscription_renewals: true,
      payouts: true,
      refunds: true,
      api_access: true,
      dashboard_access: true,
    },
  };
}

const sorting: Sorting = {
  by: ['created_at', 'slug', 'name', 'next_review_threshold', 'days_in_status'],
  usual: 'created_at',
};

/** `/v1/organizations`. */
export function organizationsApi(
  state: PolarState,
  options: Readonly<{ role: 'admin' | 'member'; record: Record }>,
) {
  const shown = (organization: Organization) => organizationRow(state, organization);

  return ({ method, query, body }: Asked, token: Token, id?: string): Answer => {
    const readable = state.organizations.filter((known) =>
      token.organizationIds.includes(known.id),
    );
    if (id === undefined) {
      const inOrder = sorted(readable.map(shown), query, sorting);
      return 'status' in inOrder ? inOrder : listPage(inOrder, query);
    }
    const organization = readable.find((known) => known.id === id);
    if (!organization) return notFound;
    if (method === 'GET') return { status: 200, body: shown(organization) };
    if (method !== 'PATCH') return notFound;
    if (options.role === 'member') return notPermitted;
    const wish = JSON.parse(body).customer_email_settings;
    if (wish !== undefined) {
      const missing = mailSettings.find((name) => typeof wish?.[name] !== 'boolean');
      if (missing) return invalid(`customer_email_settings.${missing}`, 'Field required');
      state.emailSettings.set(id, wish);
      options.record(id, 'organization.updated', shown(organization));
    }
    return { status: 200, body: shown(organization) };
  };
}

/** Notes an event that the endpoints of an organization are to get. */
export type Record = (organizationId: string, type: string, data: Row) => void;
