import { randomBytes, randomUUID } from 'node:crypto';
import { organizationId } from '#shared/polar/sample/sample-values.ts';
import type { MailSetting } from './customer-mails.ts';

export type Organization = Readonly<{ id: string; name: string; slug: string }>;
export type Row = Readonly<{ id: string; created_at: string; [key: string]: unknown }>;

export type Endpoint = {
  readonly id: string;
  readonly created_at: string;
  modified_at: string | null;
  url: string;
  name: string | null;
  format: string;
  api_version: string;
  secret: string;
  readonly organization_id: string;
  events: string[];
  enabled: boolean;
  uses_standard_webhook_signature: boolean;
};

export type WebhookEvent = {
  readonly id: string;
  readonly created_at: string;
  readonly endpointId: string;
  readonly type: string;
  readonly payload: string;
  /** `null` while Polar is still trying. */
  succeeded: boolean | null;
  lastHttpCode: number | null;
  skipped: boolean;
  isArchived: boolean;
  /** Attempts so far, and when the next one is due; null: none is to come by itself. */
  attempts: number;
  nextAttemptMs: number | null;
  /** Sent by a job of its own: the others do not wait for it, nor it for them. */
  isJob: boolean;
};

export type Delivery = Readonly<{
  id: string;
  created_at: string;
  endpointId: string;
  event: WebhookEvent;
  succeeded: boolean;
  httpCode: number | null;
  response: string | null;
}>;

type Client = Readonly<{ id: string; secret: string | null; redirectUris: string[] }>;

export type Token = {
  readonly organizationIds: readonly string[];
  readonly scopes: readonly string[];
  /** An organization access token must not name its organization. */
  readonly kind: 'organization' | 'oauth';
  readonly expiresAtMs: number;
  /** Tokens of one sign-in die together. */
  readonly family: string;
};

export type Refresh = {
  readonly clientId: string;
  readonly family: string;
  readonly organizationIds: readonly string[];
  readonly scopes: readonly string[];
  isUsed: boolean;
};

export type Code = Readonly<{
  clientId: string;
  redirectUri: string;
  challenge: string;
  organizationIds: readonly string[];
  scopes: readonly string[];
}>;

/** An email that Polar itself would have sent to a customer, or did not because its setting is off. */
export type CustomerMail = Readonly<{
  id: string;
  at: string;
  organizationId: string;
  setting: MailSetting;
  to: string;
  subject: string;
  isSent: boolean;
}>;

export type PolarState = ReturnType<typeof polarState>;

export const northlight = { id: organizationId, name: 'Northlight', slug: 'northlight' };

/** Everything that this Polar knows; tests may change it directly. */
export function polarState(organizations: readonly Organization[], now: () => Date) {
  let lastMicros = 0;
  return {
    organizations,
    endpoints: [] as Endpoint[],
    events: [] as WebhookEvent[],
    deliveries: [] as Delivery[],
    customers: [] as Row[],
    subscriptions: [] as Row[],
    orders: [] as Row[],
    products: [] as Row[],
    payments: [] as Row[],
    customerMails: [] as CustomerMail[],
    /** By organization; what is missing is on. */
    emailSettings: new Map<string, Readonly<Record<string, boolean>>>(),
    clients: new Map<string, Client>(),
    codes: new Map<string, Code>(),
    tokens: new Map<string, Token>(),
    refreshes: new Map<string, Refresh>(),
    now,
    /** With six fraction digits, each later than the one before, by so many microseconds at least. */
    timestamp(gapMicros = 1): string {
      lastMicros = Math.max(lastMicros + gapMicros, now().getTime() * 1_000);
      const at = new Date(Math.floor(lastMicros / 1_000)).toISOString().slice(0, -1);
      return `${at}${String(lastMicros % 1_000).padStart(3, '0')}Z`;
    },
  };
}

/** Whose a customer, subscription, order or product is: of the first organization where it does not say. */
export function organizationOf(row: Row, state: Pick<PolarState, 'organizations'>): string {
  const named = row['organization_id'] ?? organizationIn(row['customer']);
  return String(named ?? state.organizations[0]?.id);
}

function organizationIn(customer: unknown): unknown {
  const isObject = typeof customer === 'object' && customer !== null;
  return isObject && 'organization_id' in customer ? customer.organization_id : undefined;
}

/** As Polar makes them since September 2026. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export const newId = (): string => randomUUID();

export function newToken(prefix: string): string {
  return `${prefix}${randomBytes(24).toString('base64url')}`;
}
