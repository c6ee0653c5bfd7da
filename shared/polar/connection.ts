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
  /** Writes the next version. `false`: someone else wrote one meanwhile. */
  save: (next: Connection) => Promise<boolean>;
  /** `false`: it is not that version any more. Removing what is not there is fine. */
  remove: (version: number) => Promise<boolean>;
}>;

/** The secrets that count at the webhook; an empty one is none. */
export type SigningSecrets = Readonly<{ current: string; previous: string }>;

export type WebhookSecrets = Readonly<{
  read: () => Promise<SigningSecrets>;
  write: (secrets: SigningSecrets) => Promise<void>;
}>;

export type AccessStore = Readonly<{
  save: (access: Access) => Promise<void>;
  forget: () => Promise<void>;
}>;

export type ConnectionParts = Readonly<{
  api: PolarApi;
  connections: Connections;
  webhookSecrets: WebhookSecrets;
  access: AccessStore;
  /** Where Polar is to send webhooks. */
  webhookUrl: string;
  /** Where the API is, which decides which URLs may be webhooks. */
  apiUrl: string;
  now: () => Date;
}>;
