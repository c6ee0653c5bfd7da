import './loopback-only.ts';
import './clock/clock-ahead.ts';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '#infra/terminal/advice.ts';
import { runProgram } from '#infra/terminal/command-line.ts';
import { printLine } from '#infra/terminal/lines.ts';
import { visibleLine } from '#shared/safe-text.ts';
import { startClockDoor } from './clock/clock-door.ts';
import { type LocalClock, localClock } from './clock/local-clock.ts';
import { spanText, timeText } from './clock/words.ts';
import { consoleLines } from './console-lines.ts';
import { demo, type LocalItems, localItems } from './demo/demo.ts';
import { saveDemoWorkflows } from './demo/demo-workflows.ts';
import type { LoopbackServer } from './http/loopback-server.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import { type LocalPolar, startLocalPolar } from './polar-server/local-polar.ts';
import { announce, forget, localDirectory, requireNoneRunning } from './running-stack.ts';
import { polarVariables, standInForPolar } from './stand-in-for-polar.ts';
import { type StartOptions, startProgram } from './start-options.ts';

const directory = localDirectory();

/** `npm start`: runs the stack on this machine until Ctrl-C. */
await runCommand(() => runProgram(startProgram(run), process.argv.slice(2)));

async function run(options: StartOptions): Promise<void> {
  await requireNoneRunning(directory);
  if (options.fresh) await rm(directory, { recursive: true, force: true });
  const interrupted = interruption();
  printLine('Building the stack …');
  const clock = localClock(directory);
  const polar = await polarFor(options, clock);
  const { stack, items } = await start(options, clock, polar).catch(async (error: unknown) => {
    await polar?.stop();
    throw error;
  });
  interrupted.endsAtOnce = false;
  const { webhookUrl, consoleUrl, webhookSecret } = stack;
  let stopWatching = async () => {};
  let clockDoor: LoopbackServer | undefined;
  try {
    clockDoor = await doorTo(stack, polar);
    const processId = process.pid;
    await announce(directory, {
      ...{ processId, webhookUrl, consoleUrl, webhookSecret, clockUrl: clockDoor.address },
      ...(polar && { polarUrl: polar.url }),
    });
    printLine(welcome(stack, polar));
    if (options.watch) stopWatching = await watchSources(stack);
    if (options.demo) await demo(stack, items, printLine);
    if (options.exit) return;
    if (options.demo && stack.ses) printLine(`Read the mail at ${stack.ses.address}\n`);
    await interrupted.promise;
  } finally {
    interrupted.endsAtOnce = true;
    await stopWatching();
    await clockDoor?.stop();
    await stack.stop();
    await polar?.stop();
    await forget(directory);
  }
}

async function polarFor(
  { polarPort: port }: StartOptions,
  { now }: LocalClock,
): Promise<LocalPolar | undefined> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return port === undefined ? undefined : startLocalPolar({ port, directory, now });
}

/** For `npm run clock`. The local Polar, if there is one, lives by the same time. */
function doorTo({ clock, ses, moveOn }: LocalStack, polar: LocalPolar | undefined) {
  return startClockDoor({
    tell: () => ({
      now: clock.now().toISOString(),
      aheadMs: clock.aheadMs(),
      mails: (ses?.mails() ?? []).map(({ at, to, subject, tags }) => ({
        at: at.toISOString(),
        to: [...to],
        ...{ subject, ledgerKey: tags['ledgerKey'] ?? '' },
      })),
    }),
    moveOn: async (byMs) => {
      printLine(`The clock moves forward by ${spanText(byMs)} …`);
      await moveOn(byMs);
      await polar?.catchUp();
      printLine(`It is ${timeText(clock.now())}.`);
    },
  });
}

async function start(
  { ports, demo: isDemo }: StartOptions,
  clock: LocalClock,
  polar: LocalPolar | undefined,
): Promise<{ stack: LocalStack; items: LocalItems }> {
  const log = createWriteStream(join(directory, 'functions.log'), { flags: 'a', mode: 0o600 });
  let items: LocalItems | undefined;
  let stack: LocalStack | undefined;
  const emailOf = async (webhookId: string) =>
    textOf(await items?.get('Events', { webhookId }), 'email');
  const lines = consoleLines({
    print: printLine,
    emailOf,
    mailOf: async ({ ledgerKey, webhookId = '', workflowId = '' }) => {
      const mail = stack?.ses?.mailOf(ledgerKey);
      if (mail) return { what: mail.subject, to: mail.to.join(', ') };
      const name = textOf(await items?.get('Workflows', { workflowId }), 'name');
      return { what: name ?? workflowId, to: await emailOf(webhookId) };
    },
    patienceMs: 5_000,
    now: clock.now,
  });
  const { POLAR_AUDIENCE_ASSEMBLY: assembly, POLAR_AUDIENCE_MINUTE_MS: minuteMs } = process.env;
  stack = await startLocalStack({
    ...{ directory, clock },
    ...(assembly && { assembly }),
    ...(minuteMs && { minuteMs: Number(minuteMs) }),
    ports,
    polar: polar ? polarVariables(polar.url) : standInForPolar(process.env),
    ...(isDemo && { prepare: (resources) => saveDemoWorkflows(resources, clock.now) }),
    onExchange: lines.exchange,
    onOutput: (logicalId, line) => {
      log.write(`${logicalId} ${visibleLine(line)}\n`);
      lines.output(logicalId.replace(/[0-9A-F]{8}$/, ''), line);
    },
  });
  items = localItems(stack);
  return { stack, items };
}

/** Loads esbuild, which no other start needs. */
async function watchSources({ functions }: LocalStack): Promise<() => Promise<void>> {
  const { watchFunctions, watchTemplate } = await import('./assembly/watch-sources.ts');
  const stopTemplate = watchTemplate(printLine);
  const stopFunctions = await watchFunctions(functions, printLine);
  printLine('Watching for changes: a changed function is rebuilt.\n');
  return async () => {
    stopTemplate();
    await stopFunctions();
  };
}

function textOf(item: Readonly<Record<string, unknown>> | undefined, name: string) {
  const value = item?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** While the stack starts, or is being stopped, Ctrl-C ends this process at once: its children end with it. */
function interruption() {
  const state = { endsAtOnce: true, promise: Promise.resolve() };
  state.promise = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (state.endsAtOnce) process.exit(130);
        resolve();
      });
    }
  });
  return state;
}

function welcome(
  { webhookUrl, consoleUrl, clientConfigs, ses, clock }: LocalStack,
  polar: LocalPolar | undefined,
): string {
  return `
Polar Audience is running on this machine.

  Console    ${consoleUrl}
  Webhooks   ${webhookUrl}
  Mailbox    ${ses?.address ?? 'none: the stack sends no mail'}
  Polar      ${polar?.url ?? 'none: npm start -- --polar starts a local one'}
  DynamoDB   ${clientConfigs.dynamodb.endpoint}
  SQS        ${clientConfigs.sqs.endpoint}
  Secrets    ${clientConfigs.secretsManager.endpoint}
  Data       ${directory} (npm start -- --fresh empties it)
  Clock      ${clockWords(clock)}

${nextStep(polar, consoleUrl)}
Press Ctrl-C to stop.
`;
}

function clockWords({ now, aheadMs }: LocalClock): string {
  if (aheadMs() === 0) return 'same as this machine (npm run clock -- +3d moves it forward)';
  return `${spanText(aheadMs())} ahead: ${timeText(now())} (npm start -- --fresh resets it)`;
}

function nextStep(polar: LocalPolar | undefined, consoleUrl: string): string {
  if (!polar) {
    return 'Send it an event from another terminal:  npm run polar -- purchase --email you@example.com';
  }
  return `Connect it: sign in on ${consoleUrl}/polar. Then make a purchase at ${polar.url}`;
}
