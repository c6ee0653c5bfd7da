import type { Target } from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  oneOf,
  parsed,
  type StackCommand,
  saysNothing,
  text,
  timeFrom,
} from '#infra/terminal/command-line.ts';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';
import { eventOutcomes } from '#shared/store/events/event-log.ts';
import type { EventChoice } from './recorded-events.ts';

/** How the events are to be run again. */
export type ReplayMode = Readonly<{ triggers: boolean; again: boolean }>;

export type ReplayOptions = ReplayMode &
  Readonly<{
    target: Target;
    choice: EventChoice;
    dryRun: boolean;
    /** The id of the run that this one goes on with. */
    run: string | undefined;
    yes: boolean;
    reveal: boolean;
    json: boolean;
  }>;

/** The words of `npm run replay`. */
export function replayWords(
  command: StackCommand,
  act: Act<ReplayOptions>,
  now: () => Date = () => new Date(),
): void {
  command
    .description(
      "Run recorded events again, with today's settings and workflows. Older values never replace newer ones, and no email is sent twice.",
    )
    .addOption(text('--webhook <id>', 'one event'))
    .addOption(
      text(
        '--since <time>',
        'all received since: 24h, 90m, 7d, 2026-11-23 or 2026-11-23T14:30:00Z',
      ),
    )
    .addOption(text('--until <time>', 'but not after this'))
    .addOption(
      parsed(
        '--type <type>',
        'only events of this type, such as order.paid',
        oneOf('--type', supportedEventTypes),
      ),
    )
    .addOption(
      parsed(
        '--outcome <outcome>',
        `only those that were ${eventOutcomes.join(', ')}`,
        oneOf('--outcome', eventOutcomes),
      ),
    )
    .option('--dry-run', 'show what would change and which emails would go out; changes nothing')
    .option('--triggers', 'let workflows see the events: emails that never went out may go out')
    .option('--again', 'with --triggers: also resend emails that went out before')
    .addOption(
      parsed('--run <id>', 'continue an interrupted run; each event counts once', runNamed),
    )
    .option('--yes', "don't ask")
    .option('--reveal', 'show whole addresses')
    .addOption(jsonOption())
    .action((_, self) => {
      if (saysNothing(self)) return self.help();
      const { webhook, since, until, type, outcome, ...rest } = self.optsWithGlobals();
      const { triggers = false, again = false, dryRun = false, run, ...more } = rest;
      const { yes = false, reveal = false, json = false, ...target } = more;
      if (json && !dryRun) throw new Advice('--json only works with --dry-run.');
      if (again && !triggers) throw new Advice('--again resends emails: pass --triggers too.');
      const choice = choiceOf({ webhook, since, until, type, outcome }, now());
      return act({ target, choice, triggers, again, run, dryRun, yes, reveal, json });
    });
}

function runNamed(given: string): string {
  if (/^[\w-]{1,64}$/.test(given)) return given;
  throw new Advice('--run needs the id that the interrupted run printed.');
}

type Given = Readonly<{
  webhook: string | undefined;
  since: string | undefined;
  until: string | undefined;
  type: SupportedEventType | undefined;
  outcome: (typeof eventOutcomes)[number] | undefined;
}>;

function choiceOf({ webhook, since, until, type, outcome }: Given, now: Date): EventChoice {
  if ((webhook === undefined) === (since === undefined)) {
    throw new Advice('Pass which events: --webhook with an id, or --since with a time.');
  }
  if (webhook !== undefined) {
    if (until ?? type ?? outcome) {
      throw new Advice('--webhook means one event: drop --until, --type and --outcome.');
    }
    if (webhook === '') throw new Advice('Pass the webhook id: --webhook msg_…');
    return { kind: 'one', webhookId: webhook };
  }
  const from = timeFrom('since', since ?? '', now);
  const to = until === undefined ? now : timeFrom('until', until, now);
  if (from >= to) throw new Advice('--since must be a time in the past, and before --until.');
  return {
    kind: 'many',
    since: from.toISOString(),
    until: to.toISOString(),
    type,
    outcome,
  };
}
