import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryParts, deliver } from '#functions/mailer/mailer.ts';
import { mailSituation } from '#functions/mailer/situation.ts';
import { applyEvent } from '#shared/audience/decide.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { defaultSettings } from '#shared/audience/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { SendResult } from '#shared/mail/ses.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { type Person, polarPayload, sampleCustomerId } from '#shared/polar/sample/sample-events.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { approvedMail, mailing } from '#test/support/approved-mail.ts';
import { startDynamo } from '#test/support/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/stack-tables.ts';

const now = () => new Date('2026-11-23T12:00:00.000Z');
const minutesAgo = (minutes: number) => new Date(now().getTime() - minutes * 60_000);

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let account: Awaited<ReturnType<typeof startAccount>>;
beforeAll(async () => {
  dynamo = await startDynamo();
  account = await startAccount();
});
afterAll(() => dynamo.stop());

/** Worker and mailer on emulated DynamoDB, with one workflow. */
async function startAccount() {
  const { workflow: approved } = approvedMail();
  if (!approved) throw new Error('approvedMail has no workflow');
  const workflow: Workflow = {
    ...mailing(approved, { kind: 'transactional' }),
    trigger: { event: 'subscription.past_due', conditions: [] },
    frequency: 'every-time',
  };
  const tableOf = await createStackTables(dynamo.client);
  const db = documentClient(dynamo.client);
  const store = dynamoAudienceStore(db, audienceTables(tableOf), {
    addressHash: async () => addressHash('a key of this test'),
    retentionDays: 90,
  });
  const workflows = dynamoWorkflowVersions(db, {
    workflows: tableOf('Workflows'),
    settings: tableOf('Settings'),
  });
  await workflows.save(workflow);
  const emails = dynamoEmails(db, tableOf('Emails'), now);
  const settings = async () => defaultSettings;
  const known = mailSituation({
    ...{ db, eventsTable: tableOf('Events'), store, workflows, settings },
  });
  const surroundings = { settings: defaultSettings, now: now(), newId: randomUUID };
  const means = { store, surroundings, workflows: [workflow], pause: async () => undefined };

  return {
    emails,
    async tell(type: Parameters<typeof polarPayload>[0], person: Person, at: Date) {
      const body = JSON.stringify(polarPayload(type, person, at));
      const parsed = polarEvent(body);
      if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
      const received = { webhookId: randomUUID(), receivedAt: now().toISOString() };
      return (await applyEvent({ ...parsed.event, ...received }, body, means)).record;
    },
    mailer(answers: readonly SendResult[]): DeliveryParts {
      const left = [...answers];
      return {
        hold: async () => undefined,
        ...{ emails, known, now, newToken: randomUUID, hasSender: true },
        compose: async ({ contact }, _, ledgerKey) => ({
          kind: 'composed',
          mail: {
            ...{ from: 'shop@example.com', to: contact.address, replyTo: undefined },
            ...{ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {}, ledgerKey },
          },
        }),
        send: async () => left.shift() ?? { kind: 'unknown', reason: 'sent more than expected' },
        addressHash: async () => '0a1b',
      };
    },
  };
}

function someone(name: string): Person {
  const email = `${name}@example.com`;
  return { customerId: sampleCustomerId(email), email, name, externalId: null, isNew: true };
}

function mailOf({ webhookId, customerId, workflows = [] }: EventRecord) {
  const [asked] = workflows;
  if (asked?.ledgerKey === undefined) throw new Error('no email was asked for');
  const { ledgerKey, workflowId, version: workflowVersion } = asked;
  return { ledgerKey, workflowId, workflowVersion, webhookId, customerId };
}

const sent: SendResult = { kind: 'sent', sesMessageId: 'ses-1' };
const recoveredSince = {
  kind: 'blocked',
  reason: 'A newer state of this subscription is known, so this event is no news any more.',
};

describe('an email about a subscription', () => {
  it('is sent while its news lasts', async () => {
    const message = mailOf(await account.tell('subscription.past_due', someone('ann'), now()));
    expect(await deliver(message, account.mailer([sent]))).toEqual({ kind: 'sent' });
  });

  it('is blocked where the subscription recovered before it was sent', async () => {
    const bob = someone('bob');
    const message = mailOf(await account.tell('subscription.past_due', bob, minutesAgo(5)));
    await account.tell('subscription.uncanceled', bob, minutesAgo(1));
    expect(await deliver(message, account.mailer([]))).toEqual(recoveredSince);
    expect(await account.emails.find(message.ledgerKey)).toMatchObject({
      state: 'blocked',
      reason: recoveredSince.reason,
    });
  });

  it('is blocked where it recovered while SES kept the email waiting', async () => {
    const cy = someone('cy');
    const message = mailOf(await account.tell('subscription.past_due', cy, minutesAgo(5)));
    const mailer = account.mailer([{ kind: 'not-now', reason: 'throttled' }]);
    expect(await deliver(message, mailer)).toMatchObject({ kind: 'waiting' });
    await account.tell('subscription.uncanceled', cy, minutesAgo(1));
    expect(await deliver(message, mailer)).toEqual(recoveredSince);
  });
});
