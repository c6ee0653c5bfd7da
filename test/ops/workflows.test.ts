import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendTest } from '#infra/ops/test-email.ts';
import { type WorkflowParts, workflowVerbs } from '#infra/ops/workflow-verbs.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { dynamoWorkflows, type Workflows } from '#shared/aws/dynamo-workflows.ts';
import type { OutgoingMail } from '#shared/aws/ses-sender.ts';
import { readyMade } from '#shared/mail/ready-made.ts';
import { startSes } from '#test/fakes/ses.ts';
import { clientConfig, startDynamo } from '#test/support/emulators.ts';
import { createStackTables } from '#test/support/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let workflows: Workflows;
let settings: Settings;
let printed: string[];
let mails: OutgoingMail[];
const now = () => new Date('2026-11-23T12:00:00.000Z');
const addressed = { ...defaultSettings, postalAddress: 'Example Shop, Street 1' };

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  const tableOf = await createStackTables(dynamo.client);
  workflows = dynamoWorkflows(documentClient(dynamo.client), tableOf('Workflows'));
  settings = addressed;
  printed = [];
  mails = [];
});

function does(changed: Partial<WorkflowParts> = {}) {
  let tags = 0;
  return workflowVerbs({
    workflows,
    settings: async () => settings,
    deployment: {
      mailFrom: 'Example <hello@example.com>',
      unsubscribeUrl: 'https://api.example.com/unsubscribe',
      options: ' --stage test',
    },
    send: async (mail) => {
      mails.push(mail);
      return 'ses-1';
    },
    confirmed: async () => false,
    print: (line) => void printed.push(line),
    now,
    newTag: () => `t${++tags}`,
    ...changed,
  });
}

const output = () => printed.join('\n');
const only = async () => {
  const [workflow, ...others] = await workflows.all();
  expect(others).toEqual([]);
  return workflow;
};

describe('npm run workflows', () => {
  it('shows the ready-made ones where there are none', async () => {
    await does().list();
    for (const { name } of readyMade) expect(output()).toContain(`\n${name} `);
    expect(output()).toContain('npm run workflows -- add welcome --stage test');
  });

  it('adds a ready-made one as a draft and says what comes next', async () => {
    await does().add('receipt');
    expect(await only()).toMatchObject({
      workflowId: 'receipt-t1',
      version: 1,
      status: 'draft',
      trigger: { event: 'order.paid' },
      maxAgeHours: 72,
    });
    expect(output()).toContain('npm run workflows -- activate receipt-t1 --stage test');
  });

  it('gives each of them an id of its own', async () => {
    await does().add('receipt');
    await does().add('receipt');
    const ids = (await workflows.all()).map(({ workflowId }) => workflowId);
    expect(ids.sort()).toEqual(['receipt-t1', 'receipt-t2']);
  });

  it('lists the templates when it does not know one', async () => {
    await expect(does().add('newsletter')).rejects.toThrow(
      /^There is no template newsletter\.[\s\S]*\n {2}payment-failed +subscription\.past_due/,
    );
    expect(await workflows.all()).toEqual([]);
  });

  it('activates and pauses, with a version for each change', async () => {
    await does().add('receipt');
    await does().activate('receipt');
    expect(await only()).toMatchObject({ status: 'active', version: 2 });
    await does().activate('receipt-t1');
    expect(printed.at(-1)).toBe('receipt-t1 is active already.');
    await does().pause('receipt');
    expect(await only()).toMatchObject({ status: 'paused', version: 3 });
    await does().pause('receipt');
    expect(await only()).toMatchObject({ status: 'paused', version: 3 });
    await does().list();
    expect(output()).toMatch(
      /^receipt-t1 +paused +order\.paid +transactional +once per order +Receipt$/m,
    );
  });

  it('does not activate marketing without a postal address, and says how to set one', async () => {
    settings = defaultSettings;
    await does().add('welcome');
    expect(output()).toContain('Before it can be activated');
    await expect(does().activate('welcome')).rejects.toThrow(
      /^welcome-t1 cannot be activated\. .*postal address.*\n {2}npm run settings -- set postalAddress/,
    );
    expect(await only()).toMatchObject({ status: 'draft' });
    settings = addressed;
    await does().activate('welcome');
    expect(await only()).toMatchObject({ status: 'active' });
  });

  it('compiles again what it activates, and refuses what no longer compiles', async () => {
    await does().add('receipt');
    const saved = await only();
    if (!saved) throw new Error('Nothing was saved.');
    const compiled = { ...saved.compiled, subject: 'compiled by an older version' };
    await workflows.save({ ...saved, version: 2, compiled });
    await does().activate('receipt');
    expect(await only()).toMatchObject({ compiled: saved.compiled });
    const email = { ...saved.email, subject: '{{ event.total }}' };
    await workflows.save({ ...saved, version: 4, email });
    await expect(does().activate('receipt')).rejects.toThrow(/There is no variable event\.total/);
  });

  it('warns when there is no sender', async () => {
    const parts = { deployment: { unsubscribeUrl: 'https://api.example.com', options: '' } };
    await does(parts).add('receipt');
    await does(parts).activate('receipt');
    expect(output()).toContain('Note: No sender is set up');
    expect(await only()).toMatchObject({ status: 'active' });
    await expect(does(parts).test('receipt', 'you@example.com')).rejects.toThrow(/-c mailFrom=/);
  });

  it('does not overwrite what someone else changed meanwhile', async () => {
    await does().add('receipt');
    const before = await only();
    if (!before) throw new Error('Nothing was saved.');
    await workflows.save({ ...before, version: 2, name: 'Changed by someone else' });
    const reads = { ...workflows, find: async () => before };
    await expect(does({ workflows: reads }).activate('receipt')).rejects.toThrow(
      /^Someone else changed it at the same moment/,
    );
    expect(await only()).toMatchObject({ name: 'Changed by someone else', status: 'draft' });
  });

  it('asks which one where a short id means several, and names all where it means none', async () => {
    const verbs = does();
    await expect(verbs.show('receipt')).rejects.toThrow(/there is none at all yet/);
    await verbs.add('receipt');
    await verbs.add('receipt');
    await expect(verbs.pause('receipt')).rejects.toThrow('Say which one: receipt-t1, receipt-t2.');
    await expect(verbs.show('rec')).rejects.toThrow(/it is one of receipt-t1, receipt-t2\.$/);
  });

  it('removes only what the person says yes to', async () => {
    await does().add('receipt');
    const asked: string[] = [];
    const answering = (answer: boolean) => ({
      confirmed: async (question: string) => {
        asked.push(question);
        return answer;
      },
    });
    await does(answering(false)).remove('receipt', false);
    expect(await only()).toBeDefined();
    expect(asked).toEqual(['Remove receipt-t1 ("Receipt", draft) for good?']);
    await does(answering(true)).remove('receipt', false);
    expect(await workflows.all()).toEqual([]);
    await does().add('receipt');
    await does().remove('receipt', true);
    expect(await workflows.all()).toEqual([]);
  });

  it('does not remove what someone else changed while the person was asked', async () => {
    await does().add('receipt');
    const seen = await only();
    if (!seen) throw new Error('Nothing was saved.');
    const confirmed = async () => workflows.save({ ...seen, version: 2, name: 'Changed' });
    await expect(does({ confirmed }).remove('receipt', false)).rejects.toThrow(
      /^Someone else changed receipt-t1 meanwhile, so it was not removed\./,
    );
    expect(await only()).toMatchObject({ name: 'Changed' });
  });

  it('activates nothing whose sender SES would refuse, and says which would do', async () => {
    await does().add('receipt');
    const saved = await only();
    if (!saved) throw new Error('Nothing was saved.');
    const from = 'Shop <hello@elsewhere.example>';
    await workflows.save({ ...saved, version: 2, email: { ...saved.email, from } });
    await expect(does().activate('receipt')).rejects.toThrow(
      /^receipt-t1 cannot be activated\. From must be an address of example\.com or of a subdomain/,
    );
    expect(await only()).toMatchObject({ status: 'draft' });
    const deployment = {
      mailFrom: 'Example <hello@example.com>',
      mailIdentities: ['elsewhere.example', 'hello@example.com'],
      unsubscribeUrl: 'https://api.example.com/unsubscribe',
      options: '',
    };
    await does({ deployment }).activate('receipt');
    expect(await only()).toMatchObject({ status: 'active' });
  });

  it('shows what a person wrote of a workflow', async () => {
    await does().add('cancellation-scheduled');
    await does().show('cancellation-scheduled');
    expect(output()).toMatch(/^conditions +cancelAtPeriodEnd is true\n +and endedAt is not set$/m);
    expect(output()).toMatch(/^subject +Your cancellation is confirmed$/m);
  });
});

describe('npm run workflows -- test', () => {
  it.each(readyMade)('renders $name with made-up values', async ({ name, email }) => {
    await does().add(name);
    await does().test(name, 'you@example.com');
    const [mail] = mails;
    expect(mail).toMatchObject({ to: 'you@example.com', from: 'Example <hello@example.com>' });
    expect(mail?.subject).toMatch(/^\[Test\] \S/);
    expect(mail?.html).toContain('Ada');
    const isMarketing = email.kind === 'marketing';
    expect(mail?.text.includes('Example Shop, Street 1')).toBe(isMarketing);
    expect(mail?.headers['List-Unsubscribe']).toBe(
      isMarketing ? '<https://api.example.com/unsubscribe/test>' : undefined,
    );
  });

  it('says what SES says', async () => {
    const ses = await startSes();
    try {
      const sesv2 = clientConfig(ses.endpoint);
      const send = (mail: OutgoingMail) => sendTest(mail, sesv2);
      await does({ send }).add('receipt');
      await does({ send }).test('receipt', 'you@example.com');
      expect(ses.sent).toMatchObject([{ to: 'you@example.com', ledgerKey: 'test' }]);
      expect(printed.at(-1)).toContain('SES message ses-1');
      for (const [mood, sentence] of [
        ['reject', /^It was not sent\. SES says: MessageRejected/],
        ['throttle', /^It was not sent\. SES says: TooManyRequestsException/],
        ['lost', /^It may have been sent, look into the mailbox/],
      ] as const) {
        ses.behave([mood][Symbol.iterator]());
        await expect(does({ send }).test('receipt', 'you@example.com')).rejects.toThrow(sentence);
      }
      expect(ses.calls()).toBe(4);
    } finally {
      await ses.stop();
    }
  });
});
