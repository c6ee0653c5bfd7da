import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { dynamoEmailsNow, type EmailsNow } from '#shared/store/mail/emails-now.ts';
import type { Hold } from '#shared/store/mail/hold.ts';
import { oneLine } from '#shared/text.ts';
import { act, postForm, textField, textOf } from '../kit/fields.ts';
import { type ConsoleEnv, type Flash, type Html, page } from '../kit/page.ts';
import { goOn } from '../kit/remembered.ts';
import { empty, table, time } from '../kit/shown.ts';
import { countBadges, emailsPath } from '../kit/words.ts';
import type { ConsoleParts } from '../parts.ts';

const section = 'emails';
const longestReason = 200;

/** How mail is at this moment, and the switch that stops all of it. */
export function emailPages(parts: ConsoleParts) {
  const { db, env, hold, workflows, now } = parts;
  const app = new Hono<ConsoleEnv>();
  const emailsNow = dynamoEmailsNow(db, env.EMAILS_TABLE);

  async function home(c: Context<ConsoleEnv>, problem?: string): Promise<Response> {
    const [held, all] = await Promise.all([hold.read(), workflows.all()]);
    const ids = all.map(({ workflowId }) => workflowId);
    const emails = await emailsNow(ids, now());
    return page(c, {
      title: 'Emails',
      section,
      status: problem === undefined ? 200 : 422,
      body: html`${switchView(c, held, emails, problem)}${countsView(emails)}`,
    });
  }

  app.get('/', (c) => home(c));

  app.post('/hold', async (c) => {
    const reason = oneLine(textOf(c.get('form'), 'reason'));
    if (reason === '') return home(c, 'Say why, for whoever looks next.');
    const isDone = await hold.hold(
      reason.slice(0, longestReason),
      c.get('by'),
      now().toISOString(),
    );
    return goOn(c, emailsPath, isDone ? heldNow : heldBefore);
  });

  app.post('/release', async (c) => {
    const isDone = await hold.release(c.get('by'), now().toISOString());
    return goOn(c, emailsPath, isDone ? released : notHeld);
  });

  // A reload of the page that says what is missing asks for it so.
  app.get('/hold', (c) => c.redirect(emailsPath));

  return app;
}

const heldNow: Flash = {
  kind: 'done',
  text: 'All mail is held: within two seconds no email goes out any more.',
};
const heldBefore: Flash = {
  kind: 'problem',
  text: 'All mail is held already, so nothing was changed.',
};
const released: Flash = {
  kind: 'done',
  text: 'Mail goes out again. From the next minute on, each email that was put aside is judged and sent once.',
};
const notHeld: Flash = { kind: 'problem', text: 'Mail is not held, so nothing was changed.' };

function switchView(
  c: Context<ConsoleEnv>,
  held: Hold | undefined,
  { open, isWhole }: EmailsNow,
  problem: string | undefined,
): Html {
  if (!held?.isOn) {
    return html`<section class="card" aria-labelledby="hold">
<h2 id="hold">Stop all mail</h2>
<p>Use it when too many emails go out, or the wrong ones. Events go on, and their emails are put aside. Tests that you send yourself still go out.</p>
${postForm(c, {
  action: `${emailsPath}/hold`,
  body: html`${textField({ name: 'reason', label: 'Why', hint: 'Shown on every page while mail is held, such as: wrong prices', problem }, { required: true })}
<p><button type="submit" class="danger">Hold all mail</button></p>`,
})}
${held ? html`<p class="small soft">It was held last by ${held.by} on ${time(held.at)}: ${held.reason}.</p>` : ''}
</section>`;
  }
  const count = open.get('held') ?? 0;
  const many = `${count}${isWhole ? '' : ' or more'}`;
  return html`<section class="card" aria-labelledby="hold">
<h2 id="hold">All mail is held</h2>
<p>${count === 0 ? 'No email is put aside yet.' : `${many} ${count === 1 && isWhole ? 'email is' : 'emails are'} put aside.`} Once it is released, each is judged as things are then and sent once; what is older than its workflow allows ends as blocked.</p>
<p>Before you release it, pause the workflow that did it: what it wanted to send ends as blocked then. <a href="/console/workflows">See the workflows</a></p>
${act(c, 'Release all mail', `${emailsPath}/release`, { tone: 'primary' })}
</section>`;
}

const openWords = {
  waiting: 'SES puts them off for now; they are tried again for two days.',
  held: 'Put aside until mail is released.',
  unknown: 'Nobody knows whether SES took them. A person has to decide.',
  reserved: 'Being sent at this moment.',
} as const;

function countsView({ byState, open, isWhole }: EmailsNow): Html {
  const rows = (['unknown', 'waiting', 'held', 'reserved'] as const).flatMap((state) => {
    const count = open.get(state);
    return count === undefined ? [] : [[state, String(count), openWords[state]]];
  });
  return html`<h2>In the last day</h2>
<p>${countBadges({ byState, isComplete: isWhole })}</p>
<h2>Open now</h2>
${rows.length === 0 ? empty('No email waits for anything.') : table('Emails that are not over', ['State', 'How many', 'What it means'], rows)}
<p class="small soft">Each workflow has its own emails on its page. To see those in one state, whatever their workflow: <code>npm run emails -- list --state unknown</code></p>`;
}
