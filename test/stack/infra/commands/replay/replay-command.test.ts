import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { customerCreated, startDeadLetters } from '#test/support/audience/dead-letters-at-work.ts';
import { startStackInAws } from '#test/support/cloud/stack-in-aws.ts';
import { typed } from '#test/support/process/typed-command.ts';

let dead: Awaited<ReturnType<typeof startDeadLetters>>;
let cloudFormation: Awaited<ReturnType<typeof startStackInAws>>;
beforeAll(async () => {
  dead = await startDeadLetters();
  const { tableOf } = dead.audience;
  const tables = [
    ...['Contacts', 'Customers', 'Addresses', 'Suppressions', 'Events', 'Emails', 'Runs'],
    ...['Words', 'Workflows'],
  ];
  cloudFormation = await startStackInAws({
    outputs: {
      WorkflowsTableName: tableOf('Workflows'),
      EmailsTableName: tableOf('Emails'),
      SettingsTableName: tableOf('Settings'),
      ActsTableName: tableOf('Acts'),
      MailQueueUrl: dead.mail.sourceUrl,
      WebhookUrl: 'https://api.example.com/webhooks/polar',
    },
    resources: {
      ...Object.fromEntries(tables.map((id) => [id, tableOf(id)])),
      EventsQueue: dead.events.sourceUrl,
      SuppressionKey: 'SuppressionKey',
    },
  });
});
afterAll(() => Promise.all([dead.stop(), cloudFormation.stop()]));

/** Runs the command as its npm script does, against a stage in AWS, while the worker works. */
async function replay(...args: readonly string[]) {
  const { AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SECRETS_MANAGER } = process.env;
  const command = typed(['replay', ...args, '--stage', 'staging'], {
    HOME: dead.folder,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: cloudFormation.endpoint,
    AWS_ENDPOINT_URL_SQS: dead.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB,
    AWS_ENDPOINT_URL_SECRETS_MANAGER,
  });
  let isOver = false;
  const worker = (async () => {
    while (!isOver) {
      await dead.work();
      await setTimeout(200);
    }
  })();
  try {
    return await command;
  } finally {
    isOver = true;
    await worker;
  }
}

it('npm run replay shows what it would do, does it, and wants a person to agree to many', async () => {
  const off = structuredClone(defaultSettings);
  off.events['customer.created'].enabled = false;
  for (const id of ['c-1', 'c-2']) await dead.queueWebhook(`hook-${id}`, customerCreated(id));
  await dead.work({ settings: async () => off });

  const dry = await replay('--webhook', 'hook-c-1', '--dry-run', '--reveal');
  expect(dry).toMatchObject({ code: 2 });
  expect(dry.out).toContain('    email: nothing → "c-1@example.com"');
  expect(dry.out).toContain('npm run replay -- --webhook hook-c-1 --stage staging');
  expect(await dead.audience.contact('c-1@example.com')).toBeUndefined();

  const one = await replay('--webhook', 'hook-c-1');
  expect(one).toMatchObject({ code: 0 });
  expect(one.out).toContain('1 replay recorded:\n  1 ×  applied');
  expect(await dead.audience.contact('c-1@example.com')).toBeDefined();
  expect(await dead.audience.contact('c-2@example.com')).toBeUndefined();

  const unsure = await replay('--since', '1h');
  expect(unsure.code).toBe(1);
  expect(unsure.error).toMatch(
    /^Replay 2 events .* There's no terminal to answer in\. Pass --yes\.$/m,
  );
  const many = await replay('--since', '1h', '--yes');
  expect(many.out).toMatch(/^2 replays recorded:\n {2}1 × {2}/m);
  expect(await dead.audience.contact('c-2@example.com')).toBeDefined();
}, 600_000);
