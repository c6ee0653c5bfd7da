import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import type { WebhookSecrets } from '#shared/polar/connection.ts';
import { secretText } from './secret.ts';

const text = z.catch(
  z.pipe(
    z.string(),
    z.transform((value) => value.trim()),
  ),
  '',
);
const documentSchema = z.object({ current: text, previous: text });

/**
 * The secret document of the webhook, `{"current": "…", "previous": "…"}`, which ingest reads. A previous secret counts
 * until it is taken out. A document that cannot be read counts as empty.
 */
export function webhookSecretDocument(
  client: SecretsManagerClient,
  secretId: string,
): WebhookSecrets {
  const read = secretText(client, secretId);
  return {
    read: async () => documentSchema.safeParse(parsed(await read())).data ?? empty,
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
