import { expect, it } from 'vitest';
import { momentLines } from '#infra/commands/connect/moments.ts';
import { healthLines } from '#infra/commands/words.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { type MomentRow, momentRows } from '#shared/mail/moments.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';

const connection: Connection = {
  ...{ version: 1, server: 'production', organizationId: 'o1', organizationName: 'Northlight' },
  ...{ organizationSlug: 'northlight', endpointId: 'e1', url: 'https://shop.example.com/webhooks' },
  ...{ method: 'oauth', apiVersion: '2026-04', connectedAt: '2026-11-23T12:00:00.000Z', by: 'ann' },
};
const twice: MomentRow = {
  ...{ key: 'order_confirmation', title: 'a purchase is paid', polar: 'on', ours: 'active' },
  ...{ workflows: [], gets: 'two', mark: 'twice' },
};

it.each([
  ['switch', "Switch Polar's off:\n  npm run connect -- --emails-off order_confirmation --stage t"],
  [
    'sign-in',
    "To switch Polar's off, first sign in again on the console's Polar page, with the scope organizations:write:\n  npm run console -- --stage t\nThen:\n  npm run connect -- --emails-off order_confirmation --stage t",
  ],
  [
    'check-token',
    "Switch Polar's off, if your token has the scope organizations:write:\n  npm run connect -- --emails-off order_confirmation --stage t",
  ],
] as const)('offers to switch Polar’s mails off, with what comes first: %s', (first, expected) => {
  const mails = { rows: [twice], changes: [] };
  const lines = momentLines(connection, mails, { first, options: ' --stage t' }).join('\n');
  expect(lines).toContain(
    `\nCustomers get more than one mail at a moment. Keep one.\n${expected}\n`,
  );
});

it('says which workflow is paused while another of the same moment is active', () => {
  const { events } = defaultSettings;
  const statuses = { dunning: 'paused', failed: 'active' } as const;
  const workflows = Object.entries(statuses).map(([workflowId, status]) => ({
    ...{ workflowId, status, name: workflowId, version: 1, frequency: 'every-time' as const },
    trigger: { event: 'subscription.past_due' as const, conditions: [] },
  }));
  const options = { first: 'switch', options: '' } as const;
  const linesOf = (all: typeof workflows) => {
    const rows = momentRows({ subscription_past_due: true }, all, events);
    return momentLines(connection, { rows, changes: [] }, options).join('\n');
  };
  expect(linesOf(workflows)).toMatch(/on +active \(dunning paused, failed\) +two/);
  expect(linesOf(workflows.slice(0, 1))).toMatch(/on +paused \(dunning\) +one/);
});

it.each([
  ['http://127.0.0.1:4705', 'production', 'on the local Polar'],
  ['https://api.polar.sh', 'production', 'production'],
  ['https://sandbox-api.polar.sh', 'sandbox', 'sandbox'],
] as const)('says of a connection by %s in which Polar it is', (apiUrl, server, expected) => {
  const health = {
    ...{ surplus: [], deliveries: [] },
    ...{ failed: { givenUp: 0, stillTried: 0, isMore: false }, faults: [] },
  };
  const [first] = healthLines({ ...connection, server }, health, { options: '', apiUrl });
  expect(first).toMatch(new RegExp(`^organization +Northlight \\(northlight\\), ${expected}$`));
});
