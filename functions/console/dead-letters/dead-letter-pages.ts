import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { keptLetter } from '#shared/queue/dead-letters/dead-letter.ts';
import type { LetterFilter } from '#shared/queue/dead-letters/letter-choice.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { textOf } from '../kit/fields.ts';
import { type ConsoleEnv, page } from '../kit/page.ts';
import { deadLettersPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { empty, link } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import { discardPages, someToDiscard } from './discard-pages.ts';
import { letterListView } from './letter-list.ts';
import { filterFields, filterOf, letterQuery } from './letter-query.ts';
import {
  type LetterWithMessage,
  letterReading,
  type Reading,
  type ResendChoice,
  resendingText,
  resendSome,
} from './letter-reading.ts';
import { discardView, lettersView } from './letter-views.ts';

const section = 'dead-letters';
const above = { href: deadLettersPath, title: 'Dead letters' };

const idSchema = z.string().check(z.minLength(1), z.maxLength(2_048));

export function deadLetterPages(parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  const reading = letterReading(parts);
  const events = dynamoEventLog(parts.db, parts.env.EVENTS_TABLE);
  const queuesNamed = (name: string | undefined) => {
    const one = parts.queues.filter((queue) => queue.name === name);
    return one.length > 0 ? one : parts.queues;
  };

  async function shown(found: LetterWithMessage) {
    const [{ webhookId }] = found;
    const hasRecord = webhookId !== undefined && (await events.has(webhookId));
    return { found, hasRecord, now: parts.now() };
  }

  app.get('/', async (c) => {
    const query = letterQuery(c.req.query());
    const list = await reading.some(queuesNamed(query.queue), filterOf(query));
    return page(c, {
      title: 'Dead letters',
      section,
      body: letterListView(c, { reading: list, query, now: parts.now() }),
    });
  });

  app.get('/letter', async (c) => {
    const id = idSchema.safeParse(c.req.query('id')?.trim()).data;
    const found = id === undefined ? noReading : await reading.found(id);
    if (found.letters.length === 0) return unknown(c, found);
    const all = await Promise.all(found.letters.map(shown));
    const [first] = all;
    return page(c, {
      title: first?.found[0].type ?? 'Dead letter',
      section,
      above,
      body: lettersView(c, all),
    });
  });

  app.get('/body', async (c) => {
    const found = await one(c.req.query('id'));
    if (!found) return unknown(c, noReading);
    const { fileName, text } = keptLetter(...found);
    return c.body(text, 200, {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="${fileName}"`,
    });
  });

  app.get('/discard', async (c) => {
    const found = await one(c.req.query('id'));
    if (!found) return unknown(c, noReading);
    return page(c, {
      title: 'Discard this dead letter?',
      section,
      above,
      body: discardView(c, await shown(found)),
    });
  });

  app.get('/discard-some', async (c) => {
    const query = letterQuery(c.req.query());
    const list = await reading.some(queuesNamed(query.queue), filterOf(query) ?? {});
    return page(c, {
      title: 'Discard these dead letters?',
      section,
      above,
      body: someToDiscard(c, { reading: list, query, now: parts.now() }),
    });
  });

  app.route('/', discardPages(parts, reading));

  app.post('/resend', async (c) => {
    const form = c.get('form');
    const query = letterQuery(Object.fromEntries(form));
    const filter = filterOf(query);
    const choice = choiceFrom(form, filter);
    if (!choice) {
      const text = 'Nothing was sent: the form didn’t say which ones. Choose here.';
      return goOn(c, deadLettersPath, { kind: 'problem', text });
    }
    const { queue, since } = query;
    const given = since === undefined ? undefined : new Date(since);
    const run = await resendSome(reading, queuesNamed(queue), choice, given);
    const { moved, copied } = run.counts;
    c.set('acted', { count: moved + copied });
    parts.log.info('dead letters sent again', { moved, copied, left: run.left });
    const isUnfinished = choice.kind !== 'one' && (run.left > 0 || run.failure !== undefined);
    const isBad = run.failure !== undefined || moved + copied === 0;
    const next = isUnfinished && {
      goOn: choice.kind,
      since: run.since?.toISOString(),
      ...(choice.kind === 'reason' && { reason: choice.reason }),
    };
    const shownQueue = choice.kind === 'one' ? undefined : queue;
    const shownFilter = choice.kind === 'filter' ? filterFields(query) : {};
    return goOn(c, link(deadLettersPath, { queue: shownQueue, ...shownFilter, ...next }), {
      kind: isBad ? 'problem' : 'done',
      text: resendingText(run, choice),
      isDone: moved + copied > 0,
    });
  });

  async function one(given: string | undefined): Promise<LetterWithMessage | undefined> {
    const id = idSchema.safeParse(given).data;
    return id === undefined ? undefined : reading.one(id);
  }

  return app;
}

const noReading: Reading<LetterWithMessage> = { letters: [], met: 0, more: 0 };

function unknown(c: Context<ConsoleEnv>, { met, more }: Reading<unknown>) {
  const text =
    more > 0
      ? `It wasn’t among the ${met} that could be read. About ${more} more are there, or being read by someone else. Try again in a minute.`
      : 'It was sent again, discarded, or expired after 14 days. If someone else is reading it, try again in a minute.';
  return page(c, {
    title: 'Dead letter not found',
    section,
    above,
    status: 404,
    body: empty(text, html`<p><a href="${deadLettersPath}">See all dead letters</a></p>`),
  });
}

function choiceFrom(form: FormData, filter: LetterFilter | undefined): ResendChoice | undefined {
  switch (textOf(form, 'which')) {
    case 'filter':
      return filter && { kind: 'filter', filter };
    case 'all':
      return { kind: 'all' };
    case 'reason':
      return { kind: 'reason', reason: textOf(form, 'reason') };
    case 'one': {
      const messageId = idSchema.safeParse(textOf(form, 'id')).data;
      return messageId === undefined ? undefined : { kind: 'one', messageId };
    }
    default:
      return undefined;
  }
}
