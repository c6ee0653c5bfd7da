import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EmailIdentity } from '#shared/audience/emails/email.ts';
import type { Emails } from '#shared/audience/emails/ledger.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let emails: Emails;

beforeAll(async () => {
  dynamo = await startDynamo();
  const tableOf = await createStackTables(dynamo.client, 'Emails');
  const now = () => new Date('2026-11-23T12:00:00.000Z');
  emails = dynamoEmails(documentClient(dynamo.client), tableOf('Emails'), now);
});
afterAll(() => dynamo.stop());

const reservation = { token: 't', leaseUntil: '2026-11-23T12:02:00.000Z', addressHash: '0a1b' };

it.each<[string, (email: EmailIdentity) => Promise<boolean>]>([
  ['reserved', (email) => emails.reserve(email, reservation)],
  ['held', (email) => emails.putAside(email, 'held', '2026-11-23T12:00:00.000Z')],
  ['blocked', (email) => emails.block(email, 'too late')],
])(
  '%s for an event, an email is not what a run or a replay asked for before',
  async (state, ask) => {
    const plain = { workflowId: 'welcome', workflowVersion: 2, customerId: 'c1' };
    const email = { ...plain, ledgerKey: state, webhookId: 'evt-2' };
    const ofRun = { runId: state, stepId: 'email', stepDueAt: '2026-11-01T12:00:00.000Z' };
    const before = { ...email, ...ofRun, webhookId: 'evt-1', replayId: 'r1', again: true };
    expect(await emails.block(before, 'not subscribed')).toBe(true);
    expect(await emails.find(state)).toMatchObject(before);
    expect(await ask(email)).toBe(true);
    const row = await emails.find(state);
    expect(row).toMatchObject(email);
    for (const gone of [...Object.keys(ofRun), 'replayId', 'again']) {
      expect(row).not.toHaveProperty(gone);
    }
  },
);

it.each<[string, Partial<EmailIdentity>]>([
  ['another event', { webhookId: 'evt-2' }],
  ['a replay', { replayId: 'r1' }],
  ['another replay', { replayId: 'r2' }],
])('what waits is not blocked by a message of %s', async (asker, other) => {
  const plain = { workflowId: 'welcome', workflowVersion: 2, customerId: 'c1' };
  const first = { ...plain, ledgerKey: `by ${asker}`, webhookId: 'evt-1' };
  const email = other.replayId === 'r2' ? { ...first, replayId: 'r1' } : first;
  expect(await emails.putAside(email, 'held', '2026-11-23T12:00:00.000Z')).toBe(true);
  expect(await emails.block({ ...email, ...other }, 'out of date')).toBe(false);
  expect(await emails.find(email.ledgerKey)).toMatchObject({ ...email, state: 'waiting' });
  expect(await emails.block(email, 'out of date')).toBe(true);
});
