import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Identities } from './identities.ts';
import { initialSecret, type SecretStore } from './secrets-manager.ts';

const documentSchema = z.object({ current: z.string() });

/** Gives every secret of the stack that has none yet a value, as CloudFormation would. */
export async function fillSecrets(store: SecretStore, identities: Identities): Promise<void> {
  for (const secret of identities.ofType('AWS::SecretsManager::Secret')) {
    const name = identities.nameOf(secret.logicalId);
    if (store.get(name) === undefined) await store.put(name, initialSecret(secret));
  }
}

/**
 * The secret that the local webhooks are signed with. In AWS a person copies it from Polar; here one
 * of Polar's present form is made up at the first start.
 */
export async function webhookSecret(store: SecretStore, name: string): Promise<string> {
  const set = currentSecret(store.get(name));
  if (set) return set;
  const current = `whsec_${randomBytes(32).toString('base64')}`;
  await store.put(name, JSON.stringify({ current }));
  return current;
}

/** What a secret document says is the current one: empty or undefined if that was not set. */
export function currentSecret(document: string | undefined): string | undefined {
  return document === undefined ? undefined : documentSchema.parse(JSON.parse(document)).current;
}
