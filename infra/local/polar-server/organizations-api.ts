import { type Answer, type Asked, invalid, notFound, notPermitted } from './answer.ts';
import { mailSettings, mailSettingsOf } from './customer-mails.ts';
import { listPage } from './list-page.ts';
import type { Organization, PolarState, Row, Token } from './polar-state.ts';

/** An organization as Polar shows it. */
export function organizationRow(state: PolarState, organization: Organization) {
  return {
    created_at: '2026-01-01T00:00:00Z',
    ...organization,
    customer_email_settings: mailSettingsOf(state.emailSettings.get(organization.id)),
  };
}

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
    if (id === undefined) return listPage(readable.map(shown), query);
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
