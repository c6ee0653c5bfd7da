import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { OutOfTurn } from '#shared/polar/api-error.ts';
import {
  type Connection,
  type Connections,
  connectedSince,
  connectionSchema,
  formerSchema,
  type InTurn,
  type WebhookSecrets,
} from '#shared/polar/connection/connection.ts';
import { isWebhookSecret, previousEndMs } from '#shared/polar/webhook-secret.ts';
import type { Lease } from '#shared/store/lease.ts';
import { secretText } from '#shared/store/secret.ts';
import { settingsRow } from '#shared/store/settings/settings-row.ts';

/** After a crash the next may begin once this is over. */
export const connectionLease = { name: 'polar-connection-act', leaseMs: 60_000 } as const;

type TurnParts = Readonly<{
  lease: Lease;
  newId: () => string;
  /** How often an act that takes long says that it still lives. */
  everyMs?: number;
}>;

/** Acts on the connection with Polar, of all processes, one at a time. Nobody waits: the second is refused at once. */
export function connectionTurn({ lease, newId, everyMs = 15_000 }: TurnParts): InTurn {
  return async (act) => {
    const owner = newId();
    if (!(await lease.take(owner))) throw new OutOfTurn(isTaken);
    const beat = setInterval(() => void lease.renew(owner).catch(() => undefined), everyMs);
    beat.unref();
    try {
      return await act(async () => {
        if (!(await lease.renew(owner))) throw new OutOfTurn(isLost);
      });
    } finally {
      clearInterval(beat);
      // Where this fails, the lease runs out by itself.
      await lease.giveBack(owner).catch(() => undefined);
    }
  };
}

const isTaken =
  'Nothing was changed: the connection with Polar is being changed already, in the console or by npm run connect or recover. Look at the connection in a moment, and try again if needed. If a change was interrupted, you can try again within a minute.';

const isLost =
  'This took so long that somebody else changed the connection with Polar meanwhile, so it stopped there. Look at the connection and, if needed, try again.';

const name = 'connection';
const names = { '#version': 'version' };

const formerName = 'former-connection';

/**
 * The item `connection` of table Settings. Every write names the connection that it replaces. `former-connection` says
 * since when the one was that was removed last, and its gap: orders may have been lost, also while there was none.
 */
export function dynamoConnection(
  db: DynamoDBDocumentClient,
  table: string,
  row = settingsRow(db, table),
): Connections {
  const key = { TableName: table, Key: { name } };
  return {
    async read() {
      const found = await row(name);
      return found && connectionSchema.parse(found);
    },

    save: ({ lastLook: _, ...next }, before) =>
      unlessChanged(() =>
        db.send(
          new PutCommand({
            TableName: table,
            Item: { name, ...next },
            ExpressionAttributeNames: names,
            ...(before
              ? {
                  ConditionExpression: isStill,
                  ExpressionAttributeValues: valuesOf(before),
                }
              : { ConditionExpression: 'attribute_not_exists(#version)' }),
          }),
        ),
      ),

    noteEmails: (known, emails) =>
      unlessChanged(() =>
        db.send(
          new UpdateCommand({
            ...key,
            UpdateExpression: 'SET emails = :emails',
            ConditionExpression: `${isStill} AND attribute_not_exists(emails)`,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: { ...valuesOf(known), ':emails': emails },
          }),
        ),
      ),

    noteLook: (known, look) =>
      unlessChanged(() =>
        db.send(
          new UpdateCommand({
            ...key,
            UpdateExpression: look ? 'SET lastLook = :look' : 'REMOVE lastLook',
            ConditionExpression: isStill,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: { ...valuesOf(known), ...(look && { ':look': look }) },
          }),
        ),
      ),

    noteGap: (known, gap) =>
      unlessChanged(() =>
        db.send(
          new UpdateCommand({
            ...key,
            UpdateExpression: 'SET gap = if_not_exists(gap, :gap)',
            ConditionExpression: isStill,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: { ...valuesOf(known), ':gap': gap },
          }),
        ),
      ),

    closeGap: (known, gap) =>
      unlessChanged(() =>
        db.send(
          new UpdateCommand({
            ...key,
            UpdateExpression: 'REMOVE gap',
            ConditionExpression: `${isStill} AND gap = :gap`,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: { ...valuesOf(known), ':gap': gap },
          }),
        ),
      ),

    async former(organizationId) {
      const found = await row(formerName);
      const former = found && formerSchema.parse(found);
      return former?.organizationId === organizationId ? former : undefined;
    },

    async remove(known) {
      const { organizationId, gap } = known;
      const former = { organizationId, since: connectedSince(known), ...(gap && { gap }) };
      const Item = { name: formerName, ...former };
      await db.send(new PutCommand({ TableName: table, Item }));
      return unlessChanged(() =>
        db.send(
          new DeleteCommand({
            ...key,
            ConditionExpression: `attribute_not_exists(#version) OR (${isStill})`,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: valuesOf(known),
          }),
        ),
      );
    },
  };
}

// A version alone is not enough: one that is made after disconnecting begins with the first again.
const isStill = '#version = :version AND connectedAt = :connectedAt';

function valuesOf({ version, connectedAt }: Connection) {
  return { ':version': version, ':connectedAt': connectedAt };
}

async function unlessChanged(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

const secret = z.catch(
  z.pipe(
    z.string(),
    z.transform((value) => (isWebhookSecret(value.trim()) ? value.trim() : '')),
  ),
  '',
);
const time = z.string().check(z.refine((value) => Number.isFinite(previousEndMs(value))));
const documentSchema = z.object({
  current: secret,
  previous: secret,
  previousUntil: z.catch(z.optional(time), undefined),
  isStandIn: z.catch(z.optional(z.boolean()), undefined),
});

/**
 * The secret document of the webhook, `{"current": "…", "previous": "…", "previousUntil": "…"}`, which ingest reads. A
 * document that cannot be read counts as empty.
 */
export function webhookSecretDocument(
  client: SecretsManagerClient,
  secretId: string,
): WebhookSecrets {
  const read = secretText(client, secretId);
  return {
    read: async () => documentSchema.safeParse(parsed(await read())).data ?? empty,
    async changedAt() {
      const { CreatedDate } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
      return CreatedDate;
    },
    async write(secrets) {
      const SecretString = JSON.stringify(secrets);
      await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
    },
  };
}

const empty = { current: '', previous: '' };

// The error of JSON.parse quotes the text, and this text is a secret.
function parsed(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    return undefined;
  }
}
