import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { contactsOf } from '#shared/store/audience/contact-lookup.ts';
import { textOf } from '../kit/fields.ts';
import { idInPath } from '../kit/in-url.ts';
import { type ConsoleEnv, page } from '../kit/page.ts';
import { eventPath, eventsPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { empty, link } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import { eventActs, pathBack, type Settling, settleView, settlingTitles } from './event-acts.ts';
import {
  askSchema,
  type Back,
  backSchema,
  eventListView,
  hourIn,
  lastDay,
  listQuery,
} from './event-list.ts';
import { type EventStory, eventStories } from './event-story.ts';
import { eventView, eventViews, unrecordedView, whyNoReplay } from './event-view.ts';
import { countedAround, eventHistogram } from './histogram.ts';
import { replayView } from './replay-view.ts';

const section = 'events';
const pageSize = 50;

const viewSchema = z.catch(z.enum(eventViews), 'summary');
const actSchema = z.enum(['replay', 'mark-sent', 'send-again']);

export function eventPages(parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  const stories = eventStories(parts);
  const acts = eventActs(parts);
  const days = parts.env.RETENTION_DAYS;

  app.get('/', async (c) => {
    const wanted = c.req.query('webhook')?.trim();
    if (wanted) return c.redirect(eventPath(wanted));
    const query = listQuery(c.req.query());
    const today = parts.now().toISOString().slice(0, 10);
    const filter = { type: query.type, outcome: query.outcome, inHour: hourIn(query) };
    const [list, counted] = await Promise.all([
      query.day === undefined
        ? stories.log.newest(lastDay(query, today), filter, pageSize)
        : stories.log.ofDay(query.day, filter, pageSize, query.after),
      countedAround(parts.counts, query, today),
    ]);
    const [details, contacts] = await Promise.all([
      stories.log.detailsOf(list.items.map(({ webhookId }) => webhookId)),
      contactsOf(
        parts.store,
        list.items.map(({ customerId }) => customerId),
      ),
    ]);
    const bars = eventHistogram(counted, query);
    const body = eventListView({ list, query, details, contacts, bars });
    return page(c, { title: 'Events', section, body });
  });

  // Any text may be a webhook id, a slash in it included.
  app.get('/:webhookId{.+}', async (c) => {
    const webhookId = idInPath(c.req.param('webhookId'));
    const story = await stories.find(webhookId);
    if (!story) return unrecorded(c, webhookId);
    const asked = askSchema.safeParse(c.req.query()).data;
    switch (asked?.ask) {
      case 'payload':
        return payload(c, story);
      case 'replay': {
        const how = { triggers: asked.triggers !== '', again: asked.triggers === 'again' };
        return replay(c, story, how);
      }
      case 'mark-sent':
      case 'send-again':
        return settle(c, story, asked);
      case undefined:
        return page(c, {
          title: story.record.type,
          section,
          above,
          body: eventView(story, viewSchema.parse(c.req.query('view'))),
        });
    }
  });

  app.post('/:webhookId{.+}', async (c) => {
    const webhookId = idInPath(c.req.param('webhookId'));
    const form = c.get('form');
    const act = actSchema.safeParse(textOf(form, 'act')).data;
    const by = c.get('by');
    if (act === undefined || !(await stories.has(webhookId))) {
      const text = 'Nothing was done: the form didn’t say what to do, or there’s no such event.';
      return goOn(c, eventPath(webhookId), { kind: 'problem', text });
    }
    if (act === 'replay') {
      const flash = await acts.replay(webhookId, form, by);
      return goOn(c, link(eventPath(webhookId), { view: 'replays' }), flash);
    }
    const ledgerKey = textOf(form, 'email').slice(0, 100) || '-';
    const back = backSchema.safeParse(textOf(form, 'back')).data;
    const flash = await acts.settle(act, ledgerKey, by);
    return goOn(c, pathBack(back, webhookId, ledgerKey), flash);
  });

  async function unrecorded(c: Context<ConsoleEnv>, webhookId: string) {
    const known = await stories.unrecorded(webhookId);
    const body = unrecordedView(webhookId, known, days);
    const title = known.failure ? 'Event not recorded' : 'Event not found';
    return page(c, { title, section, above, status: 404, body });
  }

  async function replay(
    c: Context<ConsoleEnv>,
    { record, payload }: EventStory,
    how: Readonly<{ triggers: boolean; again: boolean }>,
  ) {
    const noReplay = whyNoReplay(payload);
    if (noReplay !== undefined) {
      const above = aboveOf(record.webhookId);
      const body = html`<p class="note">${noReplay}</p>`;
      return page(c, { title: `Replay ${record.type}?`, section, above, body });
    }
    const asked = acts.replayOf(record.webhookId, c.get('by'), how);
    const rehearsal = await acts.rehearse(asked);
    if (rehearsal.kind === 'no-record') return unrecorded(c, record.webhookId);
    return page(c, {
      title: `Replay ${record.type}?`,
      section,
      above: aboveOf(record.webhookId),
      body: replayView(c, asked, rehearsal),
    });
  }

  async function settle(
    c: Context<ConsoleEnv>,
    { record: { webhookId, email: address, workflows = [] } }: EventStory,
    {
      ask,
      email: ledgerKey,
      back,
    }: Readonly<{ ask: Settling; email: string; back?: Back | undefined }>,
  ) {
    const email = await parts.emails.find(ledgerKey);
    const workflow = workflows.find((one) => one.workflowId === email?.workflowId)?.name;
    if (!email) {
      const body = empty(
        'The ledger has no such email.',
        html`<p><a href="${eventPath(webhookId)}">Back to the event</a></p>`,
      );
      return page(c, { title: 'Email not found', section, above, status: 404, body });
    }
    return page(c, {
      title: settlingTitles[ask],
      section: back === undefined ? section : 'emails',
      above: { href: pathBack(back, webhookId, ledgerKey), title: cameFromWords[back ?? 'event'] },
      body: settleView(c, ask, email, { webhookId, back, about: { address, workflow } }),
    });
  }

  return app;
}

const above = { href: eventsPath, title: 'Events' };

function aboveOf(webhookId: string) {
  return { href: eventPath(webhookId), title: 'The event' };
}

const cameFromWords = { event: 'The event', email: 'The email', emails: 'Emails' } as const;

/** What an answer of Lambda may have, and some room for its envelope. */
const mostBytes = 5_000_000;

function payload(c: Context<ConsoleEnv>, { payload: kept, record }: EventStory) {
  if (kept.kind !== 'kept' || Buffer.byteLength(kept.text) > mostBytes) {
    const text = 'The payload is missing, or too large to send whole.';
    return page(c, {
      title: 'No payload',
      section,
      above,
      status: 404,
      body: html`<p>${text}</p>`,
    });
  }
  const name = record.webhookId.replace(/[^\w-]+/g, '_').slice(0, 80);
  return c.body(kept.text, 200, {
    'content-type': 'application/json; charset=utf-8',
    'content-disposition': `attachment; filename="${name}.json"`,
  });
}
