import * as z from 'zod/mini';
import type { Access } from './access.ts';
import type { PolarApi } from './polar-api.ts';
import { polarServers } from './polar-server.ts';

export const connectionSchema = z.object({
  version: z.int(),
  server: z.enum(polarServers),
  organizationId: z.string(),
  organizationName: z.string(),
  organizationSlug: z.string(),
  endpointId: z.string(),
  url: z.string(),
  apiVersion: z.string(),
  connectedAt: z.string(),
  by: z.string(),
  method: z.enum(['token', 'oauth']),
});

/** The organisation that this deployment listens to, and its endpoint in Polar. Holds no secrets. */
export type Connection = z.infer<typeof connectionSchema>;

export type Connections = Readonly<{
  read: () => Promise<Connection | undefined>;
  /** Writes it in the place of `before`; `undefined`: where there is none. `false`: there is another by now. */
  save: (next: Connection, before: Connection | undefined) => Promise<boolean>;
  /** `false`: there is another by now. Removing what is not there is fine. */
  remove: (known: Connection) => Promise<boolean>;
}>;

/** Whether it is the same connection in the same state. The versions of one that is made anew begin anew, too. */
export function isSameConnection(one: Connection, other: Connection | undefined): boolean {
  return other?.version === one.version && other.connectedAt === one.connectedAt;
}

/** The secrets that count at the webhook; an empty one is none. */
export type SigningSecrets = Readonly<{ current: string; previous: string }>;

export type WebhookSecrets = Readonly<{
  read: () => Promise<SigningSecrets>;
  write: (secrets: SigningSecrets) => Promise<void>;
}>;

export type AccessStore = Readonly<{
  /** Whether there is one in use. */
  isKept: () => Promise<boolean>;
  save: (access: Access) => Promise<void>;
  forget: () => Promise<void>;
}>;

/**
 * Lets one act at a time change connection, access and webhook secret. Throws `OutOfTurn` where somebody else is at it.
 * `check` throws it once somebody else may have come in between, as after a long halt of this process.
 */
export type InTurn = <T>(act: (check: () => Promise<void>) => Promise<T>) => Promise<T>;

export type ConnectionParts = Readonly<{
  api: PolarApi;
  connections: Connections;
  webhookSecrets: WebhookSecrets;
  access: AccessStore;
  inTurn: InTurn;
  /** Where Polar is to send webhooks. */
  webhookUrl: string;
  /** Where the API is, which decides which URLs may be webhooks. */
  apiUrl: string;
  now: () => Date;
}>;
