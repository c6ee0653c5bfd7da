import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5';
import { vi } from 'vitest';
import { mailSender } from '#infra/constructs/stage-options.ts';
import { startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { startSes } from '#test/fakes/ses.ts';
import { type Item, type QueueName, startAccount } from '#test/prove/account.ts';
import { shiftedClock } from '#test/prove/crash/shifted-clock.ts';
import { called, type FunctionName, handled, type Life, startLife } from '#test/prove/life.ts';
import { throughApiGateway } from '#test/stack/functions/console/events/behind-api-gateway.ts';
import { recordedCalls } from '#test/support/cloud/aws-calls.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';
import { startWebhookReceiver } from '#test/support/polar/webhook-receiver.ts';

const fedBy = { worker: 'EventsQueue', mailer: 'MailQueue', feedback: 'FeedbackQueue' } as const;
type Fed = keyof typeof fedBy;

type Handler = (event: unknown) => Promise<unknown>;

/**
 * All functions of a stack that sends mail, as their handlers wire them, on emulators, a Polar and an SES of their own.
 * Every call of theirs is noted. They run when they are told to, and nothing else does.
 */
export async function startStory() {
  const mailFrom = mailSender('Shop <hello@shop.example>');
  if (!mailFrom) throw new Error('It is no sender.');
  const template = stageTemplate({ stage: 'local', mailFrom, mailIdentity: 'domain' });
  const [account, ses, polar] = await Promise.all([
    startAccount(template.toJSON()),
    startSes(),
    startFakePolar({ accessTokenSeconds: 3_600, customers: 4 }),
  ]);
  const receiver = await startWebhookReceiver(() => account.secretOf('WebhookSecret'));
  const recorded = recordedCalls();
  const endpoints = {
    dynamodb: await recorded.inFront('dynamodb', account.endpoints.dynamodb),
    sqs: await recorded.inFront('sqs', account.endpoints.sqs),
    secretsManager: await recorded.inFront('secretsManager', account.endpoints.secretsManager),
  };
  const sesAddress = await recorded.inFront('ses', ses.endpoint);
  const clock = shiftedClock();
  const silence = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const more = {
    MAILS_PER_SECOND: '1000',
    WEBHOOK_URL: receiver.url,
    POLAR_API_URL: polar.url,
    POLAR_AUTHORIZE_URL: polar.authorizeUrl,
  };

  const lives = new Map<FunctionName, Life>();
  async function life(name: FunctionName): Promise<Life> {
    const known = lives.get(name);
    if (known) return known;
    const begun = await startLife({ ...account, endpoints }, name, { ses: sesAddress, more });
    lives.set(name, begun);
    return begun;
  }
  async function invoke(name: FunctionName, event: unknown): Promise<unknown> {
    const { handler, environment } = await life(name);
    Object.assign(process.env, environment);
    return (handler as Handler)(event);
  }

  /** The next message of its queue. `undefined`: there is none. */
  async function next(name: Fed): Promise<'done' | 'failed' | 'died' | undefined> {
    const record = await account.receive(fedBy[name]);
    if (!record) return undefined;
    const fate = await handled(await life(name), record);
    if (fate === 'done') await account.remove(fedBy[name], record);
    else await account.giveBack(fedBy[name], record);
    return fate;
  }

  const visitor = consoleVisitor(throughApiGateway((event) => invoke('console', event)));

  return {
    account,
    ses,
    polar,
    visitor,
    calls: recorded.calls,
    invoke,
    next,
    /** A function that a schedule calls. */
    call: async (name: FunctionName) => {
      const one = await life(name);
      Object.assign(process.env, one.environment);
      const fate = await called(one);
      if (fate !== 'done') throw new Error(`${name}: ${fate}`);
    },
    /** Works off the queues, until nothing is visible in any. */
    async workOff(): Promise<void> {
      for (;;) {
        const fates = [await next('worker'), await next('mailer'), await next('feedback')];
        if (fates.some((fate) => fate === 'failed')) throw new Error('A message failed.');
        if (fates.every((fate) => fate === undefined)) return;
      }
    },
    /** Starts in a new environment when it is next called, and so knows nothing of what it kept. */
    async restart(name: FunctionName): Promise<void> {
      await lives.get(name)?.end();
      lives.delete(name);
    },
    pass: (hours: number) => clock.pass(hours * 3_600),
    rows: async (table: string): Promise<readonly Item[]> =>
      (await account.tables([table]))[table] ?? [],
    send: (queue: QueueName, MessageBody: string) => account.send(queue, { MessageBody }),
    /** Posts a form of a page as it is shown, with what is typed into it. */
    async fill(page: string, action: string, typed: Readonly<Record<string, string>> = {}) {
      const { html } = await visitor.get(page);
      const fields = fieldsOf(html, action);
      if (!fields) throw new Error(`${page} has no form of ${action}.`);
      return visitor.post(action, { ...fields, ...typed });
    },
    async stop(): Promise<void> {
      for (const one of lives.values()) await one.end();
      silence.mockRestore();
      clock.restore();
      await Promise.all([recorded.stop(), receiver.stop(), polar.stop(), ses.stop()]);
      await account.stop();
    },
  };
}

export type Story = Awaited<ReturnType<typeof startStory>>;

/** What a browser would send of the first form with this action, without its button. */
function fieldsOf(html: string, action: string): Record<string, string> | undefined {
  const form = elements(parse(html)).find(
    (one) => one.tagName === 'form' && attribute(one, 'action') === action,
  );
  if (!form) return undefined;
  const fields: Record<string, string> = {};
  for (const one of elements(form)) {
    const name = attribute(one, 'name');
    if (name === undefined) continue;
    if (one.tagName === 'textarea') fields[name] = textOf(one);
    if (one.tagName === 'select') fields[name] = chosenOf(one);
    const type = attribute(one, 'type');
    const isOff =
      type === 'checkbox' || type === 'radio' ? attribute(one, 'checked') === undefined : false;
    if (one.tagName === 'input' && !isOff) fields[name] = attribute(one, 'value') ?? '';
  }
  return fields;
}

type Element = DefaultTreeAdapterTypes.Element;

function elements(node: DefaultTreeAdapterTypes.Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elements) : [];
  return defaultTreeAdapter.isElementNode(node) ? [node, ...children] : children;
}

function chosenOf(select: Element): string {
  const options = elements(select).filter(({ tagName }) => tagName === 'option');
  const chosen = options.find((one) => attribute(one, 'selected') !== undefined) ?? options[0];
  return chosen ? (attribute(chosen, 'value') ?? textOf(chosen)) : '';
}

const attribute = (element: Element, name: string) =>
  element.attrs.find((one) => one.name === name)?.value;

const textOf = (element: Element) =>
  element.childNodes.flatMap((one) => ('value' in one ? [one.value] : [])).join('');
