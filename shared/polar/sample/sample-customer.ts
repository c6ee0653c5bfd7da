import { createHash } from 'node:crypto';
import { instant, organizationId } from './sample-values.ts';

/** The customer of a made-up event. */
export type Person = Readonly<{
  customerId: string;
  email: string;
  name: string;
  externalId: string | null;
  /** Just created, so that Polar says of no change yet. */
  isNew: boolean;
}>;

const dayMs = 86_400_000;

/** A customer as Polar shows it, alone or inside an order or a subscription. */
export function customer(
  { customerId, email, name, externalId, isNew }: Person,
  at: Date,
  type?: string,
) {
  const changedAt = instant(at, 100);
  return {
    id: customerId,
    created_at: isNew ? changedAt : instant(new Date(at.getTime() - 30 * dayMs), 100),
    modified_at: isNew && type !== 'customer.deleted' ? null : changedAt,
    metadata: {},
    external_id: externalId,
    email,
    email_verified: false,
    type: 'individual',
    name,
    billing_name: name,
    billing_address: {
      line1: 'Storgatan 12',
      line2: null,
      postal_code: '111 51',
      city: 'Stockholm',
      state: null,
      country: 'SE',
    },
    tax_id: null,
    locale: 'en',
    organization_id: organizationId,
    default_payment_method_id: null,
    deleted_at: type === 'customer.deleted' ? changedAt : null,
    first_user_event_at: null,
    avatar_url: `https://www.gravatar.com/avatar/${createHash('sha256').update(email).digest('hex')}?d=404`,
  };
}
