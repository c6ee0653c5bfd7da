import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { webhookSecretDocument } from '#shared/aws/webhook-secret-document.ts';
import type { Delivered } from '#shared/polar/sample/signed-delivery.ts';
import type { ConsoleEnv, Flash } from '../console-env.ts';
import type { ConsoleParts } from '../console-parts.ts';
import { eventPath } from '../events/event-words.ts';
import { textOf } from '../fields.ts';
import { goOn } from '../flash.ts';
import { type Html, page } from '../page.ts';
import { link } from '../shown.ts';
import { sendTestEvent } from './send-test-event.ts';
import { keepTestAddress, testAddress } from './test-address.ts';
import { type TestProblems, type TypedTest, testForm } from './test-form.ts';

const path = '/console/test';
const webhookIdForm = /^[0-9a-f-]{36}$/;

export function testPages(parts: ConsoleParts) {
  const { env, secrets, settings, workflows, now } = parts;
  const secretDocument = webhookSecretDocument(secrets, env.WEBHOOK_SECRET_ID);
  const app = new Hono<ConsoleEnv>();

  app.get('/', (c) => {
    const type = c.req.query('type') ?? 'customer.created';
    const typed = { type, email: testAddress(c), name: 'Ada Lovelace', externalId: '' };
    return formPage(c, { typed, above: sentNote(c.req.query('sent') ?? '') });
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
      secret: async () => (await secretDocument.read()).current,
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
        const isTaken = delivered.kind === 'answered' && isSuccess(delivered.status);
        const to = link(path, { type: typed.type, sent: isTaken ? webhookId : undefined });
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
      title: 'Test',
      section: 'test',
      status,
      body: html`${above}
<p>Makes up an event, signs it with the webhook secret and posts it to the URL that Polar posts to. From there on everything is real: the contact, the record and the emails.</p>
${testForm(c, { typed, problems, settings: current, active })}`,
    });
  }

  return app;
}

const noSecretNote = html`<p class="note">No webhook secret is set yet, so nothing was sent: there is nothing to sign it with. <a href="/console/polar">Connect Polar first</a>.</p>`;

function sentNote(webhookId: string): Html {
  if (!webhookIdForm.test(webhookId)) return html``;
  return html`<p>It becomes an event within seconds: <a href="${eventPath(webhookId)}">see what it did</a> (webhook id <code>${webhookId}</code>). If there is nothing yet, load that page again.</p>`;
}

/** What Polar would show of this delivery. */
function answerFlash(type: string, delivered: Delivered): Flash {
  switch (delivered.kind) {
    case 'answered': {
      const { status, text } = delivered;
      return {
        kind: isSuccess(status) ? 'done' : 'problem',
        text: `${type} was answered ${status}. Polar would show: ${text}`,
      };
    }
    case 'late':
      return {
        kind: 'problem',
        text: `${type} was not answered within ten seconds. Polar would give up as well, and try again later.`,
      };
    case 'unreachable':
      return {
        kind: 'problem',
        text: `Nobody answers at the webhook URL, so ${type} was not delivered. Polar would try again later.`,
      };
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
