import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalisedEmailSchema } from '#shared/audience/person/address.ts';
import { storedWorkflowSchema } from '#shared/audience/workflow.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { failureRowOf } from '#shared/queue/failures.ts';
import { recordedOf } from '#shared/store/events/event-item.ts';
import { settingsOfVersion } from '#shared/store/settings/history.ts';
import { startUpgraded, textIn, type Upgraded } from './upgraded-stack.ts';
import { keptVersions } from './version-folder.ts';

describe.each(keptVersions)('the code of today reads, of version %s,', (version) => {
  let upgraded: Upgraded;
  beforeAll(async () => {
    upgraded = await startUpgraded(version);
  });
  afterAll(() => upgraded?.stop());

  const rowsOf = (table: string) => {
    const rows = upgraded.kept.rows.get(table) ?? [];
    expect(rows.length).toBeGreaterThan(0);
    return rows;
  };

  it.each([
    ['customers', 'Customers', 'customerId'],
    ['addresses', 'Addresses', 'email'],
    ['contacts', 'Contacts', 'email'],
  ] as const)('all %s, with what is in their rows', async (kind, table, keyName) => {
    for (const row of rowsOf(table)) {
      const key = normalisedEmailSchema.parse(textIn(row, keyName));
      const known = await upgraded.stack.parts.store.load([{ kind, key }]);
      const { creationShard, externalIdKey, groupShard, revision, ...content } = unmarshall(row);
      const read = known[kind].get(key);
      expect(read?.row).toMatchObject(content);
      expect(read?.revision).toBe(revision);
    }
  });

  it('the suppression of each address that said no', async () => {
    const { store } = upgraded.stack.parts;
    const reasons = new Set<string>();
    const { customers } = upgraded.kept.story;
    let found = 0;
    for (const { email } of Object.values(customers)) {
      const known = await store.load([{ kind: 'suppressions', key: email }]);
      const suppression = known.suppressions.get(email)?.row;
      if (!suppression) continue;
      found += 1;
      for (const reason of Object.keys(suppression.reasons)) reasons.add(reason);
    }
    expect([...reasons].sort()).toEqual(['bounced', 'complained', 'unsubscribed']);
    expect(found).toBe(rowsOf('Suppressions').length);
  });

  it('all event records, and their payloads as Polar sent them', async () => {
    const kinds = { kept: 0, none: 0 };
    for (const row of rowsOf('Events')) {
      const { record, payload } = recordedOf(unmarshall(row));
      expect(record.webhookId).toBe(textIn(row, 'webhookId'));
      kinds[payload === undefined ? 'none' : 'kept'] += 1;
      if (payload === undefined) continue;
      expect(polarEvent(payload)).toMatchObject({
        kind: 'event',
        event: { type: record.type, customer: { id: record.customerId } },
      });
    }
    expect(kinds).toEqual({ kept: expect.any(Number), none: expect.any(Number) });
    expect(Math.min(kinds.kept, kinds.none)).toBeGreaterThan(0);
  });

  it('all emails of the ledger, in every state', async () => {
    const states = new Set<string>();
    for (const row of rowsOf('Emails')) {
      const email = await upgraded.stack.parts.emails.find(textIn(row, 'ledgerKey'));
      expect(email).toMatchObject({
        workflowId: textIn(row, 'workflowId'),
        webhookId: textIn(row, 'webhookId'),
      });
      states.add(email?.state ?? '');
    }
    const all = ['blocked', 'failed', 'reserved', 'sent', 'unknown', 'waiting'];
    expect([...states].sort()).toEqual(all);
  });

  it('all workflows, whatever their status', async () => {
    const workflows = await upgraded.stack.parts.workflows.all();
    expect(new Set(workflows.map(({ status }) => status))).toEqual(
      new Set(['draft', 'active', 'paused']),
    );
    expect(workflows).toHaveLength(rowsOf('Workflows').length);
    for (const row of rowsOf('Workflows')) {
      expect(workflows).toContainEqual(
        expect.objectContaining(storedWorkflowSchema.parse(unmarshall(row))),
      );
    }
  });

  it('the settings in every version that they had', async () => {
    const { db, parts, tables } = upgraded.stack;
    const settings = await parts.settings();
    expect(settings).toMatchObject({
      postalAddress: 'Example Shop, 1 Example Street, Exampleton',
      events: { 'subscription.active': { userGroup: 'Members', userGroupMode: 'always' } },
    });
    for (let one = 1; one <= settings.version; one++) {
      const saved = await settingsOfVersion(db, tables['Settings'] ?? '', one);
      expect(saved).toMatchObject({ version: one, savedBy: 'the local console' });
    }
  });

  it('all reasons of failures', () => {
    for (const row of rowsOf('Failures')) {
      expect(failureRowOf(unmarshall(row))).toMatchObject({
        lastReason: textIn(row, 'lastReason'),
      });
    }
  });
});
