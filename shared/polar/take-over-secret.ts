import type { WebhookSecrets } from './connection.ts';
import { isSameSecret } from './same-secret.ts';

/**
 * Makes the secret that Polar signs with ours; the one that was current stays valid beside it, for what Polar signed
 * before, until a person takes it out. Safe to repeat. `false`: it was ours already.
 */
export async function takeOverSecret(secrets: WebhookSecrets, secret: string): Promise<boolean> {
  const { current, previous } = await secrets.read();
  if (isSameSecret(current, secret)) return false;
  await secrets.write({ current: secret, previous: current === '' ? previous : current });
  return true;
}
