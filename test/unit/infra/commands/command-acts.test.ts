import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actsCommand } from '#infra/commands/acts.ts';
import { audienceCommand } from '#infra/commands/audience/audience.ts';
import { backfillCommand } from '#infra/commands/backfill/backfill.ts';
import { commandActs } from '#infra/commands/command-acts.ts';
import { commands } from '#infra/commands/commands.ts';
import { connectCommand } from '#infra/commands/connect/connect.ts';
import { consoleCommand } from '#infra/commands/console-door/console.ts';
import { deadLettersCommand } from '#infra/commands/dead-letters/dead-letters.ts';
import { emailsCommand } from '#infra/commands/emails/emails.ts';
import { migrateCommand } from '#infra/commands/migrate.ts';
import { recoverCommand } from '#infra/commands/recover/recover.ts';
import { replayWords } from '#infra/commands/replay/options.ts';
import { runsCommand } from '#infra/commands/runs.ts';
import { brandCommand } from '#infra/commands/settings/brand.ts';
import { settingsCommand } from '#infra/commands/settings/settings.ts';
import { statusCommand } from '#infra/commands/status/status.ts';
import { whyCommand } from '#infra/commands/why/why.ts';
import { workflowsCommand } from '#infra/commands/workflows/workflows.ts';
import { stackCommands } from '#infra/terminal/command-line.ts';
import { keptObjects } from '#shared/audience/operator-act.ts';
import { wordsRead } from '#test/support/words-read.ts';

const environment = {};
const commandsFolder = new URL('../../../../infra/commands/', import.meta.url);

/** What a command line is noted as. */
const noted = {
  acts: (args: string[]) => actOf('acts', actsCommand, commandActs.acts, args),
  audience: (args: string[]) => actOf('audience', audienceCommand, commandActs.audience, args),
  backfill: (args: string[]) =>
    actOf('backfill', (c, act) => backfillCommand(c, act, environment), commandActs.backfill, args),
  brand: (args: string[]) => actOf('brand', brandCommand, commandActs.brand, args),
  connect: (args: string[]) =>
    actOf('connect', (c, act) => connectCommand(c, act, environment), commandActs.connect, args),
  console: (args: string[]) => actOf('console', consoleCommand, commandActs.console, args),
  deadletters: (args: string[]) =>
    actOf('deadletters', deadLettersCommand, commandActs.deadletters, args),
  emails: (args: string[]) => actOf('emails', emailsCommand, commandActs.emails, args),
  migrate: (args: string[]) => actOf('migrate', migrateCommand, commandActs.migrate, args),
  recover: (args: string[]) => actOf('recover', recoverCommand, commandActs.recover, args),
  replay: (args: string[]) => actOf('replay', replayWords, commandActs.replay, args),
  runs: (args: string[]) => actOf('runs', runsCommand, commandActs.runs, args),
  settings: (args: string[]) => actOf('settings', settingsCommand, commandActs.settings, args),
  status: (args: string[]) => actOf('status', statusCommand, commandActs.status, args),
  why: (args: string[]) => actOf('why', whyCommand, commandActs.why, args),
  workflows: (args: string[]) => actOf('workflows', workflowsCommand, commandActs.workflows, args),
} as const;

type Words<Options> = (
  command: Parameters<typeof actsCommand>[0],
  act: (options: Options) => void,
) => void;

async function actOf<Options>(
  name: string,
  words: Words<Options>,
  act: (options: Options) => ReturnType<typeof commandActs.emails>,
  args: string[],
) {
  let found: ReturnType<typeof act> | undefined;
  await wordsRead(
    name,
    (command) =>
      words(command, (options) => {
        found = act(options);
      }),
    args,
  );
  return found;
}

const lines: readonly (readonly [line: string, what: string])[] = [
  ['acts', 'looks'],
  ['audience export', 'audience.export'],
  ['audience edit you@example.com --group VIP', 'contact.edit'],
  ['audience edit you@example.com --group VIP --dry-run', 'looks'],
  ['backfill', 'backfill'],
  ['backfill --dry-run', 'looks'],
  ['backfill --restore', 'backfill.restore'],
  ['brand show', 'looks'],
  ['brand history', 'looks'],
  ['brand set name Northlight', 'brand.set'],
  ['brand clear', 'brand.set'],
  ['brand restore 2', 'brand.restore'],
  ['connect --status', 'looks'],
  ['connect --token polar_oat_x', 'polar.connect'],
  ['connect --repair', 'polar.repair'],
  ['connect --drop-previous', 'secret.drop-previous'],
  ['connect --accept-emails', 'polar.mails'],
  ['connect --emails-off a,b', 'polar.mails'],
  ['connect --emails-on a', 'polar.mails'],
  ['connect --disconnect', 'polar.disconnect'],
  ['console', 'looks'],
  ['deadletters list', 'looks'],
  ['deadletters show evt-1', 'looks'],
  ['deadletters resend --all', 'deadletters.resend'],
  ['deadletters discard evt-1', 'deadletters.discard'],
  ['deadletters put-back a.json', 'deadletters.put-back'],
  ['emails list', 'looks'],
  ['emails show key', 'looks'],
  ['emails mark-sent key', 'email.mark-sent'],
  ['emails send-again key', 'email.send-again'],
  ['emails hold why', 'hold'],
  ['emails release', 'release'],
  ['migrate', 'migrate'],
  ['migrate --dry-run', 'looks'],
  ['recover', 'recover'],
  ['recover --dry-run', 'looks'],
  ['replay --webhook evt-1', 'replay'],
  ['replay --webhook evt-1 --dry-run', 'looks'],
  ['runs show run', 'looks'],
  ['runs stop run', 'run.stop'],
  ['runs stop --workflow dunning', 'run.stop'],
  ['settings show', 'looks'],
  ['settings history', 'looks'],
  ['settings set newContacts subscribed', 'settings.set'],
  ['settings restore 3', 'settings.restore'],
  ['status', 'looks'],
  ['why evt-1', 'looks'],
  ['workflows list', 'looks'],
  ['workflows show welcome', 'looks'],
  ['workflows history welcome', 'looks'],
  ['workflows runs dunning', 'looks'],
  ['workflows add', 'looks'],
  ['workflows add welcome', 'workflow.add'],
  ['workflows edit welcome', 'workflow.edit'],
  ['workflows test welcome --to you@example.com', 'test.sent'],
  ['workflows activate welcome', 'workflow.activate'],
  ['workflows pause welcome', 'workflow.pause'],
  ['workflows restore welcome 2', 'workflow.restore'],
  ['workflows export flows', 'looks'],
  ['workflows plan flows', 'looks'],
  ['workflows apply flows --plan 0123456789ab-0123456789ab', 'workflow.apply'],
  ['workflows remove welcome', 'workflow.remove'],
];

const isKnown = (name: string): name is keyof typeof noted => name in noted;

describe('the operator log', () => {
  it.each(lines)('has "npm run %s" as %s', async (line, what) => {
    const [name = '', ...args] = line.split(' ');
    if (!isKnown(name)) throw new Error(`No command ${name}`);
    const act = await noted[name](args);
    expect(act === 'looks' ? act : act?.what).toBe(what);
    if (act && act !== 'looks') expect(JSON.stringify(act)).not.toMatch(/you@example|polar_oat/);
  });

  it('is written by every command, with every verb that it has', async () => {
    const program = stackCommands(commands);
    const forgotten: string[] = [];
    for (const [name, { load }] of Object.entries(commands)) {
      const command = program.commands.find((one) => one.name() === name);
      if (command) (await load())(command as Parameters<typeof actsCommand>[0]);
      const verbs = command?.commands.map((one) => one.name()) ?? [];
      const typed = verbs.length > 0 ? verbs.map((verb) => `${name} ${verb}`) : [name];
      const isListed = (words: string) =>
        lines.some(([line]) => `${line} `.startsWith(`${words} `));
      forgotten.push(...typed.filter((words) => !isListed(words)));
    }
    expect(forgotten).toEqual([]);
  });

  it('is asked before each command that acts', () => {
    const read = (file: string) => readFileSync(new URL(file, commandsFolder), 'utf8');
    const listed = read('commands.ts');
    const source = (name: string) =>
      read(new RegExp(`  ${name}: \\{[^}]*import\\('(.+?)'\\)`).exec(listed)?.[1] ?? name);
    const acting = new Set(
      lines.filter(([, what]) => what !== 'looks').map(([line]) => line.split(' ')[0] ?? ''),
    );
    expect(acting.size).toBe(12);
    for (const name of acting) expect(source(name)).toContain(`noting(commandActs.${name}, `);
  });

  it('keeps neither what is no id nor what is too long to be one', () => {
    const on = {
      a: 'x'.repeat(201),
      b: 'two words',
      c: 'a@b.c',
      d: '',
      e: 'evt_1',
      f: 2,
      g: 'a%40b.c',
    };
    const none = 'not kept: no id';
    expect(keptObjects(on)).toEqual({ a: none, b: none, c: none, e: 'evt_1', f: 2, g: none });
  });
});
