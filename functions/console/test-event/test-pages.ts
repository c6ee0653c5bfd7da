import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { isReal } from '#shared/audience/backfill/living.ts';
import { typedAddressProblem } from '#shared/audience/person/address.ts';
import { type AudienceStore, look } from '#shared/audience/rows/unit-of-work.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { answerText } from '#shared/polar/answer-text.ts';
import {
  isSupportedEventType,
  type SupportedEventType,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { sampleCustomerId } from '#shared/polar/sample/sample-values.ts';
import {
  type Delivered,
  deliverSigned,
  secretReadingOf,
} from '#shared/polar/sample/signed-delivery.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { untilDone } from '../kit/enhanced.ts';
import { postForm, textField, textOf } from '../kit/fields.ts';
import { type ConsoleEnv, type Flash, type Html, page } from '../kit/page.ts';
import { eventPath, polarPath, settingsPath, testPath, workflowPath } from '../kit/paths.ts';
import { goOn, keepTestAddress, testAddress } from '../kit/remembered.ts';
import { link } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';

export type SentTest =
  | { kind: 'wrong'; problems: TestProblems }
  | { kind: 'no-secret' }
  | { kind: 'delivered'; webhookId: string; delivered: Delivered };

type Parts = Readonly<{
  webhookUrl: string;
  /** What webhooks are signed with now; empty: none is set. */
  secret: () => Promise<string>;
  store: Pick<AudienceStore, 'load'>;
  now: () => Date;
}>;

const longestText = 200;

/** Makes up one event and posts it, signed, to the URL that Polar posts to. */
export async function sendTestEvent(
  typed: TypedTest,
  { webhookUrl: url, secret: currentSecret, store, now }: Parts,
): Promise<SentTest> {
  const { type } = typed;
  const [email, name, externalId] = [
    typed.email.trim(),
    typed.name.trim(),
    typed.externalId.trim(),
  ];
  const problems = problemsIn({ type, email, name, externalId });
  if (Object.keys(problems).length > 0 || !isSupportedEventType(type)) {
    return { kind: 'wrong', problems };
  }
  // A deletion gives an address back.
  if (type !== 'customer.deleted' && (await isOfCustomer(email, store))) {
    return { kind: 'wrong', problems: { email: takesOver } };
  }
  const secret = await currentSecret();
  if (secret === '') return { kind: 'no-secret' };
  const person = {
    customerId: sampleCustomerId(email),
    email,
    name,
    externalId: externalId === '' ? null : externalId,
    isNew: type === 'customer.created',
  };
  const webhookId = randomUUID();
  const body = Buffer.from(JSON.stringify(polarPayload(type, person, now())));
  const secretReading = secretReadingOf(secret);
  const delivered = await deliverSigned({ url, secret, secretReading, webhookId, body }, now());
  return { kind: 'delivered', webhookId, delivered };
}

const takesOver =
  'This is a customer’s address. The test would claim it, and the customer would get no more mail. Use another, such as you+test@example.com.';

/** Whether a living customer of Polar's has the address. One that was made up before is no customer of Polar's. */
function isOfCustomer(typed: string, store: Parts['store']): Promise<boolean> {
  return look(store, (w) => {
    const claims = Object.entries(w.addresses.get(w.spelled(typed))?.claims ?? {});
    return claims.some(
      ([customerId, { state }]) => state === 'living' && isReal({ customerId, addresses: [typed] }),
    );
  });
}

function problemsIn({ type, email, name, externalId }: TypedTest): TestProblems {
  const ofEmail = typedAddressProblem(email);
  const tooLong = `Use at most ${longestText} characters.`;
  return {
    ...(!isSupportedEventType(type) && { type: 'Choose one of these events.' }),
    ...(ofEmail !== undefined && { email: ofEmail }),
    ...(name.length > longestText && { name: tooLong }),
    ...(externalId.length > longestText && { externalId: tooLong }),
  };
}

/** What was typed into the form, right or wrong. */
export type TypedTest = Readonly<Record<'type' | 'email' | 'name' | 'externalId', string>>;
export type TestProblems = Readonly<Partial<Record<keyof TypedTest, string>>>;

type TestForm = Readonly<{
  typed: TypedTest;
  problems: TestProblems;
  settings: Pick<Settings, 'events'>;
  /** Those that wait for events at this moment. */
  active: readonly Workflow[];
}>;

/** Chooses an event and whom it is about. */
export function testForm(c: Context<ConsoleEnv>, form: TestForm): Html {
  const { typed, problems, settings } = form;
  const isOn = (type: SupportedEventType) => settings.events[type].enabled;
  const off = supportedEventTypes.filter((type) => !isOn(type));
  return postForm(c, {
    body: html`<div class="columns test-event">
<div class="card">
<fieldset${problems.type ? html` aria-describedby="type-problem"` : ''}>
<legend>Event</legend>
${problems.type && html`<p class="problem" id="type-problem">${problems.type}</p>`}
<p class="hint">${form.active.length > 0 ? 'Below each event is what it may send.' : 'No workflow is active, so none of them sends an email yet.'}</p>
${supportedEventTypes.filter(isOn).map((type) => eventChoice(type, form))}
${off.length > 0 ? html`<p class="hint" id="events-off">Off in <a href="${settingsPath}">Events &amp; groups</a>: only recorded.</p>` : ''}
${off.map((type) => eventChoice(type, form))}
</fieldset>
</div>
<div class="card">
<h2>Customer</h2>
${textField({ name: 'email', label: 'Address', value: typed.email, problem: problems.email, hint: 'Use your own: active workflows send it real mail. The same address is always the same test customer, so you can create it, let it buy, and delete it.' }, { type: 'email', required: true, autocomplete: 'email' })}
${textField({ name: 'name', label: 'Name', value: typed.name, problem: problems.name })}
${textField({ name: 'externalId', label: 'External id', value: typed.externalId, problem: problems.externalId, hint: 'Your own id for the customer. Optional.' })}
<p><button type="submit" class="primary">Send test event</button></p>
</div>
</div>`,
  });
}

function eventChoice(type: SupportedEventType, { typed, settings, active }: TestForm): Html {
  const isChosen = type === typed.type;
  const hint = whatWaits(type, settings, active);
  return html`<label class="check"><input type="radio" name="type" value="${type}"${isChosen ? html` checked` : ''}${settings.events[type].enabled ? '' : html` aria-describedby="events-off"`}> <span>${type}${hint && html`<br><span class="hint">${hint}</span>`}</span></label>`;
}

function whatWaits(
  type: SupportedEventType,
  { events }: Pick<Settings, 'events'>,
  active: readonly Workflow[],
): Html | string | undefined {
  const { enabled, trigger } = events[type];
  if (!enabled) return undefined;
  const waiting = active.filter((workflow) => workflow.trigger.event === type);
  if (waiting.length === 0) return undefined;
  const names = waiting.map(
    ({ workflowId, name }, index) =>
      html`${index > 0 ? ', ' : ''}<a href="${workflowPath({ workflowId })}">${name}</a>`,
  );
  return trigger ? html`May send ${names}.` : html`The settings keep it from triggering ${names}.`;
}

const webhookIdForm = /^[0-9a-f-]{36}$/;

export function testPages(parts: ConsoleParts) {
  const { db, env, settings, workflows, now } = parts;
  const events = dynamoEventLog(db, env.EVENTS_TABLE);
  const app = new Hono<ConsoleEnv>();

  async function sentNote(webhookId: string): Promise<Html> {
    if (!webhookIdForm.test(webhookId)) return html``;
    const isRecorded = await events.has(webhookId);
    return untilDone('sent', isRecorded, isRecorded ? cameThrough(webhookId) : onItsWay(webhookId));
  }

  app.get('/', async (c) => {
    const type = c.req.query('type') ?? 'customer.created';
    const typed = { type, email: testAddress(c), name: 'Ada Lovelace', externalId: '' };
    return formPage(c, { typed, above: await sentNote(c.req.query('sent') ?? '') });
  });

  app.post('/', async (c) => {
    const form = c.get('form');
    const typed = {
      type: textOf(form, 'type'),
      email: textOf(form, 'email'),
      name: textOf(form, 'name'),
      externalId: textOf(form, 'externalId'),
    };
    const sent = await sendTestEvent(typed, {
      webhookUrl: env.WEBHOOK_URL,
      store: parts.store,
      secret: async () => (await parts.polar.webhookSecrets.read()).current,
      now,
    });
    switch (sent.kind) {
      case 'wrong':
        return formPage(c, { typed, problems: sent.problems, status: 422 });
      case 'no-secret':
        return formPage(c, { typed, above: noSecretNote, status: 409 });
      case 'delivered': {
        keepTestAddress(c, typed.email.trim());
        const { webhookId, delivered } = sent;
        c.set('acted', { webhookId });
        const isTaken = delivered.kind === 'answered' && isSuccess(delivered.status);
        const to = link(testPath, { type: typed.type, sent: isTaken ? webhookId : undefined });
        return goOn(c, to, answerFlash(typed.type, delivered));
      }
    }
  });

  type Shown = Readonly<{
    typed: TypedTest;
    problems?: TestProblems;
    above?: Html;
    status?: 200 | 409 | 422;
  }>;

  async function formPage(c: Context<ConsoleEnv>, shown: Shown) {
    const { typed, problems = {}, above = html``, status = 200 } = shown;
    const [all, current] = await Promise.all([workflows.all(), settings()]);
    const active = all.filter((workflow) => workflow.status === 'active');
    return page(c, {
      title: 'Send a test event',
      section: 'test',
      status,
      body: html`${above}
<p>Makes up an event, signs it and posts it where Polar does. Everything after that is real: the contact, the record and the emails.</p>
${testForm(c, { typed, problems, settings: current, active })}`,
    });
  }

  return app;
}

const noSecretNote = html`<p class="note">No webhook secret is set yet, so the event couldn’t be signed or sent. <a href="${polarPath}">Connect Polar first</a>.</p>`;

function onItsWay(webhookId: string): Html {
  return html`<p>It’s on its way and becomes <a href="${eventPath(webhookId)}">an event</a> within seconds (webhook id <code>${webhookId}</code>).</p>`;
}

function cameThrough(webhookId: string): Html {
  return html`<p>It came through: <a href="${eventPath(webhookId)}">see what it did</a> (webhook id <code>${webhookId}</code>).</p>`;
}

/** What Polar was told, as a sentence. */
function answerFlash(type: string, delivered: Delivered): Flash {
  switch (delivered.kind) {
    case 'answered': {
      const { status, text } = delivered;
      return {
        kind: isSuccess(status) ? 'done' : 'problem',
        text: `${type} was answered ${status}: ${answerText(text)}`,
      };
    }
    case 'late':
      return {
        kind: 'problem',
        text: `${type} wasn’t answered within ten seconds. Polar would give up too, and try again later.`,
      };
    case 'unreachable':
      return {
        kind: 'problem',
        text: `Nothing answers at the webhook URL, so ${type} wasn’t delivered. Polar would try again later.`,
      };
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
