import { type Print, type StackCommands, stackCommands } from '#infra/terminal/command-line.ts';

/** Every command of the engineer's, by the name of its npm script. Each is loaded when it is called. */
export const commands: StackCommands = {
  acts: {
    does: 'show the log: who did what in the console and with commands',
    load: async () => (await import('./acts.ts')).actsCommand,
  },
  audience: {
    does: 'edit a contact, export contacts as CSV',
    load: async () => (await import('./audience/audience.ts')).audienceCommand,
  },
  backfill: {
    does: "compare the audience with Polar's customers, and repair it",
    load: async () => (await import('./backfill/backfill.ts')).backfillCommand,
  },
  brand: {
    does: 'show and change the brand of all mails, restore earlier versions',
    load: async () => (await import('./settings/brand.ts')).brandCommand,
  },
  connect: {
    does: 'connect Polar, show, repair or end the connection',
    load: async () => (await import('./connect/connect.ts')).connectCommand,
  },
  console: {
    does: 'open the console of a deployed stage',
    load: async () => (await import('./console-door/console.ts')).consoleCommand,
  },
  deadletters: {
    does: 'list dead letters and why they died, send them again, discard them',
    load: async () => (await import('./dead-letters/dead-letters.ts')).deadLettersCommand,
  },
  emails: {
    does: 'list emails, settle those with an unknown outcome, hold all mail',
    load: async () => (await import('./emails/emails.ts')).emailsCommand,
  },
  migrate: {
    does: 'update rows that an earlier version wrote',
    load: async () => (await import('./migrate.ts')).migrateCommand,
  },
  recover: {
    does: 'close the gap after an outage',
    load: async () => (await import('./recover/recover.ts')).recoverCommand,
  },
  replay: {
    does: 'run recorded events again',
    load: async () => (await import('./replay/replay.ts')).replayCommand,
  },
  runs: {
    does: 'show and stop runs of workflows with several steps',
    load: async () => (await import('./runs.ts')).runsCommand,
  },
  settings: {
    does: 'show, change and fix the settings, restore earlier versions',
    load: async () => (await import('./settings/settings.ts')).settingsCommand,
  },
  status: {
    does: 'show the state of everything on one page, and what to do next',
    load: async () => (await import('./status/status.ts')).statusCommand,
  },
  why: {
    does: 'show what became of an address, a webhook or an email, and why',
    load: async () => (await import('./why/why.ts')).whyCommand,
  },
  workflows: {
    does: 'add, edit, test, activate, pause, restore and remove workflows, keep them as files',
    load: async () => (await import('./workflows/workflows.ts')).workflowsCommand,
  },
};

/** The program of all commands, whose help goes to `print`. What one is asked for is read by the time of its stack. */
export function engineersProgram(print?: Print) {
  return stackCommands(commands, print).hook('preAction', async (_, command) => {
    const { followChosen } = await import('./deployment/deployment.ts');
    await followChosen(command.optsWithGlobals());
  });
}
