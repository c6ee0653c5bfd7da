import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { allScopes } from '#infra/local/polar-server/polar-server.ts';
import { tokenGiven } from '#infra/terminal/person.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { customerEmailKeys } from '#shared/polar/customer-emails.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createPlainTable } from '#test/support/cloud/plain-table.ts';
import { startStackInAws } from '#test/support/cloud/stack-in-aws.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';
import { environmentOfTests } from '#test/support/process/environment-of-tests.ts';
import { typed } from '#test/support/process/typed-command.ts';

const ann = {
  ...{ customerId: 'c1', email: 'ann@example.com', name: 'Ann' },
  externalId: null,
  isNew: true,
};

function never(): never {
  throw new Error('There is none.');
}

describe('the command line of npm run connect', () => {
  it('takes the token from standard input, and says what is none without repeating it', async () => {
    expect(await tokenGiven('-', Readable.from(['polar_oat_abc\n']))).toBe('polar_oat_abc');
    const wrong = tokenGiven('polar_pat_mine', Readable.from([]));
    await expect(wrong).rejects.toThrow(/begin with polar_oat_/);
    await expect(wrong).rejects.not.toThrow(/mine/);
  });
});

// Each runs the command several times, which takes its time on a busy machine.
describe('npm run connect, against a stage in AWS', () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  let at: PolarConnection;
  let cloudFormation: Awaited<ReturnType<typeof startStackInAws>>;
  let acts: string;
  let outputs: Record<string, string>;
  beforeAll(async () => {
    dynamo = await startDynamo();
    acts = (await createStackTables(dynamo.client, 'Acts'))('Acts');
  });
  afterAll(() => dynamo.stop());
  beforeEach(async () => {
    at = await startPolarConnection(dynamo.client);
    outputs = {
      WorkflowsTableName: await createPlainTable(dynamo.client, 'workflowId'),
      EmailsTableName: 'Emails',
      SettingsTableName: at.table,
      ActsTableName: acts,
      MailQueueUrl: 'http://127.0.0.1:1/000000000000/mail',
      WebhookUrl: at.receiver.url,
    };
    cloudFormation = await startStackInAws({
      outputs,
      resources: { WebhookSecret: 'WebhookSecret', PolarAccess: 'PolarAccess' },
    });
    onTestFinished(async () => {
      await Promise.all([at.stop(), cloudFormation.stop()]);
    });
  });

  const environment = () => ({
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: cloudFormation.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: at.secretsEndpoint,
    POLAR_API_URL: at.polar.url,
  });
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    typed(['connect', ...args, '--stage', 'staging'], { ...environment(), ...env });

  /** In a process of its own, which reads this from its standard input. */
  async function piped(args: readonly string[], input: string) {
    const command = ['infra/cli.ts', 'connect', ...args, '--stage', 'staging'];
    const child = spawn(process.execPath, command, {
      cwd: fileURLToPath(new URL('../../../../..', import.meta.url)),
      env: { ...environmentOfTests, ...environment() },
    });
    child.stdin.end(input);
    const [out, error, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.on('close', resolve)),
    ]);
    return { out, error, code };
  }

  const createdNow = () => polarPayload('customer.created', ann, new Date());

  async function connected(): Promise<void> {
    const access = at.token();
    await connectPolar(at.parts(access), { access, by: 'ann' });
  }

  async function closeGap(): Promise<void> {
    const known = await at.connections.read();
    if (!known?.gap) throw new Error('There is no gap.');
    await at.connections.closeGap(known, known.gap);
  }

  it('connects with a token from a pipe, or from the environment, and never shows it', async () => {
    const token = at.polar.organizationToken();
    const first = await piped(['--token', '-'], `${token}\n`);
    expect(first).toMatchObject({ code: 0, error: '' });
    expect(first.out).toContain('Created the webhook endpoint');
    expect(first.out).toContain('Connected with Northlight.');
    expect(first.out).not.toContain(token);
    expect(at.webhookSecret().current).toBe(at.polar.endpoints[0]?.secret);
    const again = await run([], { POLAR_TOKEN: token });
    expect(again.out).toContain('Reused the webhook endpoint');
    expect(at.polar.endpoints).toHaveLength(1);
  });

  it('shows what is wrong with the command that mends it, and mends it', async () => {
    await connected();
    Object.assign(at.polar.endpoints[0] ?? {}, { enabled: false });
    const sick = await run(['--status']);
    expect(sick.code).toBe(2);
    expect(sick.out).toMatch(/organization +Northlight \(northlight\), on the local Polar\n/);
    expect(sick.out).toContain('npm run connect -- --repair --stage staging');
    const { out, error, code } = await run(['--status', '--json']);
    expect(code).toBe(2);
    expect(error).toMatch(/^Stage staging: stack /);
    expect(JSON.parse(out)).toEqual({
      connection: expect.objectContaining({ organizationSlug: 'northlight', by: 'ann' }),
      endpoint: {
        ...{ id: at.polar.endpoints[0]?.id, url: expect.any(String), enabled: false },
        events: { has: 10, wanted: 10 },
      },
      deliveries: [],
      failed: { givenUp: 0, stillTried: 0, isMore: false },
      faults: [expect.objectContaining({ kind: 'disabled', repair: 'enable' })],
      notes: [],
      isLocalPolar: true,
      moments: expect.arrayContaining([
        expect.objectContaining({ key: 'order_confirmation', polar: 'on', gets: 'one' }),
      ]),
      emailChanges: [],
      emailsNotTold: null,
    });
    const repaired = (await run(['--repair'])).out;
    expect(repaired).toContain('Enabled it: Polar sends events again.');
    expect(repaired).toContain('Run npm run recover: it redelivers what failed before');
    // What Polar did not record meanwhile is left to recover.
    const left = await run(['--status']);
    expect(left).toMatchObject({ code: 2, out: expect.stringMatching(/endpoint +enabled\n/) });
    expect(left.out).toContain('npm run recover -- --stage staging');
    expect(left.out).not.toContain('--repair');
    await closeGap();
    const well = await run(['--status']);
    expect(well).toMatchObject({ code: 0, out: expect.stringContaining('Nothing is wrong.') });
  });

  it('moves the endpoint to the path that a deployment gave the webhooks, and what failed meanwhile comes', async () => {
    await connected();
    const before = structuredClone(at.polar.endpoints);
    const [early = ''] = await at.polar.emit(createdNow());
    outputs['WebhookUrl'] = at.receiver.moveTo('/webhooks/k3yThatStrangersDoNotKnow');
    const [meanwhile = ''] = await at.polar.emit(createdNow());
    expect(at.receiver.taken).toEqual([early]);

    const sick = await run(['--status']);
    expect(sick.code).toBe(2);
    expect(sick.out).toContain(`sends to another address (${at.receiver.url})`);
    expect(sick.out).toContain('npm run connect -- --repair --stage staging');
    const repaired = await run(['--repair']);
    expect(repaired).toMatchObject({ code: 0, error: '' });
    expect(repaired.out).toContain(`Set its URL to ${outputs['WebhookUrl']}.`);
    const moved = { url: outputs['WebhookUrl'], modified_at: expect.any(String) };
    expect(at.polar.endpoints).toEqual([{ ...before[0], ...moved }]);
    expect(await at.connections.read()).toMatchObject({
      endpointId: before[0]?.id,
      url: outputs['WebhookUrl'],
    });

    const [after = ''] = await at.polar.emit(createdNow());
    await at.polar.redeliver(meanwhile);
    expect(at.receiver.taken).toEqual([early, after, meanwhile]);
    expect((await run(['--status'])).out).toContain('Nothing is wrong.');
  });

  it('says after a repair that a gap is left to close, until it is closed', async () => {
    await connected();
    at.polar.endpoints.splice(0);
    const repaired = await run(['--repair']);
    expect(repaired.out).toContain('Run npm run recover: it fills the gap');
    const sick = await run(['--status']);
    expect(sick.code).toBe(2);
    expect(sick.out).toContain('Webhooks may be missing since ');
    expect(sick.out).toContain('  npm run recover -- --stage staging');
    expect(sick.out).not.toContain('Nothing is wrong.');
    const document = JSON.parse((await run(['--status', '--json'])).out);
    const gap = { since: expect.any(String), known: 'connecting' };
    expect(document).toMatchObject({ connection: { gap }, faults: [] });
    await closeGap();
    expect(await run(['--status'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing is wrong.'),
    });
  });

  it('says which scope the token lacks, where all is well for webhooks', async () => {
    const access = at.token(allScopes.filter((scope) => scope !== 'customers:read'));
    await connectPolar(at.parts(access), { access, by: 'ann' });
    const shown = await run(['--status']);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('Nothing is wrong.');
    const lacks = 'This access lacks the scope customers:read. Webhooks come in, but';
    expect(shown.out).toContain(lacks);
    const { notes } = JSON.parse((await run(['--status', '--json'])).out);
    expect(notes).toEqual([expect.stringContaining(lacks)]);
  });

  it('asks no other Polar while the local one that it is connected with is away', async () => {
    await connected();
    // As npm start without --polar: no Polar here, and this address takes no webhooks of another one.
    const without = { POLAR_API_URL: '' };
    const away = await run(['--status'], without);
    expect(away.code).toBe(2);
    expect(away.out).toContain('The local Polar isn’t running. End this stack, then run npm start');
    expect(away.out).toMatch(/organization +Northlight \(northlight\), on the local Polar\n/);
    expect(away.out).not.toMatch(/api\.polar\.sh|Try again|Who mails/);
    const repaired = await run(['--repair'], without);
    expect(repaired).toMatchObject({
      code: 1,
      error: expect.stringContaining('npm start -- --polar'),
    });
    await at.connections.remove((await at.connections.read()) ?? never());
    await at.access.forget();
    const none = await run(['--status'], without);
    expect(none.error).toContain(
      'To connect a local Polar, end this stack, then run npm start -- --polar.',
    );
    expect(none.error).not.toContain('--token');
  });

  it('shows who mails at each moment, and switches Polar off and on', async () => {
    const access = at.token([...allScopes, 'organizations:write']);
    await connectPolar(at.parts(access), { access, by: 'ann' });
    const shown = await run(['--status']);
    expect(shown).toMatchObject({ code: 0, error: '' });
    for (const key of customerEmailKeys) {
      expect(shown.out).toMatch(new RegExp(` on +none +one +${key}\\n`));
    }
    const off = await run(['--emails-off', 'order_confirmation']);
    expect(off.out).toContain('Polar confirms that it is off.');
    expect((await run(['--status'])).out).toMatch(
      /a purchase is paid +off +none +nothing: nobody mails +order_confirmation/,
    );
    const on = await run(['--emails-on', 'order_confirmation']);
    expect(on.out).toContain('Polar confirms that it is on.');
  });

  it('finds something to do where Polar’s own mails have changed, until they are taken', async () => {
    await connected();
    const [organization] = at.polar.organizations;
    at.polar.state.emailSettings.set(organization?.id ?? '', { subscription_cycled: false });
    const changed = await run(['--status']);
    expect(changed.code).toBe(2);
    expect(changed.out).toContain('subscription_cycled was on and is off');
    expect(changed.out).toContain('npm run connect -- --accept-emails --stage staging');
    expect((await run(['--accept-emails'])).code).toBe(0);
    expect((await run(['--status'])).code).toBe(0);
  });

  it('says until when a previous secret counts, connected or not, and drops it', async () => {
    const document = {
      current: 'polar_whs_the-one-that-counts-now',
      previous: 'polar_whs_the-one-before-it-1',
      previousUntil: new Date(Date.now() + 60_000).toISOString(),
    };
    await at.values.put('WebhookSecret', JSON.stringify(document));
    const status = await run(['--status']);
    expect(status).toMatchObject({ code: 1, error: expect.stringMatching(/^Polar is not conn/) });
    expect(status.out).toContain(`until ${document.previousUntil}.`);
    expect(status.out).toContain('  npm run connect -- --drop-previous --stage staging');
    expect(status.out).not.toContain('polar_whs_');
    expect(await run(['--drop-previous'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Dropped the previous secret'),
    });
    expect(at.webhookSecret()).toEqual({ current: document.current, previous: '' });
  });

  it('disconnects when somebody says yes', async () => {
    await connected();
    expect(await run(['--disconnect'])).toMatchObject({
      code: 1,
      error: expect.stringContaining("There's no terminal to answer in. Pass --yes."),
    });
    expect(at.polar.endpoints).toHaveLength(1);
    expect((await run(['--disconnect', '--yes'])).out).toContain('Disconnected from Northlight');
    expect(at.polar.endpoints).toEqual([]);
    expect(await run(['--status'])).toMatchObject({
      code: 1,
      error:
        'Polar is not connected; the webhook secret is set, so signed webhooks are accepted. Connect it: npm run connect -- --token -\n',
    });
  });

  it('explains what connecting or disconnecting that died left, and ends it', async () => {
    const access = at.token();
    await at.access.save(access);
    const left = await run(['--status']);
    expect(left).toMatchObject({ code: 1 });
    expect(left.error).toContain('access from an unfinished attempt is still stored');
    const forgotten = await run(['--disconnect']);
    expect(forgotten.out).toContain('Deleted the access that an unfinished connect had left');
    expect(at.accessDocument()).toEqual({});

    await connected();
    at.polar.endpoints.splice(0);
    await at.access.forget();
    const halfway = await run(['--status']);
    expect(halfway.out).toContain('No access to Polar is kept here');
    expect(halfway.out).toContain('or disconnect again');
    const ended = await run(['--disconnect', '--yes']);
    expect(ended.out).toContain('an earlier disconnect stopped midway');
    expect(await at.connections.read()).toBeUndefined();
  });

  it('says in one sentence what Polar refuses, and changes nothing', async () => {
    at.polar.setRole('member');
    const token = at.polar.organizationToken();
    const refused = await run(['--token', token]);
    expect(refused).toMatchObject({ code: 1, error: expect.stringMatching(/^Polar does not let/) });
    expect(refused.error).not.toContain(token);
    expect(refused.error.trim().split('\n')).toHaveLength(1);
    expect(await run(['--token', token, '--organization', 'southwind'])).toMatchObject({
      error: expect.stringContaining('does not cover the organization “southwind”'),
    });
    expect(at.accessDocument()).toEqual({});
    expect(await at.connections.read()).toBeUndefined();
  });
});
