import { parseArgs } from 'node:util';
import type { Target } from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { commonHelp, commonOptions, readArguments } from '#infra/terminal/command-line.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { eventOutcomes } from '#shared/store/events/event-log.ts';
import type { EventChoice } from './recorded-events.ts';

export const replayHelp = `Runs recorded events once more, by the settings and workflows of now. A contact gets nothing
that is older than what it has, and no email is sent twice.

  npm run replay -- --webhook <id>       one event
  npm run replay -- --since <time>       all that came in since: 24h, 90m, 7d, 2026-11-23 or
                                         2026-11-23T14:30:00Z
      --until <time>                     and not after this
      --type <type>                      only such events: order.paid
      --outcome <outcome>                only those that were ${eventOutcomes.join(', ')}

  --dry-run           shows what would change and which emails would go, and changes nothing
  --triggers          workflows see the events, too: emails that never went may go out
  --again             with --triggers: emails that went out before go out once more
  --run <id>          goes on with a run that was interrupted; it counts each event once
  --yes               does not ask
  --reveal            shows addresses whole
${commonHelp}`;

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
  }>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function replayOptions(args: readonly string[], now: Date): ReplayOptions | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const which = { webhook: text, since: text, until: text, type: text, outcome: text };
  const how = { 'dry-run': flag, triggers: flag, again: flag, run: text, yes: flag, reveal: flag };
  const options = { ...commonOptions, ...which, ...how };
  const { values } = readArguments('replay', () => parseArgs({ args: [...args], options }));
  if (values.help || args.length === 0) return undefined;
  const { webhook, since, until, type, outcome, run, triggers = false, again = false } = values;
  if (again && !triggers) throw new Advice('--again is about emails: say --triggers as well.');
  if (run !== undefined && !/^[\w-]{1,64}$/.test(run)) {
    throw new Advice('--run takes the id that the interrupted run printed.');
  }
  return {
    target: values,
    choice: choiceOf({ webhook, since, until, type, outcome }, now),
    triggers,
    again,
    run,
    dryRun: values['dry-run'] ?? false,
    yes: values.yes ?? false,
    reveal: values.reveal ?? false,
  };
}

type Given = Readonly<
  Record<'webhook' | 'since' | 'until' | 'type' | 'outcome', string | undefined>
>;

function choiceOf({ webhook, since, until, type, outcome }: Given, now: Date): EventChoice {
  if ((webhook === undefined) === (since === undefined)) {
    throw new Advice('Say which events: --webhook with one id, or --since with a time.');
  }
  if (webhook !== undefined) {
    if (until ?? type ?? outcome) {
      throw new Advice('--webhook is one event: leave --until, --type and --outcome.');
    }
    if (webhook === '') throw new Advice('Say the webhook id: --webhook msg_…');
    return { kind: 'one', webhookId: webhook };
  }
  const from = timeFrom('since', since ?? '', now);
  const to = until === undefined ? now : timeFrom('until', until, now);
  if (from >= to) throw new Advice('--since must be a time in the past, and before --until.');
  return {
    kind: 'many',
    since: from.toISOString(),
    until: to.toISOString(),
    type: oneOf('type', supportedEventTypes, type),
    outcome: oneOf('outcome', eventOutcomes, outcome),
  };
}

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Before this there was no Polar. */
const earliest = Date.UTC(2020, 0, 1);

function timeFrom(name: string, given: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(given) ?? [];
  if (unit === 'm' || unit === 'h' || unit === 'd') {
    return new Date(Math.max(earliest, now.getTime() - Number(count) * unitsMs[unit]));
  }
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(given);
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(given) && given.includes('T');
  const at = Date.parse(hasZone || !given.includes('T') ? given : `${given}Z`);
  if (isTime && at >= earliest) return new Date(at);
  throw new Advice(
    `--${name} is a time such as 24h, 2026-11-23 or 2026-11-23T14:30:00Z (in UTC unless it says otherwise), not "${given}".`,
  );
}

function oneOf<T extends string>(
  name: string,
  known: readonly T[],
  given: string | undefined,
): T | undefined {
  const found = known.find((one) => one === given);
  if (given === undefined || found !== undefined) return found;
  throw new Advice(`--${name} is one of ${known.join(', ')}, not "${given}".`);
}
