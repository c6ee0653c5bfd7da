import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { oneLine } from '#shared/safe-text.ts';
import { dynamoContactLookup, keptCustomers } from '#shared/store/audience/contact-lookup.ts';
import { fatesSince } from '#shared/store/counts/counts.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { countHeld } from '#shared/store/mail/due-emails.ts';
import { dynamoEmailList } from '#shared/store/mail/email-list.ts';
import { dynamoOpenEmails } from '#shared/store/mail/emails-now.ts';
import { emailSources } from '../kit/email-frame.ts';
import { isMailReleased } from '../kit/email-view.ts';
import { textOf } from '../kit/fields.ts';
import { policyWith } from '../kit/guard.ts';
import { type ConsoleEnv, page } from '../kit/page.ts';
import { emailsPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { type Named, removedWorkflows } from '../kit/removed-workflows.ts';
import { empty } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import {
  beforeOf,
  type EmailQuery,
  emailListView,
  emailQuery,
  fatesOnPage,
  isOfAll,
  openFates,
  openPage,
  recipientsIn,
} from './email-list.ts';
import { oneEmailView } from './email-page.ts';
import { heldView, holdFlashes, holdView } from './hold-view.ts';
import { renderedAgain } from './rendered-again.ts';

const section = 'emails';
const above = { href: emailsPath, title: 'Emails' };
const longestReason = 200;
const pageSize = 50;
const dayMs = 86_400_000;

const keySchema = z.string().check(z.minLength(1), z.maxLength(200));

/** All mail: what became of each email, and the switch that stops all of it. */
export function emailPages(parts: ConsoleParts) {
  const { db, env, counts, hold, workflows, store, now } = parts;
  const app = new Hono<ConsoleEnv>();
  const openEmails = dynamoOpenEmails(db, env.EMAILS_TABLE);
  const emailList = dynamoEmailList(db, env.EMAILS_TABLE);
  const events = dynamoEventLog(db, env.EVENTS_TABLE);
  const removed = removedWorkflows(workflows, () => now().getTime());
  const contactOf = dynamoContactLookup(db, env.CONTACTS_TABLE, store);

  async function home(
    c: Context<ConsoleEnv>,
    query: EmailQuery,
    problem?: string,
  ): Promise<Response> {
    const [held, all] = await Promise.all([hold.read(), workflows.all()]);
    const gone = await removed(all);
    const ids = (of: readonly Named[]) => of.map(({ workflowId }) => workflowId);
    const { fate, workflow } = query;
    const isOpen = fate !== undefined && openFates.includes(fate);
    const allIds = ids([...all, ...gone]);
    const workflowIds = workflow === undefined ? allIds : [workflow];
    const listed = () => emailList({ workflowIds, fate, before: beforeOf(query) }, pageSize);
    const [present, early, heldNow] = await Promise.all([
      openEmails(),
      isOpen ? undefined : listed(),
      held?.isOn ? countHeld(db, env.EMAILS_TABLE) : undefined,
    ]);
    const list = early ?? openPage(present, query, pageSize) ?? (await listed());
    const dayAgo = new Date(now().getTime() - dayMs).toISOString();
    const ofLastDay = () => fatesOnPage(list, dayAgo) ?? fatesSince(counts, dayAgo);
    const customerIds = list.items.map(({ customerId }) => customerId);
    const [kept, lastDay] = await Promise.all([
      keptCustomers(store, customerIds),
      isOfAll(query) ? ofLastDay() : undefined,
    ]);
    const listView = emailListView({
      query,
      list,
      open: present.open,
      lastDay,
      isReleased: !held?.isOn,
      workflows: all,
      removed: gone,
      ...recipientsIn(kept),
    });
    // Said once, where mail is released.
    if (held?.isOn) c.set('held', undefined);
    return page(c, {
      title: 'Emails',
      section,
      status: problem === undefined ? 200 : 422,
      ...(!held?.isOn && { beside: html`<a class="button" href="#hold">Hold all mail…</a>` }),
      body: html`${held?.isOn && heldNow ? heldView(c, held, heldNow) : ''}${listView}${held?.isOn ? '' : holdView(c, held, problem)}`,
    });
  }

  app.get('/', (c) => home(c, emailQuery(c.req.query())));

  app.get('/mail', async (c) => {
    const key = keySchema.safeParse(c.req.query('key')).data;
    const email = key === undefined ? undefined : await parts.emails.find(key);
    if (!email) {
      const body = empty(
        'No email has this key.',
        html`<p><a href="${emailsPath}">See all emails</a></p>`,
      );
      return page(c, { title: 'Email not found', section, above, status: 404, body });
    }
    const { workflowId, workflowVersion, webhookId, contactId, customerId } = email;
    const [present, versions, kept, found, settings, brand, portal] = await Promise.all([
      workflows.find(workflowId),
      workflows.versions(workflowId),
      events.find(webhookId),
      contactId === undefined ? undefined : contactOf({ contactId, customerId }),
      parts.settings(),
      parts.brand(),
      parts.connections.read(),
    ]);
    const contact = found?.contact;
    const recipients = recipientsIn(await keptCustomers(store, [customerId]));
    const isReleased = await isMailReleased([email], hold);
    const rendered = renderedAgain({
      ...{ email, contact, settings, brand, portal, unsubscribeUrl: env.UNSUBSCRIBE_URL },
      workflow: versions.find(({ version }) => version === workflowVersion),
      record: kept?.record,
    });
    if (rendered.kind === 'rendered') {
      c.header('content-security-policy', policyWith(emailSources(rendered.html)));
    }
    const name = versions[0]?.name;
    return page(c, {
      title: name === undefined ? 'Email from a removed workflow' : `Email from ${name}`,
      section,
      above,
      body: oneEmailView({
        email,
        isReleased,
        workflow: versions[0],
        isRemoved: present === undefined,
        contacts: new Map(contact && [[customerId, contact]]),
        erased: recipients.erased,
        hasEvent: kept !== undefined,
        rendered,
      }),
    });
  });

  app.post('/hold', async (c) => {
    const reason = oneLine(textOf(c.get('form'), 'reason'));
    if (reason === '') return home(c, emailQuery({}), 'Enter a reason.');
    const isDone = await hold.hold(
      reason.slice(0, longestReason),
      c.get('by'),
      now().toISOString(),
    );
    return goOn(c, emailsPath, isDone ? holdFlashes.held : holdFlashes.heldBefore);
  });

  app.post('/release', async (c) => {
    const isDone = await hold.release(c.get('by'), now().toISOString());
    return goOn(c, emailsPath, isDone ? holdFlashes.released : holdFlashes.notHeld);
  });

  // A reload of the page that says what is missing asks for it so.
  app.get('/hold', (c) => c.redirect(emailsPath));

  return app;
}
