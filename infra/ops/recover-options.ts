import { parseArgs } from 'node:util';
import { Advice } from '#infra/local/advice.ts';
import { sinceTime } from './backfill-options.ts';
import { commonHelp, commonOptions, readArguments } from './command-line.ts';
import type { Target } from './deployment.ts';

export const recoverHelp = `After an outage in which Polar could not deliver: enables the endpoint and sets it right, has Polar deliver again
what never arrived, backfills what Polar never recorded while the endpoint was disabled, and shows that all is closed.

  npm run recover

  --since <day>       when the gap began, if Polar's list of deliveries does not tell: 2026-11-01 or 2026-11-01T08:30Z
  --accept <id>       closes the gap without this event, which never arrived; may be given several times
  --accept listed     shows the events that Polar refuses to deliver again, and asks whether to close the gap without
                      them; --yes does not ask. Who accepted what is recorded, and no workflow sees such an event
${commonHelp}

Safe to run twice, and to end with Ctrl-C. The access that Polar is connected with needs webhooks:read,
webhooks:write, organizations:read, customers:read, orders:read and subscriptions:read. Exit code 1: something is left.`;

export type RecoverOptions = Readonly<{
  target: Target;
  since: string | undefined;
  /** Ids of events that need not arrive. */
  accept: readonly string[];
  /** All that Polar refuses need not arrive. */
  acceptListed: boolean;
  yes: boolean;
}>;

const listed = 'listed';

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function recoverOptions(args: readonly string[]): RecoverOptions | undefined {
  const word = { type: 'string' } as const;
  const own = {
    since: word,
    accept: { ...word, multiple: true },
    yes: { type: 'boolean' },
  } as const;
  const options = { ...commonOptions, ...own };
  const { values } = readArguments('recover', () => parseArgs({ args: [...args], options }));
  if (values.help) return undefined;
  const { since, accept = [], yes = false, ...target } = values;
  if (accept.some((id) => id.trim() === '')) throw new Advice('--accept takes the id of an event.');
  return {
    target,
    since: since === undefined ? undefined : sinceTime(since),
    accept: accept.filter((id) => id !== listed),
    acceptListed: accept.includes(listed),
    yes,
  };
}
