import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { localIds, localPorts } from '#infra/local/assembly/local-resources.ts';
import { askClock, type SentMail, type Told } from '#infra/local/clock/clock-door.ts';
import { followStack } from '#infra/local/clock/local-clock.ts';
import { addActive, localDrafts } from '#infra/local/demo/demo-workflows.ts';
import { localClientConfig } from '#infra/local/local-account.ts';
import type { Happening } from '#infra/local/polar-server/shop/story.ts';
import { deliver, type RunningStack } from '#infra/local/running-stack.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import { endingText } from '#shared/audience/runs/run.ts';
import { readySequences } from '#shared/mail/ready-made/sequences.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoOperatorLog } from '#shared/store/operator-log.ts';
import { eventsWanted } from '#shared/store/polar/events-wanted.ts';
import { dynamoRunLists } from '#shared/store/runs/run-lists.ts';
import type { LifeOptions } from './life-options.ts';
import { type Life, type LifeName, lives, toldLife } from './lives.ts';

type Parts = Readonly<{
  running: RunningStack;
  secret: string;
  print: (line: string) => void;
}>;

const dayMs = 86_400_000;
/** Of a local stack. */
const retentionDays = 90;
/** Longer than functions keep settings and workflows, and than what happens at one moment takes. */
const aMomentMs = 60_000;

/**
 * Plays a life on the running stack: what Polar tells on each day, with the clock moved on from one day to the next, and
 * what is mailed meanwhile. Throws Advice where no active sequence would follow it.
 */
export async function playLife(
  name: LifeName,
  { email: given, add }: Omit<LifeOptions, 'name'>,
  { running, secret, print }: Parts,
): Promise<void> {
  const { dynamodb } = localPorts(Number(new URL(running.webhookUrl).port));
  const client = new DynamoDBClient(localClientConfig(`http://127.0.0.1:${dynamodb}`));
  const db = documentClient(client);
  const begunMs = performance.now();
  try {
    const life = lives[name];
    const sequences = await sequencesFor(life.sequence, add, db);
    const wanted = new Set<string>(await eventsWanted(db, tableNamed('Settings'))());
    const email = given ?? `ada-${randomBytes(3).toString('hex')}@example.com`;
    print(`${email}: ${life.does}.\n`);
    // What was just saved counts from then on.
    await followedClock(running, aMomentMs);
    const firstMs = Date.now();
    const isOwn = ({ to, at }: SentMail) => to.includes(email) && Date.parse(at) >= firstMs;
    let printed = 0;
    const moveTo = async (ms: number) => {
      const { mails } = await followedClock(running, Math.max(ms - Date.now(), aMomentMs));
      const own = mails.filter(isOwn);
      for (const { at, subject, ledgerKey } of own.slice(printed)) {
        print(line(at, 'mail', `${subject}${await workflowOf(db, ledgerKey)}`));
      }
      printed = own.length;
    };
    const line = (at: number | string, kind: string, what: string) => {
      const day = Math.floor((new Date(at).getTime() - firstMs) / dayMs);
      return `day ${String(day).padStart(3)}  ${kind.padEnd(5)}  ${what}`;
    };

    const { customerId, days } = toldLife(life, { email, name: 'Ada Lovelace' }, () => new Date());
    const told = days[Symbol.iterator]();
    for (const [day] of life.days) {
      if (day > 0) await moveTo(firstMs + day * dayMs);
      const { value } = told.next();
      if (value.events.length === 0) continue;
      print(line(firstMs + day * dayMs, 'Polar', value.does));
      // As the endpoint gets it: with the events that it wants, and no others.
      const events = value.events.filter(({ type }: Happening) => wanted.has(type));
      for (const event of events) await tell(event, running.webhookUrl, secret);
      await moveTo(0);
    }
    const lists = dynamoRunLists(db, tableNamed('Runs'));
    const found = await Promise.all(sequences.map((id) => lists.ofWorkflow(id, 50)));
    const runs = found.flat().filter((run) => run.customerId === customerId);
    for (const run of runs.reverse()) {
      print(line(run.endedAt ?? run.updatedAt, 'run', `${endOf(run)} (${run.workflowId})`));
    }
    if (runs.length === 0) print('No run started.');
    const seconds = Math.round((performance.now() - begunMs) / 1_000);
    print(`\n${seconds} seconds. Why each mail went out:  npm run why -- ${email} --reveal`);
  } finally {
    client.destroy();
  }
}

/** Moves the clock of the stack on, and this process with it. */
async function followedClock({ clockUrl }: RunningStack, byMs: number): Promise<Told> {
  const told = await askClock(clockUrl, Math.ceil(byMs));
  followStack(told.aheadMs);
  return told;
}

/** Two workflows may send the same subject. */
async function workflowOf(db: DynamoDBDocumentClient, ledgerKey: string): Promise<string> {
  const { Item } = await db.send(
    new GetCommand({ TableName: tableNamed('Emails'), Key: { ledgerKey } }),
  );
  return Item ? ` (${Item['workflowId']})` : '';
}

function endOf({ state, reason }: Run): string {
  if (state === 'done') return 'done: all steps taken';
  const why = reason && endingText(reason);
  return [state === 'exited' ? 'ended' : state, why].filter(Boolean).join(': ');
}

function tableNamed(id: string): string {
  return localIds('').get(id) ?? id;
}

/** The active workflows that follow the life, by the id that the ready-made one gets. */
async function sequencesFor(
  name: Life['sequence'],
  add: boolean,
  db: DynamoDBDocumentClient,
): Promise<string[]> {
  const tables = { Settings: tableNamed('Settings'), Workflows: tableNamed('Workflows') };
  const { workflows, drafts } = localDrafts(db, tables);
  const ofName = async () =>
    (await workflows.all()).filter(({ workflowId }) => workflowId.startsWith(`${name}-`));
  const known = await ofName();
  const active = known.filter(({ status }) => status === 'active');
  if (active.length > 0) return active.map(({ workflowId }) => workflowId);
  const template = readySequences.find((one) => one.name === name);
  if (!add || !template) {
    const next = known.length > 0 ? '' : ` -- add ${name} && npm run workflows`;
    throw new Advice(
      `No sequence "${name}" is active, so nothing would be mailed. Run "npm run workflows${next} -- activate ${name}", or add --add to this command.`,
    );
  }
  const kept = { retentionDays, now: () => new Date() };
  await addActive(template, drafts, dynamoOperatorLog(db, tableNamed('Acts'), kept));
  return (await ofName()).map(({ workflowId }) => workflowId);
}

async function tell({ type, timestamp, data }: Happening, url: string, secret: string) {
  const body = Buffer.from(JSON.stringify({ type, timestamp, api_version: '2026-10', data }));
  const delivery = {
    url,
    secret,
    secretReading: 'decoded' as const,
    webhookId: randomUUID(),
    body,
  };
  const { status, text } = await deliver(delivery, new Date());
  if (status !== 202) throw new Advice(`${type} got the answer ${status}: ${text}`);
}
