import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { commandActs } from '#infra/commands/command-acts.ts';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { noting } from '#infra/commands/noting.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { foundSomethingToDo } from '#infra/terminal/advice.ts';
import { type Act, jsonOption, type StackCommand } from '#infra/terminal/command-line.ts';
import { addressShown, columns } from '#infra/terminal/lines.ts';
import { type Output, outputWithProgress } from '#infra/terminal/output.ts';
import { confirmed, interruption } from '#infra/terminal/person.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { type Former, formerOf, migrateKey } from '#shared/audience/rows/migration.ts';
import type { Means } from '#shared/audience/rows/unit-of-work.ts';
import { inGroups } from '#shared/in-time.ts';
import { addressKeys, contactsNotFindable } from '#shared/store/audience/customer-scan.ts';
import { makeFindable } from '#shared/store/audience/word-index.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { stackResources } from './deployment/resources.ts';
import { withOptions } from './words.ts';

export type MigrateOptions = Readonly<{
  target: Target;
  isDryRun: boolean;
  isSure: boolean;
  reveal: boolean;
  json: boolean;
}>;

/** The words of `npm run migrate`. */
export function migrateCommand(
  command: StackCommand,
  act: Act<MigrateOptions> = noting(commandActs.migrate, runMigrate),
): void {
  command
    .description(
      "Update what version 0.1.0 wrote: addresses get today's key, contacts with several spellings of one mailbox become one, and search finds them by their words. Shows what it would do, and asks first. Sends no mail. Safe while the stack runs. After Ctrl-C, run it again to continue.",
    )
    .option('--dry-run', 'show what it would do; changes nothing')
    .option('--yes', "don't ask")
    .option('--reveal', 'show whole addresses')
    .addOption(jsonOption())
    .action((_, self) => {
      const {
        dryRun = false,
        yes = false,
        reveal = false,
        json = false,
        ...target
      } = self.optsWithGlobals();
      return act({ target, isDryRun: dryRun, isSure: yes, reveal, json });
    });
}

/** A key under which version 0.1.0 kept an address. */
type Found = Readonly<{ key: string; former: Former; isUnited: boolean }>;

type Migrating = Means &
  Output &
  Readonly<{
    /** The keys of all contacts and addresses, page by page. */
    keys: () => AsyncIterable<readonly string[]>;
    address: (address: string) => string;
    confirmed: (question: string) => Promise<boolean>;
    /** The contacts that search does not find by their words, page by page. */
    unfindable: () => AsyncIterable<readonly string[]>;
    makeFindable: (key: string) => Promise<'done' | 'changed' | 'gone'>;
    progress: (text: string) => void;
    isStopped: () => boolean;
    options: string;
  }>;

const sideBySide = 8;
const mostShown = 20;

/** Finds what an earlier version left, shows it, asks, and brings it up to date. `true`: a dry run found something. */
export async function migrateAll(
  { isDryRun, isSure }: Readonly<{ isDryRun: boolean; isSure: boolean }>,
  parts: Migrating,
): Promise<boolean> {
  const { print, document, address, progress, isStopped, options } = parts;
  const found = await findAll(parts);
  const counts = {
    moved: found.filter(({ former, isUnited }) => former === 'key' && !isUnited).length,
    united: found.filter(({ isUnited }) => isUnited).length,
    suppressions: found.filter(({ former }) => former === 'suppression').length,
    removed: found.filter(({ former }) => former === 'none').length,
    toIndex: await countUnfindable(parts),
  };
  const isAny = found.length > 0 || counts.toIndex > 0;
  const isKnown = isAny || !isStopped();
  if (!document) (isKnown ? foundLines(found, counts, address) : [brokenOff]).forEach(print);
  const isWanted = isAny && !isDryRun && !isStopped();
  let migrated = 0;
  let indexed = 0;
  if (isWanted && (isSure || (await parts.confirmed(questionOf(found.length, counts.toIndex))))) {
    actedOn({ count: found.length + counts.toIndex });
    migrated = await migrateFound(found, parts, (done) =>
      progress(`${done} of ${counted(found.length)} migrated`),
    );
    indexed = await indexFound(parts, (done) => progress(`${done} contacts made searchable`));
  }
  if (document) document({ isDryRun, isWhole: !isStopped(), counts, migrated, indexed });
  else if (isAny)
    endOf(found.length, { migrated, indexed, isDryRun, isStopped: isStopped() }, options).forEach(
      print,
    );
  return isDryRun && isAny;
}

const brokenOff = 'It was interrupted before anything was found. Run it again.';

async function countUnfindable({ unfindable, isStopped }: Migrating): Promise<number> {
  let count = 0;
  for await (const page of unfindable()) {
    count += page.length;
    if (isStopped()) break;
  }
  return count;
}

const mostTries = 5;

/** Gives how many were made searchable. What others change meanwhile is tried again. */
async function indexFound(
  { unfindable, makeFindable, isStopped }: Migrating,
  progress: (done: number) => void,
): Promise<number> {
  let done = 0;
  const index = async (key: string): Promise<void> => {
    for (let tries = 0; tries < mostTries; tries++) {
      const outcome = await makeFindable(key);
      if (outcome === 'done') done += 1;
      if (outcome !== 'changed') return;
    }
  };
  for await (const page of unfindable()) {
    for (let start = 0; start < page.length && !isStopped(); start += sideBySide) {
      await Promise.all(page.slice(start, start + sideBySide).map(index));
      progress(done);
    }
    if (isStopped()) break;
  }
  return done;
}

function questionOf(addresses: number, contacts: number): string {
  const index = `${contacts.toLocaleString('en')} ${contacts === 1 ? 'contact' : 'contacts'}`;
  if (addresses === 0) return `Make ${index} searchable?`;
  return `Migrate ${counted(addresses)}${contacts > 0 ? ` and make ${index} searchable` : ''}?`;
}

async function findAll({ store, keys, progress, isStopped }: Migrating): Promise<Found[]> {
  const found = new Map<string, Found>();
  let looked = 0;
  for await (const page of keys()) {
    const look = async (key: string): Promise<Found[]> => {
      const former = await formerOf(key, store);
      return former ? [{ key, former, isUnited: await isUnited(key, former, store) }] : [];
    };
    const unknown = page.filter((key) => !found.has(key));
    for (let start = 0; start < unknown.length; start += sideBySide) {
      const some = await Promise.all(unknown.slice(start, start + sideBySide).map(look));
      for (const one of some.flat()) found.set(one.key, one);
    }
    looked += page.length;
    progress(`${looked} rows checked`);
    if (isStopped()) break;
  }
  return [...found.values()];
}

/** Whether there is a contact with the key that this address has now. */
async function isUnited(key: string, former: Former, store: Migrating['store']): Promise<boolean> {
  if (former !== 'key') return false;
  const email = normalisedEmail(key);
  const { contacts } = await store.load([{ kind: 'contacts', key: email }]);
  return contacts.get(email) !== null;
}

/** Those of one mailbox one after another. Gives how many were done; throws what went wrong first. */
async function migrateFound(
  found: readonly Found[],
  { isStopped, ...means }: Migrating,
  progress: (done: number) => void,
): Promise<number> {
  let done = 0;
  let failure: { error: unknown } | undefined;
  const migrate = async ({ key }: Found): Promise<void> => {
    if (failure || isStopped()) return;
    try {
      await migrateKey(key, means);
      done += 1;
      progress(done);
    } catch (error) {
      failure ??= { error };
    }
  };
  await inGroups(found, ({ key }) => normalisedEmail(key), migrate, sideBySide);
  if (failure) throw failure.error;
  return done;
}

function counted(addresses: number): string {
  return `${addresses} ${addresses === 1 ? 'address' : 'addresses'}`;
}

type Counts = Readonly<Record<'moved' | 'united' | 'suppressions' | 'removed' | 'toIndex', number>>;

const words: Readonly<Record<Former, (address: string) => string>> = {
  key: (address) => `becomes ${address}`,
  suppression: () => 'gets the unsubscribe made under another spelling',
  none: () => "isn't an email address: its contact is removed, its customer stays",
};

function foundLines(
  found: readonly Found[],
  { moved, united, suppressions, removed, toIndex }: Counts,
  address: Migrating['address'],
): string[] {
  if (found.length === 0 && toIndex === 0) {
    return ['Nothing to migrate: everything is up to date.'];
  }
  const rows = found
    .slice(0, mostShown)
    .map(({ key, former, isUnited }) => [
      address(key),
      `${words[former](address(normalisedEmail(key)))}${isUnited ? ', which already has a contact: the two become one' : ''}`,
    ]);
  const counts: [number, string][] = [
    [moved, 'to move to another key'],
    [united, 'to merge with an existing contact'],
    [suppressions, 'to unsubscribe, as was done under another spelling'],
    [removed, "to remove, because they aren't email addresses"],
    [toIndex, 'to make searchable by the words in their names and addresses'],
  ];
  return [
    ...columns(rows),
    ...(found.length > mostShown ? [`… and ${found.length - mostShown} more.`] : []),
    '',
    ...columns(
      counts
        .filter(([count]) => count > 0)
        .map(([count, what]) => [String(count).padStart(7), what]),
    ),
    '',
  ];
}

type End = Readonly<{ migrated: number; indexed: number; isDryRun: boolean; isStopped: boolean }>;

function endOf(found: number, end: End, options: string): string[] {
  const again = withOptions('npm run migrate', options);
  if (end.isDryRun) return [`Nothing was changed. To migrate them: ${again}`];
  return [
    ...(found > 0 ? [`${end.migrated} of ${counted(found)} migrated.`] : []),
    ...(end.indexed > 0 ? [`${end.indexed} contacts made searchable.`] : []),
    ...(end.migrated < found || end.isStopped ? [`To migrate the rest: ${again}`] : []),
  ];
}

/** `npm run migrate`. The exit code of a dry run that found something is 2. */
async function runMigrate(given: MigrateOptions): Promise<void> {
  const { progress, clear, ...output } = outputWithProgress(given.json);
  const { print } = output;
  const deployment = await findDeployment(given.target, print);
  const resources = await stackResources(given.target, deployment);
  const audience = deployedAudience(deployment, resources);
  const { store, pause, now, newId } = audience;
  const db = documentClient(new DynamoDBClient(deployment.clientConfigs.dynamodb));
  const stop = interruption(print);
  const tables = {
    contacts: resources.physicalId('Contacts'),
    words: resources.physicalId('Words'),
  };
  async function* keys() {
    for (const table of ['Contacts', 'Addresses'])
      yield* addressKeys(db, resources.physicalId(table));
  }
  try {
    const foundSomething = await migrateAll(given, {
      ...{ ...output, progress, store, pause, keys },
      unfindable: () => contactsNotFindable(db, tables.contacts),
      makeFindable: (key) => makeFindable(db, tables, key),
      surroundings: { settings: await audience.settingsNow(), now: now(), newId },
      address: addressShown(given.reveal),
      confirmed: (question) => stop.isOff(() => confirmed(question)),
      isStopped: stop.isStopped,
      options: deployment.options,
    });
    if (foundSomething) process.exitCode = foundSomethingToDo;
  } finally {
    clear();
    stop.forget();
  }
}
