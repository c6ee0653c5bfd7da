import './clock/clock-ahead.ts';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { currentSecret } from '#infra/local/emulators/secrets-manager.ts';
import { Advice, runCommand } from '#infra/terminal/advice.ts';
import { runProgram } from '#infra/terminal/command-line.ts';
import { columns, printLine } from '#infra/terminal/lines.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload, purchasePayloads, shuffled } from '#shared/polar/sample/sample-events.ts';
import type { Delivery } from '#shared/polar/sample/signed-delivery.ts';
import { visibleLine } from '#shared/safe-text.ts';
import { secretText } from '#shared/store/secret.ts';
import { followStack } from './clock/local-clock.ts';
import { samplePeople } from './demo/sample-people.ts';
import { type LifeOptions, lifeProgram } from './life/life-options.ts';
import { lives } from './life/lives.ts';
import { playLife } from './life/play.ts';
import { localClientConfig } from './local-account.ts';
import { type PolarOptions, polarProgram } from './polar-options.ts';
import { deliver, localDirectory, type RunningStack, runningStack } from './running-stack.ts';

// Above the call that uses them: what stands below it does not exist yet.
const typeSchema = z.object({ type: z.string() });
const messageSchema = z.object({ message: z.string() });

/** `npm run polar`: sends made-up events to the local stack, or to any other, and shows the answers. */
await runCommand(() => {
  const words = process.argv.slice(2);
  return words[0] === 'life'
    ? runProgram(lifeProgram(live), words.slice(1))
    : runProgram(polarProgram(send), words);
});

/** Plays a life with the clock of the local stack, or lists what lives there are. */
async function live({ name, ...options }: LifeOptions): Promise<void> {
  if (name === undefined) {
    const rows = Object.entries(lives).map(([one, { does }]) => [one, does]);
    for (const line of columns(rows)) printLine(line);
    printLine('\nPlay one:  npm run polar -- life dunning --add');
    return;
  }
  const running = await runningHere();
  followStack(running.aheadMs);
  const secret = await secretOfNow(running);
  await playLife(name, options, { running, secret, print: printLine });
}

async function send(options: PolarOptions): Promise<void> {
  const target = await targetOf(options);
  const people = await samplePeople(localDirectory());
  for (let number = 1; number <= options.count; number++) {
    const person = personOf(options, number, people);
    let areAccepted = true;
    for (const body of await bodiesFor(options, person)) {
      const webhookId = options.webhookId ?? randomUUID();
      const answer = await deliver({ ...target, webhookId, body }, new Date());
      printLine(answerLine(body, webhookId, answer));
      if (answer.status < 200 || answer.status > 299) areAccepted = false;
    }
    if (!areAccepted) process.exitCode = 1;
    // Nobody is made up for a file, and somebody else's stack has people of its own.
    else if (options.what.kind !== 'file' && options.url === undefined) {
      await people.told(
        person,
        options.what.kind === 'event' && options.what.type === 'customer.deleted',
      );
    }
  }
}

type Target = Pick<Delivery, 'url' | 'secret' | 'secretReading'>;

async function targetOf({ url, secret, secretReading }: PolarOptions): Promise<Target> {
  if (url !== undefined && secret !== undefined) return { url, secret, secretReading };
  const running = await runningHere(', or pass both --url and --secret');
  // Somebody else's stack has the time of the world.
  if (url === undefined) followStack(running.aheadMs);
  return {
    url: url ?? running.webhookUrl,
    secret: secret ?? (await secretOfNow(running)),
    secretReading,
  };
}

async function runningHere(otherwise = ''): Promise<RunningStack> {
  const running = await runningStack(localDirectory());
  if (running) return running;
  throw new Advice(
    `The local stack isn't running. Start it with "npm start" in another terminal${otherwise}.`,
  );
}

/** The one that counts now: connecting changes it. */
async function secretOfNow({ webhookUrl, webhookSecret }: RunningStack): Promise<string> {
  const port = Number(new URL(webhookUrl).port) + 3;
  const client = new SecretsManagerClient(localClientConfig(`http://127.0.0.1:${port}`));
  const document = await secretText(client, 'WebhookSecret-local')().catch(() => undefined);
  return currentSecret(document) || webhookSecret;
}

async function bodiesFor({ what }: PolarOptions, person: Person): Promise<Uint8Array[]> {
  if (what.kind === 'file') return [await fileContent(what.path)];
  const now = new Date();
  const payloads =
    what.kind === 'purchase'
      ? shuffled(purchasePayloads(person, now))
      : [polarPayload(what.type, person, now)];
  return payloads.map((payload) => Buffer.from(JSON.stringify(payload)));
}

async function fileContent(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch {
    throw new Advice(`Couldn't read the file ${path}.`);
  }
}

function personOf(
  { count, name, externalId, customerId, what, ...options }: PolarOptions,
  number: number,
  people: Awaited<ReturnType<typeof samplePeople>>,
): Person {
  const tag = count > 1 ? `+${number}` : '';
  const email = options.email.replace('@', `${tag}@`);
  const isNew =
    what.kind === 'purchase' || (what.kind === 'event' && what.type === 'customer.created');
  const numbered = externalId && `${externalId}${tag && `-${number}`}`;
  const person = people.personOf({ email, name, externalId: numbered });
  return { ...person, isNew, ...(customerId && { customerId }) };
}

function answerLine(body: Uint8Array, webhookId: string, answer: { status: number; text: string }) {
  const type = parsed(typeSchema, Buffer.from(body).toString())?.type ?? '(no type)';
  const message = parsed(messageSchema, answer.text)?.message ?? answer.text.slice(0, 200);
  return visibleLine(`${type.padEnd(24)} ${answer.status}  ${message}  [${webhookId}]`);
}

function parsed<T extends z.ZodType>(schema: T, text: string): z.output<T> | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
