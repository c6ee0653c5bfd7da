import { SESv2Client } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sesSuppressionList } from '#functions/console/audience/audience-stores.ts';
import { startMailbox } from '#infra/local/emulators/ses.ts';
import { startSes } from '#test/fakes/ses.ts';
import { clientConfig } from '#test/support/cloud/emulators.ts';

let ses: Awaited<ReturnType<typeof startSes>>;
beforeAll(async () => {
  ses = await startSes();
});
afterAll(() => ses.stop());

const listAt = (endpoint: string) => sesSuppressionList(new SESv2Client(clientConfig(endpoint)));

test('an address is taken off the list of SES, and it is fine where it is not on it', async () => {
  ses.suppressed.add('ann+shop@example.com').add('bob@example.com');
  await listAt(ses.endpoint).remove('ann+shop@example.com');
  await listAt(ses.endpoint).remove('ann+shop@example.com');
  expect([...ses.suppressed]).toEqual(['bob@example.com']);
});

test('an address whose domain is not ASCII is on the list as it was sent to', async () => {
  ses.suppressed.add('ann@xn--mller-kva.example');
  await listAt(ses.endpoint).remove('ann@müller.example');
  expect([...ses.suppressed]).not.toContain('ann@xn--mller-kva.example');
});

test('the local mailbox has no such list, and that is fine, too', async () => {
  const mailbox = await startMailbox();
  try {
    await expect(listAt(mailbox.address).remove('ann@example.com')).resolves.toBeUndefined();
  } finally {
    await mailbox.stop();
  }
});

test('an SES that cannot be reached is no reason to believe that it was done', async () => {
  const gone = await startSes();
  await gone.stop();
  const list = sesSuppressionList(
    new SESv2Client({ ...clientConfig(gone.endpoint), maxAttempts: 1 }),
  );
  await expect(list.remove('ann@example.com')).rejects.toThrow();
});
