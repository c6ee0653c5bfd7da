import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import type { ConsoleEnv } from '../console-env.ts';
import type { ConsoleParts } from '../console-parts.ts';
import { textOf } from '../fields.ts';
import { goOn } from '../flash.ts';
import { page } from '../page.ts';
import { idInPath } from '../path-id.ts';
import { eventActs } from './event-acts.ts';
import { eventListView, lastDay } from './event-list-view.ts';
import { askSchema, listQuery } from './event-query.ts';
import { type EventStory, eventStories } from './event-story.ts';
import { eventView, unrecordedView } from './event-view.ts';
import { eventPath, eventsPath } from './event-words.ts';
import { replayView } from './replay-view.ts';
import { type Settling, settleView, settlingTitles } from './settle-view.ts';

const section = 'events';
const pageSize = 50;

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
    const list =
      query.day === undefined
        ? await stories.log.newest(lastDay(query, today), query, pageSize)
        : await stories.log.ofDay(query.day, query, pageSize, query.after);
    return page(c, { title: 'Events', section, body: eventListView(list, query) });
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
        const how = { triggers: asked.triggers === 'on', again: asked.again === 'on' };
        return replay(c, story, how);
      }
      case 'mark-sent':
      case 'send-again':
        return settle(c, story, asked.ask, asked.email);
      case undefined:
        return page(c, { title: story.record.type, section, above, body: eventView(story) });
    }
  });

  app.post('/:webhookId{.+}', async (c) => {
    const webhookId = idInPath(c.req.param('webhookId'));
    const form = c.get('form');
    const act = actSchema.safeParse(textOf(form, 'act')).data;
    const by = c.get('by');
    if (act === undefined || !(await stories.has(webhookId))) {
      const text = 'Nothing was done: the form did not say what, or the event is not there.';
      return goOn(c, eventPath(webhookId), { kind: 'problem', text });
    }
    const flash =
      act === 'replay'
        ? await acts.replay(webhookId, form, by)
        : await acts.settle(act, textOf(form, 'email').slice(0, 100) || '-', by);
    return goOn(c, eventPath(webhookId), flash);
  });

  async function unrecorded(c: Context<ConsoleEnv>, webhookId: string) {
    const body = unrecordedView(webhookId, await stories.unrecorded(webhookId), days);
    return page(c, { title: 'There is no such event', section, above, status: 404, body });
  }

  async function replay(
    c: Context<ConsoleEnv>,
    { record, payload: { kind } }: EventStory,
    how: Readonly<{ triggers: boolean; again: boolean }>,
  ) {
    const asked = acts.replayOf(record.webhookId, c.get('by'), how);
    const rehearsal = await acts.rehearse(asked);
    if (rehearsal.kind === 'no-record') return unrecorded(c, record.webhookId);
    return page(c, {
      title: `Replay ${record.type}?`,
      section,
      above: aboveOf(record.webhookId),
      body: replayView(c, asked, rehearsal, kind === 'kept'),
    });
  }

  async function settle(
    c: Context<ConsoleEnv>,
    { record: { webhookId } }: EventStory,
    settling: Settling,
    ledgerKey: string,
  ) {
    const email = await parts.emails.find(ledgerKey);
    if (!email) {
      const body = html`<p>The ledger has no such email. <a href="${eventPath(webhookId)}">Back to the event</a></p>`;
      return page(c, { title: 'There is no such email', section, above, status: 404, body });
    }
    return page(c, {
      title: settlingTitles[settling],
      section,
      above: aboveOf(webhookId),
      body: settleView(c, settling, email, webhookId),
    });
  }

  return app;
}

const above = { href: eventsPath, title: 'Events' };

function aboveOf(webhookId: string) {
  return { href: eventPath(webhookId), title: 'The event' };
}

/** What an answer of Lambda may have, and some room for its envelope. */
const mostBytes = 5_000_000;

function payload(c: Context<ConsoleEnv>, { payload: kept, record }: EventStory) {
  if (kept.kind !== 'kept' || Buffer.byteLength(kept.text) > mostBytes) {
    const text = 'The payload is not there, or too large to be sent whole.';
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
