import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { type Access, polarServers } from '#shared/polar/access.ts';
import type { PolarApi } from '#shared/polar/api.ts';
import { OutOfTurn, WeakSecret } from '#shared/polar/api-error.ts';
import { type SeenEmails, seenEmailsSchema } from '#shared/polar/customer-emails.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import {
  isShortSecret,
  isWebhookSecret,
  previousUntilFrom,
  type SigningSecrets,
  shortSecret,
} from '#shared/polar/webhook-secret.ts';

/** How it looked from Polar's side: what was wrong, by the names of watch's findings; none: all was well. */
const lookSchema = z.object({ at: z.string(), findings: z.array(z.string()) });
type Look = z.infer<typeof lookSchema>;

/** Since when webhooks may be missing, and what is known of that time. */
const gapSchema = z.object({
  since: z.string(),
  /** Polar delivered something last; watch saw the endpoint enabled last; Polar was connected, or disconnected. */
  known: z.enum(['delivery', 'look', 'connecting', 'disconnecting']),
});
export type Gap = z.infer<typeof gapSchema>;

/** What is remembered of the connection that was removed last. */
export const formerSchema = z.object({
  organizationId: z.string(),
  since: z.string(),
  /** What a connection with the same organization has not had of it yet. */
  gap: z.catch(z.optional(gapSchema), undefined),
});
export type Former = Omit<z.infer<typeof formerSchema>, 'organizationId'>;

export const connectionSchema = z.object({
  version: z.int(),
  server: z.enum(polarServers),
  organizationId: z.string(),
  organizationName: z.string(),
  organizationSlug: z.string(),
  /** Where the pages of a local Polar are. Absent: at the server's own address. */
  pagesUrl: z.catch(z.optional(z.string()), undefined),
  endpointId: z.string(),
  url: z.string(),
  apiVersion: z.string(),
  connectedAt: z.string(),
  /** When it was connected first, which connecting again keeps. Absent: version 0.1.0 connected. */
  since: z.optional(z.string()),
  by: z.string(),
  method: z.enum(['token', 'oauth']),
  /** Which mails Polar itself sends to customers. Absent: version 0.1.0 connected, and watch has not looked since. */
  emails: z.catch(z.optional(seenEmailsSchema), undefined),
  /** Switches of those mails that we turned off, and turn on again when this ends. */
  emailsSwitchedOff: z.catch(z.optional(z.array(z.string())), undefined),
  /** What watch saw last. Absent: it has not looked since something was done about the connection. */
  lastLook: z.catch(z.optional(lookSchema), undefined),
  /** Open since the endpoint was disabled or gone, until a recovery has closed it. Absent: none is known. */
  gap: z.catch(z.optional(gapSchema), undefined),
});

/** The organization that this deployment listens to, and its endpoint in Polar. Holds no secrets. */
export type Connection = z.infer<typeof connectionSchema>;

export type Connections = Readonly<{
  read: () => Promise<Connection | undefined>;
  /**
   * Writes it in the place of `before`; `undefined`: where there is none. What was seen of the one before is not kept.
   * `false`: there is another by now.
   */
  save: (next: Connection, before: Connection | undefined) => Promise<boolean>;
  /**
   * Keeps what was seen of Polar's own mails, where a connection of version 0.1.0 has nothing of it. It stays the same
   * connection, for whoever has just read it. `false`: it has it, or is another by now.
   */
  noteEmails: (known: Connection, emails: SeenEmails) => Promise<boolean>;
  /**
   * Keeps how it looked, for pages that do not ask Polar; `undefined`: it has to be looked at again. It stays the same
   * connection. `false`: it is another by now.
   */
  noteLook: (known: Connection, look: Look | undefined) => Promise<boolean>;
  /**
   * Keeps since when webhooks may be missing; a gap that is open already stays as it is. It stays the same connection.
   * `false`: it is another by now.
   */
  noteGap: (known: Connection, gap: Gap) => Promise<boolean>;
  /** Forgets this gap. It stays the same connection. `false`: it is another by now, or has another gap. */
  closeGap: (known: Connection, gap: Gap) => Promise<boolean>;
  /** Of the connection that was removed last, if it was with this organization. */
  former: (organizationId: string) => Promise<Former | undefined>;
  /** Remembers since when it was, and its gap. `false`: there is another by now. Removing what is not there is fine. */
  remove: (known: Connection) => Promise<boolean>;
}>;

/** Whether it is the same connection in the same state. The versions of one that is made again begin again, too. */
function isSameConnection(one: Connection, other: Connection | undefined): boolean {
  return other?.version === one.version && other.connectedAt === one.connectedAt;
}

/** Since when Polar has told of its events here, however often it was connected again in between. */
export function connectedSince({
  since,
  connectedAt,
}: Pick<Connection, 'since' | 'connectedAt'>): string {
  return since ?? connectedAt;
}

export type WebhookSecrets = Readonly<{
  read: () => Promise<SigningSecrets>;
  /** When they were written last; `undefined`: that is not known. */
  changedAt: () => Promise<Date | undefined>;
  write: (secrets: SigningSecrets) => Promise<void>;
}>;

type AccessStore = Readonly<{
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
  /** The events that the endpoint is to have, by the settings of now. */
  eventsWanted: () => Promise<readonly SupportedEventType[]>;
  /** Where the API is, which decides which URLs may be webhooks. */
  apiUrl: string;
  now: () => Date;
}>;

/** What was done, in sentences; `unfinished`: it broke off, with what that means and what to do. */
export type Tended =
  /** `next`: what is still to be done for it to be whole. */
  | { kind: 'done'; done: readonly string[]; next?: string }
  | { kind: 'unfinished'; reason: string; error: unknown };

/**
 * Runs an act that changes connection, access or webhook secret while nobody else does. Before each of its changes it
 * looks whether it is still its turn, so that a process that was halted for long does not undo what came after it.
 */
export function connectionAct<T>(
  parts: ConnectionParts,
  act: (parts: ConnectionParts) => Promise<T>,
): Promise<T> {
  return parts.inTurn((check) => act(checking(parts, check)));
}

/** The same, on a connection that a person has seen. Throws `OutOfTurn` where it is another by now. */
export function actOn<T>(
  parts: ConnectionParts,
  seen: Connection,
  act: (parts: ConnectionParts) => Promise<T>,
): Promise<T> {
  return connectionAct(parts, async (own) => {
    if (isSameConnection(seen, await own.connections.read())) return act(own);
    throw new OutOfTurn(
      'Somebody else has changed or ended the connection with Polar meanwhile, so nothing was done. Check it and try again.',
    );
  });
}

function checking(parts: ConnectionParts, check: () => Promise<void>): ConnectionParts {
  const checked =
    <Args extends readonly unknown[], T>(change: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      await check();
      return change(...args);
    };
  const { api, connections, webhookSecrets, access } = parts;
  return {
    ...parts,
    api: {
      ...api,
      createEndpoint: checked(api.createEndpoint),
      updateEndpoint: checked(api.updateEndpoint),
      removeEndpoint: checked(api.removeEndpoint),
      resetSecret: checked(api.resetSecret),
      changeEmailSettings: checked(api.changeEmailSettings),
    },
    connections: {
      ...connections,
      save: checked(connections.save),
      noteGap: checked(connections.noteGap),
      closeGap: checked(connections.closeGap),
      remove: checked(connections.remove),
    },
    webhookSecrets: { ...webhookSecrets, write: checked(webhookSecrets.write) },
    access: { ...access, save: checked(access.save), forget: checked(access.forget) },
  };
}

/** Whether two secrets are equal, in a time that tells nothing of where they differ. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Throws `WeakSecret` where what Polar signs with may not become ours. One that is in force here already goes on. */
export function mustBeStrong(secret: string, { current }: SigningSecrets): void {
  if (isWebhookSecret(secret) && isSameSecret(current, secret)) return;
  if (isWebhookSecret(secret) && !isShortSecret(secret)) return;
  throw new WeakSecret(
    `The secret of the webhook endpoint in Polar was not used: ${shortSecret}. Reset it in Polar, under Settings → Webhooks, so that Polar makes a new one, and do this again. Nothing was changed.`,
  );
}

/**
 * Makes the secret that Polar signs with ours; the one that was current stays valid beside it for an hour, for what
 * Polar signed before. Safe to repeat. `false`: it was ours already. Throws `WeakSecret`.
 */
export async function takeOverSecret(
  secrets: WebhookSecrets,
  secret: string,
  now: Date,
): Promise<boolean> {
  const ours = await secrets.read();
  mustBeStrong(secret, ours);
  const { current, isStandIn, ...rest } = ours;
  if (isSameSecret(current, secret)) return false;
  // Nobody signs with a stand-in, so nothing signed with it is on its way.
  const isKept = current !== '' && !isStandIn;
  const previous = { previous: current, previousUntil: previousUntilFrom(now) };
  await secrets.write({ ...rest, ...(isKept && previous), current: secret });
  return true;
}
