import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { recordedEvents } from '#infra/commands/replay/recorded-events.ts';
import { pastEvents } from '#infra/commands/workflows/files/past-events.ts';
import type { WorkflowParts } from '#infra/commands/workflows/verbs.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { eventItem, readRecord } from '#shared/store/events/event-item.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { workflowsAtWork } from './workflow-commands-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: Awaited<ReturnType<typeof workflowsAtWork>>;
let folder: string;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await workflowsAtWork(dynamo.client);
  await at.does().add('receipt');
  await at.does().activate('receipt');
  const root = await mkdtemp(join(tmpdir(), 'workflows-files-'));
  onTestFinished(() => rm(root, { recursive: true }));
  folder = join(root, 'flows');
  await at.does().files.exportTo(folder);
});

const pathOf = (id: string) => join(folder, `${id}.md`);
const textOf = (id: string) => readFile(pathOf(id), 'utf8');

async function edit(change: (text: string) => string, id = 'receipt-t1') {
  await writeFile(pathOf(id), change(await textOf(id)));
}

/** Plans, and gives the id of the plan. */
async function planned(changed: Partial<WorkflowParts> = {}): Promise<string> {
  at.printed.length = 0;
  expect(await at.does(changed).files.plan(folder)).toBe('work');
  return /--plan (\S+) --stage test/.exec(at.output())?.[1] ?? 'none';
}

const rename = (text: string) => text.replace(/^name: .*$/m, 'name: Bill');

describe('npm run workflows -- export, plan, apply', () => {
  it('has nothing to do right after an export, and says where to go on', async () => {
    expect(at.output()).toContain('receipt-t1.md  version 2, written');
    expect(await at.does().files.plan(folder)).toBe('nothing');
    expect(at.output()).toContain('1 unchanged. Nothing was changed.');
    await at.does().files.exportTo(folder);
    expect(at.output()).toContain('receipt-t1.md  version 2, as it was');
  });

  it('warns of two active workflows that mail the same people, also where both come with the plan', async () => {
    const active = (await textOf('receipt-t1')).replace('version: 2\n', '');
    await writeFile(pathOf('thanks'), active.replace(/^name: .*$/m, 'name: Thanks'));
    await writeFile(pathOf('later'), active.replace('status: active', 'status: draft'));
    const id = await planned();
    const ofThanks =
      '  Note: receipt-t1 (“Receipt”) also mails these people at order.paid. While both are active, they get both emails.';
    expect(
      at
        .output()
        .split('\n')
        .filter((line) => line.includes('also mails')),
    ).toEqual([ofThanks]);
    const found: object[] = [];
    await at.does({ document: (one) => found.push(one) }).files.plan(folder);
    expect(found).toMatchObject([
      {
        workflows: [
          { workflowId: 'later', alsoMailing: [] },
          { workflowId: 'receipt-t1' },
          { workflowId: 'thanks', alsoMailing: ['receipt-t1'] },
        ],
      },
    ]);
    at.printed.length = 0;
    const { events } = defaultSettings;
    const off = { ...events, 'order.paid': { ...events['order.paid'], enabled: false } };
    await at
      .does({ settings: async () => ({ ...defaultSettings, events: off }) })
      .files.plan(folder);
    expect(at.output()).toContain('order.paid is switched off');
    expect(at.output()).not.toContain('also mails');
    await at.does().files.apply(folder, id, true);
    expect(at.output()).toContain(`thanks: new, then active\n${ofThanks}\n`);
  });

  it('does what was planned, once, and notes the new versions in the files', async () => {
    await edit(rename);
    await writeFile(
      pathOf('thanks'),
      (await textOf('receipt-t1')).replace(/version: 2\nstatus: active\n/, ''),
    );
    const plan = await planned();
    expect(at.output()).toContain('thanks: new, as draft');
    expect(await at.workflows.all()).toHaveLength(1);

    await at.does().files.apply(folder, plan, true);
    expect(await at.workflows.find('receipt-t1')).toMatchObject({
      ...{ version: 3, name: 'Bill', status: 'active' },
    });
    expect(await at.workflows.find('thanks')).toMatchObject({ version: 1, status: 'draft' });
    expect(await textOf('receipt-t1')).toContain('version: 3\nstatus: active\nname: Bill');
    expect(await at.does().files.plan(folder)).toBe('nothing');
    await expect(at.does().files.apply(folder, plan, true)).rejects.toThrow(
      /changed since that plan/,
    );
  });

  it('asks first, and takes no for an answer', async () => {
    await edit(rename);
    const asked: string[] = [];
    const confirmed = async (question: string) => asked.push(question) < 1;
    await at.does({ confirmed }).files.apply(folder, await planned(), false);
    expect(asked).toEqual(['Apply this workflow?']);
    expect(await at.only()).toMatchObject({ version: 2 });
  });

  it('overwrites nothing that somebody saves while it asks', async () => {
    await edit(rename);
    const confirmed = async () => {
      await at.does().pause('receipt');
      return true;
    };
    const plan = await planned();
    await expect(at.does({ confirmed }).files.apply(folder, plan, false)).rejects.toThrow(
      /^Somebody else changed receipt-t1 meanwhile, so it was left alone\. 0 of 1 were applied\./,
    );
    expect(await at.only()).toMatchObject({ version: 3, status: 'paused', name: 'Receipt' });
  });

  it('pauses and activates as the file says', async () => {
    await edit((text) => rename(text).replace('status: active', 'status: paused'));
    await at.does().files.apply(folder, await planned(), true);
    expect(await at.only()).toMatchObject({ version: 4, status: 'paused', name: 'Bill' });
    await edit((text) => text.replace('status: paused', 'status: active'));
    await at.does().files.apply(folder, await planned(), true);
    expect(await at.only()).toMatchObject({ version: 5, status: 'active' });
  });

  it('refuses a plan once a file or a workflow is another', async () => {
    await edit(rename);
    const plan = await planned();
    await edit((text) => `${text}\nP.S.\n`);
    await expect(at.does().files.apply(folder, plan, true)).rejects.toThrow(
      /^The files changed since/,
    );
    const next = await planned();
    await at.does().pause('receipt');
    await expect(at.does().files.apply(folder, next, true)).rejects.toThrow(
      /^Workflows of the stack changed since/,
    );
    expect(await at.only()).toMatchObject({ version: 3, status: 'paused' });
  });

  it('shows what somebody changed elsewhere as drift, and leaves it alone', async () => {
    await edit(rename);
    await at.does().pause('receipt');
    expect(await planned()).toBe('none');
    expect(at.output()).toContain('drift: the file is of version 2, and the stack has version 3');
    expect(at.output()).toMatch(/Changed elsewhere:\n {4}status:\n {6,}- active\n {6,}\+ paused/);
    await edit((text) => text.replace('version: 2', 'version: 3'));
    await at.does().files.apply(folder, await planned(), true);
    expect(await at.only()).toMatchObject({ name: 'Bill', status: 'active' });
  });

  it('refuses files with problems as a whole', async () => {
    await edit(rename);
    const plan = await planned();
    await writeFile(pathOf('thanks'), 'Hi');
    expect(await at.does().files.plan(folder)).toBe('problems');
    expect(at.output()).toContain('thanks.md: It must begin with YAML');
    await expect(at.does().files.apply(folder, plan, true)).rejects.toThrow(/Nothing was done/);
    expect(await at.only()).toMatchObject({ version: 2 });
  });

  it('says which mails of recorded events would not have gone', async () => {
    const db = documentClient(dynamo.client);
    const table = at.tableOf('Events');
    const now = new Date('2026-11-23T12:00:00.000Z');
    const record: EventRecord = {
      ...{ webhookId: 'evt-1', type: 'order.paid', occurredAt: '2026-11-20T12:00:00.000Z' },
      ...{ receivedAt: '2026-11-20T12:00:01.000Z', outcome: 'applied', changes: [] },
      ...{ settingsVersion: 1, customerId: 'c1', email: normalisedEmail('ann@example.com') },
      properties: { customerId: 'c1', orderId: 'o1', billingReason: 'purchase' },
    };
    await db.send(new PutCommand({ TableName: table, Item: eventItem(record, '{}', 90) }));
    await edit((text) =>
      text.replace(
        'event: order.paid\n',
        'event: order.paid\nconditions:\n  - billingReason is renewal\n',
      ),
    );
    const documents: unknown[] = [];
    const parts: Partial<WorkflowParts> = {
      pastEvents: (types) =>
        pastEvents(types, {
          events: recordedEvents(db, table),
          recordOf: (webhookId) => readRecord(db, table, webhookId),
          ...{ now, days: 30, mostEvents: 100, mostListed: 100 },
        }),
    };
    await planned(parts);
    expect(at.output()).toContain('Mails for those events: 0, before 1.');
    expect(at.output()).toMatch(/1 would not have gone, such as\n.*a\*\*\*@example\.com/);
    await at.does({ ...parts, document: (found) => documents.push(found) }).files.plan(folder);
    expect(documents).toMatchObject([
      {
        workflows: [{ kind: 'changed', effect: { before: 1, after: 0, gone: { count: 1 } } }],
        events: { count: 1 },
      },
    ]);
  });

  it('says who would be stopped, and stops nobody on the word of --yes alone', async () => {
    await at.does().add('dunning');
    await at.does().files.exportTo(folder);
    await edit((text) => text.replaceAll('wait-1', 'wait-other'), 'dunning-t1');
    const waitingAt = async (_: string, stepId: string) => (stepId === 'wait-1' ? 7 : 0);
    const plan = await planned({ waitingAt });
    const who = 'dunning-t1: stops people who wait at steps that go (7 at wait-1)';
    expect(at.output()).toContain(who);
    await expect(at.does({ waitingAt }).files.apply(folder, plan, true)).rejects.toThrow(
      /--yes doesn't agree to that\. Nothing was done\.[\s\S]* --plan \S+ --yes --stop-waiting --stage test$/,
    );
    const asked: string[] = [];
    const confirmed = async (question: string) => {
      asked.push(question);
      return false;
    };
    await at.does({ waitingAt, confirmed }).files.apply(folder, plan, false);
    expect(asked).toEqual(['Apply this workflow, and stop those who wait at steps that go?']);
    expect(await at.workflows.find('dunning-t1')).toMatchObject({ version: 1 });
    await at.does({ waitingAt }).files.apply(folder, plan, true, true);
    expect(await at.workflows.find('dunning-t1')).toMatchObject({ version: 2 });
  });
});
