import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  limitOption,
  parsed,
  type StackCommand,
  text,
  timeFrom,
} from '#infra/terminal/command-line.ts';
import { columns } from '#infra/terminal/lines.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { actorName } from '#shared/actor.ts';
import { type ActFilter, actVerbs, type OperatorAct } from '#shared/audience/operator-act.ts';
import type { ActPosition, OperatorLog } from '#shared/store/operator-log.ts';
import { operatorLogOf } from './noting.ts';
import { seconds } from './words.ts';

export type ActsOptions = Readonly<{
  target: Target;
  filter: ActFilter;
  /** Absent: as far back as acts are kept. */
  since: string | undefined;
  limit: number;
  json: boolean;
}>;

/** The words of `npm run acts`. */
export function actsCommand(
  command: StackCommand,
  act: Act<ActsOptions> = (options) => runActs(options),
): void {
  command
    .description('Show the log: who did what in the console and with commands, newest first.')
    .addOption(text('--since <time>', 'from this time on: 24h, 90m, 7d, 2026-11-23'))
    .addOption(text('--by <name>', 'only by this person: a part of the name or ARN, or local'))
    .addOption(
      parsed(
        '--what <verb>',
        'only these acts: replay, or workflow for every act on a workflow',
        verb,
      ),
    )
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText('after', afterHelp)
    .action((_, self) => {
      const { since, by, what, limit, json = false, ...target } = self.optsWithGlobals();
      const from = since === undefined ? undefined : timeFrom('since', since, new Date());
      return act({ target, filter: { by, what }, since: from?.toISOString(), limit, json });
    });
}

const afterHelp = `
The console shows the same on its page Log.
Acts are kept as long as records of events. Erasures are kept forever: npm run why -- <address or id>.

Verbs: ${actVerbs.join(', ')}`;

function verb(given: string): string {
  if (actVerbs.some((one) => one === given || one.startsWith(`${given}.`))) return given;
  throw new Advice(`--what is one of ${actVerbs.join(', ')}, not "${given}".`);
}

async function runActs({ target, filter, since, limit, json }: ActsOptions): Promise<void> {
  const output = outputFor(json);
  const deployment = await findDeployment(target, output.print);
  const log = operatorLogOf(deployment);
  if (!log) {
    throw new Advice(
      'This stack has no operator log: an older version is deployed. Run "npx cdk deploy" first.',
    );
  }
  const kept = new Date(Date.now() - deployment.retentionDays * 86_400_000).toISOString();
  await showActs(log, { filter, since: since ?? kept, limit }, output);
}

const pageSize = 200;

/** Lists acts, as many as are asked for. */
export async function showActs(
  log: Pick<OperatorLog, 'page'>,
  { filter, since, limit }: Readonly<{ filter: ActFilter; since: string; limit: number }>,
  { print, document }: Output,
): Promise<void> {
  const acts: OperatorAct[] = [];
  let after: ActPosition | undefined;
  do {
    const room = Math.min(pageSize, limit - acts.length);
    const page = await log.page(filter, since, room, after);
    acts.push(...page.acts);
    after = page.next;
  } while (after && acts.length < limit);
  if (document) return document({ isWhole: after === undefined, acts });
  if (acts.length === 0) return print('Nobody did anything like that.');
  for (const line of actLines(acts)) print(line);
  if (after) print(`\nThese are the newest ${limit}; --limit shows more.`);
}

const outcomeWords = {
  begun: 'end not known',
  done: 'done',
  refused: 'not done',
  failed: 'failed',
} as const;

/** A map of DynamoDB has no order of its own. */
function objectsText(on: OperatorAct['on']): string {
  const names = Object.entries(on)
    .map(([name, value]) => `${name} ${value}`)
    .sort();
  return names.length > 0 ? `(${names.join(', ')})` : '';
}

function actLines(acts: readonly OperatorAct[]): string[] {
  const rows = acts.map(({ at, by, what, outcome, sentence, on, reason }) => [
    seconds(at),
    actorName(by),
    what,
    outcomeWords[outcome],
    [sentence, objectsText(on), reason && `Reason: ${reason}`].filter(Boolean).join(' '),
  ]);
  return columns([['WHEN', 'WHO', 'WHAT', 'OUTCOME', 'ABOUT'], ...rows]);
}
