import { randomBytes, randomUUID } from 'node:crypto';
import { organizationId } from '#shared/polar/sample/sample-events.ts';

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

export type Client = Readonly<{ id: string; secret: string | null; redirectUris: string[] }>;

export type Token = {
  readonly organizationIds: readonly string[];
  readonly scopes: readonly string[];
  /** An organisation access token must not name its organisation. */
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

export type PolarState = ReturnType<typeof polarState>;

export const northlight = { id: organizationId, name: 'Northlight', slug: 'northlight' };

/** Everything that a fake Polar knows; tests may change it directly. */
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
    clients: new Map<string, Client>(),
    codes: new Map<string, Code>(),
    tokens: new Map<string, Token>(),
    refreshes: new Map<string, Refresh>(),
    now,
    /** With six fraction digits, each later than the one before. */
    timestamp(): string {
      lastMicros = Math.max(lastMicros + 1, now().getTime() * 1_000);
      const at = new Date(Math.floor(lastMicros / 1_000)).toISOString().slice(0, -1);
      return `${at}${String(lastMicros % 1_000).padStart(3, '0')}Z`;
    },
  };
}

/** As Polar makes them since September 2026. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export const newId = (): string => randomUUID();

export function newToken(prefix: string): string {
  return `${prefix}${randomBytes(24).toString('base64url')}`;
}
