import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { keptLetter, queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { textOf } from '../kit/fields.ts';
import { type ConsoleEnv, page } from '../kit/page.ts';
import { goOn } from '../kit/remembered.ts';
import { empty, link } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import {
  type LetterWithMessage,
  letterReading,
  type Reading,
  type ResendChoice,
  resendingText,
  resendSome,
} from './letter-reading.ts';
import { discardView, letterListView, letterView, path } from './letter-views.ts';

const section = 'dead-letters';
const above = { href: path, title: 'Dead letters' };

const optional = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);
const querySchema = z.object({
  queue: optional(z.enum(queueNames)),
  goOn: optional(z.enum(['all', 'reason'])),
  reason: optional(z.string()),
  since: optional(z.iso.datetime()),
});
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
    const { queue, goOn: run, reason, since } = querySchema.parse(c.req.query());
    const unfinished = run && { reason: run === 'all' ? undefined : reason, since };
    const list = await reading.some(queuesNamed(queue));
    return page(c, {
      title: 'Dead letters',
      section,
      body: letterListView(c, { reading: list, queue, unfinished, now: parts.now() }),
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
      body: html`${all.length > 1 ? html`<p class="note">There are ${all.length} dead letters with this id.</p>` : ''}${all.map((one) => letterView(c, one))}`,
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

  app.post('/discard', async (c) => {
    const form = c.get('form');
    const id = idSchema.safeParse(textOf(form, 'id')).data ?? '';
    const queue = parts.queues.find(({ name }) => name === textOf(form, 'queue'));
    const isGone = queue !== undefined && (await reading.discard(queue, id));
    if (!isGone) {
      const text =
        'Nothing was discarded: the dead letter is no longer there, or with another reader. Look again in a minute.';
      return goOn(c, path, { kind: 'problem', text });
    }
    parts.log.info('dead letter discarded', { messageId: id, queue: queue.name });
    return goOn(c, path, { kind: 'done', text: 'The dead letter is discarded.' });
  });

  app.post('/resend', async (c) => {
    const form = c.get('form');
    const choice = choiceFrom(form);
    if (!choice) {
      const text = 'Nothing was sent: the form did not say which. Choose here.';
      return goOn(c, path, { kind: 'problem', text });
    }
    const { queue, since } = querySchema.parse({
      queue: textOf(form, 'queue'),
      since: textOf(form, 'since'),
    });
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
    return goOn(c, link(path, { queue: shownQueue, ...next }), {
      kind: isBad ? 'problem' : 'done',
      text: resendingText(run, choice),
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
      ? `It was not among the ${met} that could be read. About ${more} more are there, or with another reader: look again in a minute.`
      : 'It was sent again or discarded, or its fourteen days are over. A reader may also hold it for a minute.';
  return page(c, {
    title: 'There is no such dead letter now',
    section,
    above,
    status: 404,
    body: empty(text, html`<p><a href="${path}">See what there is</a></p>`),
  });
}

function choiceFrom(form: FormData): ResendChoice | undefined {
  switch (textOf(form, 'which')) {
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
