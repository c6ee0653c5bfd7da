import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { inject, vi } from 'vitest';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { shiftedClock } from '#test/prove/crash/shifted-clock.ts';
import { lifeIn } from './life.ts';
import { startStackInProcess } from './stack-in-process.ts';
import { type KeptMessage, keptVersion, type Row } from './version-folder.ts';

/** Longer than a mailer's lease lasts, and shorter than the age at which an event triggers nothing any more. */
const minutesSinceKept = 10;

/** Nobody listens there. */
const nowhere = 'http://127.0.0.1:9';

export type Upgraded = Awaited<ReturnType<typeof startUpgraded>>;

/**
 * Today's stack with the rows and secrets of a kept version, some minutes after they were kept: all that asks for the
 * time in this process is told so, whatever the clock of the machine says.
 */
export async function startUpgraded(
  version: string,
  /** Who had another address: what was theirs when the version was kept, and the one to put in its place. */
  respelled: ReadonlyMap<string, string> = new Map(),
) {
  const kept = keptVersion(version, respelled);
  const clock = shiftedClock();
  clock.pass((Date.parse(kept.story.keptAt) - Date.now()) / 1_000 + minutesSinceKept * 60);
  // The log of the functions is not what the person who runs the tests wants to read.
  const silence = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stack = await startStackInProcess(withoutExpiry(inject('stackTemplate')), {
    secrets: kept.secrets,
    environment: { POLAR_API_URL: nowhere, POLAR_AUTHORIZE_URL: nowhere },
  });
  for (const [table, rows] of kept.rows) {
    const TableName = stack.tables[table];
    if (TableName === undefined) throw new Error(`The stack has no table ${table} any more.`);
    for (const Item of rows) await stack.dynamo.send(new PutItemCommand({ TableName, Item }));
  }
  const life = lifeIn(stack, clock.pass);
  for (const [name, customer] of Object.entries(kept.story.customers)) life.person(name, customer);

  return {
    kept,
    stack,
    life,

    /** Hands a message that was on its way to the function of its queue. Gives the ids of those that failed. */
    async deliver({ queue, body, attributes }: KeptMessage): Promise<string[]> {
      await stack.send(queue, body, attributes);
      const records = await stack.take(queue);
      if (queue === 'EventsQueue' || queue === 'MailQueue' || queue === 'FeedbackQueue') {
        return stack.handle(queue, records);
      }
      throw new Error(`No function is fed from ${queue}.`);
    },

    async contactAt(address: string) {
      const email = normalisedEmail(address);
      const known = await stack.parts.store.load([{ kind: 'contacts', key: email }]);
      return known.contacts.get(email)?.row;
    },

    async stop() {
      silence.mockRestore();
      clock.restore();
      await stack.stop();
    },
  };
}

/** The emulator would take away rows that are old by the clock of the machine. */
function withoutExpiry(template: unknown): unknown {
  const leftOut = (name: string, value: unknown) =>
    name === 'TimeToLiveSpecification' ? undefined : value;
  return JSON.parse(JSON.stringify(template, leftOut));
}

/** The text of one attribute of a row. */
export function textIn(row: Row, name: string): string {
  const text = row[name]?.S;
  if (text === undefined) throw new Error(`A row has no ${name}.`);
  return text;
}
