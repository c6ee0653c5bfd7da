import {
  type ActDraft,
  type ActObjects,
  type ActVerb,
  holdSentence,
} from '#shared/audience/operator-act.ts';
import type { LetterChoice } from '#shared/queue/dead-letters/letter-choice.ts';
import type { AudienceOptions } from './audience/audience.ts';
import type { BackfillOptions } from './backfill/backfill.ts';
import type { ConnectOptions } from './connect/connect.ts';
import type { DeadLettersOptions } from './dead-letters/dead-letters.ts';
import type { EmailsOptions } from './emails/emails.ts';
import type { MigrateOptions } from './migrate.ts';
import type { RecoverOptions } from './recover/recover.ts';
import type { ReplayOptions } from './replay/options.ts';
import type { RunsOptions } from './runs.ts';
import type { BrandOptions } from './settings/brand.ts';
import type { SettingsOptions } from './settings/settings.ts';
import type { WorkflowsOptions } from './workflows/workflows.ts';

type Noted = ActDraft | 'looks';

/** What each command writes into the operator log, by its name. A command that is missing here is refused by a test. */
export const commandActs = {
  audience: (options: AudienceOptions): Noted => {
    if (options.verb === 'edit') {
      return options.isDryRun ? 'looks' : noted('contact.edit', 'Edit a contact.');
    }
    const { group, isSubscribed } = options.filter;
    const isNarrowed = group !== undefined || isSubscribed !== undefined;
    const sentence = isNarrowed ? 'Export a part of the contacts.' : 'Export all contacts.';
    return noted('audience.export', sentence);
  },

  backfill: ({ isDryRun, restore, since }: BackfillOptions): Noted => {
    if (isDryRun) return 'looks';
    return restore
      ? noted('backfill.restore', 'Lift deletions that a backfill made.')
      : noted('backfill', 'Compare the audience with Polar, and repair it.', {
          ...(since !== undefined && { since }),
        });
  },

  brand: (options: BrandOptions): Noted => {
    switch (options.verb) {
      case 'show':
      case 'history':
        return 'looks';
      case 'set':
        return noted('brand.set', 'Change the brand.', { setting: options.field });
      case 'clear':
        return noted('brand.set', 'Take the brand away.');
      case 'restore':
        return noted('brand.restore', 'Restore an earlier version of the brand.', {
          restored: options.version,
        });
    }
  },

  connect: (options: ConnectOptions): Noted => {
    switch (options.verb) {
      case 'status':
        return 'looks';
      case 'connect':
        return noted('polar.connect', 'Connect Polar with an access token.');
      case 'repair':
        return noted('polar.repair', 'Repair the connection with Polar.');
      case 'drop-previous':
        return noted('secret.drop-previous', 'End the previous webhook secret.');
      case 'accept-emails':
        return noted('polar.mails', "Accept Polar's mails as they are.");
      case 'emails-off':
        return noted('polar.mails', 'Switch off mails of Polar.', { mails: list(options.keys) });
      case 'emails-on':
        return noted('polar.mails', 'Switch on mails of Polar.', { mails: list(options.keys) });
      case 'disconnect':
        return noted('polar.disconnect', 'Disconnect from Polar.');
    }
  },

  console: (): Noted => 'looks',

  deadletters: (options: DeadLettersOptions): Noted => {
    switch (options.verb) {
      case 'list':
      case 'show':
        return 'looks';
      case 'resend':
        return noted('deadletters.resend', 'Send dead letters again.', chosen(options.choice));
      case 'discard':
        return noted('deadletters.discard', 'Discard dead letters.', chosen(options.choice));
      case 'put-back':
        return noted('deadletters.put-back', 'Put a discarded dead letter back.');
    }
  },

  emails: (options: EmailsOptions): Noted => {
    switch (options.verb) {
      case 'list':
      case 'show':
        return 'looks';
      case 'mark-sent':
        return noted('email.mark-sent', 'Mark an email as sent.', key(options));
      case 'send-again':
        return noted('email.send-again', 'Send an email again.', key(options));
      case 'hold':
        return noted('hold', holdSentence(options.why));
      case 'release':
        return noted('release', 'Release all mail.');
    }
  },

  migrate: ({ isDryRun }: MigrateOptions): Noted =>
    isDryRun ? 'looks' : noted('migrate', 'Bring rows of an earlier version up to date.'),

  recover: ({ isDryRun, applyLost, accept, acceptListed }: RecoverOptions): Noted => {
    if (isDryRun) return 'looks';
    const more = [
      applyLost && 'apply lost orders',
      (accept.length > 0 || acceptListed) && 'accept events that never arrive',
    ].filter(Boolean);
    const also = more.length > 0 ? `, and ${more.join(' and ')}` : '';
    return noted('recover', `Close a gap in what Polar delivered${also}.`);
  },

  replay: ({ dryRun, choice, triggers, again, run }: ReplayOptions): Noted => {
    if (dryRun) return 'looks';
    const how = triggers ? 'with workflows' : 'without workflows';
    const twice = again ? ', emails that went before too' : '';
    const on = choice.kind === 'one' ? { webhookId: choice.webhookId } : { since: choice.since };
    return noted('replay', `Replay events, ${how}${twice}.`, { ...on, ...(run && { run }) });
  },

  runs: (options: RunsOptions): Noted => {
    switch (options.verb) {
      case 'show':
        return 'looks';
      case 'stop':
        return noted('run.stop', 'Stop a run of a workflow.', { runId: options.runId });
      case 'stop-all':
        return noted('run.stop', 'Stop all waiting runs of a workflow.', workflow(options));
    }
  },

  settings: (options: SettingsOptions): Noted => {
    switch (options.verb) {
      case 'show':
      case 'history':
        return 'looks';
      case 'set':
        return noted('settings.set', 'Change a setting.', { setting: options.path });
      case 'restore':
        return noted('settings.restore', 'Put an earlier version of the settings back.', {
          restored: options.version,
        });
    }
  },

  status: (): Noted => 'looks',
  acts: (): Noted => 'looks',
  why: (): Noted => 'looks',

  workflows: (options: WorkflowsOptions): Noted => {
    switch (options.verb) {
      case 'list':
      case 'show':
      case 'history':
      case 'runs':
      case 'export':
      case 'plan':
        return 'looks';
      case 'apply':
        return noted('workflow.apply', 'Apply workflows from files.', { plan: options.plan });
      case 'add':
        // Without a name it lists what is ready-made.
        return options.word === ''
          ? 'looks'
          : noted('workflow.add', 'Add a workflow as a draft.', { template: options.word });
      case 'edit':
        return noted('workflow.edit', 'Save a workflow.', workflow(options));
      case 'activate':
        return noted('workflow.activate', 'Activate a workflow.', workflow(options));
      case 'pause':
        return noted('workflow.pause', 'Pause a workflow.', workflow(options));
      case 'remove':
        return noted('workflow.remove', 'Remove a workflow.', workflow(options));
      case 'test':
        return noted('test.sent', 'Send a test of a workflow.', workflow(options));
      case 'restore':
        return noted('workflow.restore', 'Restore an earlier version of a workflow.', {
          ...workflow(options),
          restored: options.version,
        });
    }
  },
} as const;

function noted(what: ActVerb, sentence: string, on: ActObjects = {}): ActDraft {
  return { what, on, sentence };
}

const list = (keys: readonly string[]) => keys.join(',');
const key = ({ ledgerKey }: Readonly<{ ledgerKey: string }>) => ({ ledgerKey });
const workflow = ({ word }: Readonly<{ word: string }>) => ({ workflowId: word });

function chosen(choice: LetterChoice): ActObjects {
  switch (choice.kind) {
    case 'id':
      return { id: choice.id };
    case 'all':
      return { which: 'all' };
    case 'filter': {
      const { type } = choice.filter;
      return { which: 'filtered', ...(type !== undefined && { type }) };
    }
  }
}
