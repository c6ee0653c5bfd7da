import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { keptLetters, keptMessages } from '#shared/queue/dead-letters/dead-letter.ts';
import { putBackLetters } from '#shared/queue/dead-letters/move-letters.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { postForm, textOf } from '../kit/fields.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { deadLettersPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { empty, link, problemFlash } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import { type LetterList, lettersTable } from './letter-list.ts';
import { filterFields } from './letter-query.ts';
import type { LetterReading } from './letter-reading.ts';

const section = 'dead-letters';
const above = { href: deadLettersPath, title: 'Dead letters' };

/** So many go at once: their ids have to fit into a form. */
const mostAtOnce = 200;
/** An answer of Lambda's holds six megabytes. */
const mostBytes = 4_500_000;

/** Asks before several go for good, and gives their file first. */
export function someToDiscard(c: Context<ConsoleEnv>, { reading, query, now }: LetterList): Html {
  const back = link(deadLettersPath, { queue: query.queue, ...filterFields(query) });
  if (reading.letters.length === 0) {
    return empty(
      'No dead letters match now.',
      html`<p><a href="${deadLettersPath}">See all</a></p>`,
    );
  }
  const letters = reading.letters.slice(0, mostAtOnce);
  const rest = reading.letters.length - letters.length;
  const count = letters.length === 1 ? '1 dead letter' : `${letters.length} dead letters`;
  const ids = html`<input type="hidden" name="ids" value="${letters.map(({ messageId }) => messageId).join(' ')}">`;
  return html`<p class="note">Discarding deletes them: they are never applied or sent. Only their file brings them back.${rest > 0 ? ` These are the ${letters.length} oldest; ${rest} more match and come next.` : ''}</p>
<ol class="steps">
<li>${postForm(c, { action: `${deadLettersPath}/bodies`, class: 'act', body: html`${ids}<button type="submit">Download ${count}</button>` })}<p class="soft small">It may hold personal data. Delete it when you’re done.</p></li>
<li>${postForm(c, {
    action: `${deadLettersPath}/discard`,
    body: html`${ids}
<label class="check"><input type="checkbox" name="kept" value="yes" required> <span>I have the file, or don’t need it</span></label>
<p class="row"><button type="submit" class="danger">Discard ${count} for good</button> <a class="button" href="${back}">Keep them</a></p>`,
  })}</li>
</ol>
${lettersTable({ reading: { ...reading, letters }, now })}`;
}

function putBackView(c: Context<ConsoleEnv>, problem?: string): Html {
  return html`${problem && problemFlash(problem)}
<div class="card"><p>Puts discarded dead letters back from their file. Nothing is applied until you send them again.</p>
${postForm(c, {
  action: `${deadLettersPath}/put-back`,
  hasFile: true,
  body: html`<p class="field"><label for="file">The file</label><input id="file" type="file" name="file" accept=".json,application/json" required></p>
<p><button type="submit" class="primary">Put it back</button></p>`,
})}</div>`;
}

/** Discarding, with what there is to bring it back. */
export function discardPages(parts: ConsoleParts, reading: LetterReading) {
  const app = new Hono<ConsoleEnv>();

  app.post('/bodies', async (c) => {
    const ids = idsIn(c.get('form'));
    const letters = await reading.chosen(ids);
    if (letters.length < ids.size)
      return goOn(c, deadLettersPath, { kind: 'problem', text: notAllThere });
    const text = keptLetters(letters);
    if (Buffer.byteLength(text) > mostBytes) {
      const problem =
        'They’re too large for one file. Choose fewer, or run npm run deadletters -- discard, which keeps each in a file.';
      return goOn(c, deadLettersPath, { kind: 'problem', text: problem });
    }
    c.set('acted', { count: letters.length });
    const day = parts.now().toISOString().replaceAll(/[:.]/g, '-');
    return c.body(text, 200, {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="dead-letters-${day}.json"`,
    });
  });

  app.post('/discard', async (c) => {
    const form = c.get('form');
    const ids = idsIn(form);
    const isOne = form.has('id');
    if (!isOne && textOf(form, 'kept') !== 'yes') {
      return goOn(c, deadLettersPath, {
        kind: 'problem',
        text: 'Nothing was discarded: download their file first.',
      });
    }
    const queues = parts.queues.filter(({ name }) => !isOne || name === textOf(form, 'queue'));
    const count = ids.size === 0 ? 0 : await reading.discard(queues, ids);
    c.set('acted', { count });
    if (count === 0) return goOn(c, deadLettersPath, { kind: 'problem', text: nothingThere });
    parts.log.info('dead letters discarded', { count });
    const left = ids.size - count;
    const text =
      ids.size === 1 ? 'The dead letter was discarded.' : `${count} dead letters were discarded.`;
    return goOn(c, deadLettersPath, {
      kind: 'done',
      text: left > 0 ? `${text} ${left} are gone, or being read by someone else.` : text,
    });
  });

  const putBackPage = (c: Context<ConsoleEnv>, problem?: string) =>
    page(c, {
      title: 'Put dead letters back',
      section,
      above,
      status: problem === undefined ? 200 : 422,
      body: putBackView(c, problem),
    });

  app.get('/put-back', (c) => putBackPage(c));

  app.post('/put-back', async (c) => {
    const file = c.get('form').get('file');
    const kept = keptMessages(file instanceof File ? await file.text() : (file ?? ''));
    if (!kept)
      return putBackPage(
        c,
        'This file has no discarded dead letters. Choose one that the console or the command wrote.',
      );
    const failures = dynamoFailures(parts.db, parts.env.FAILURES_TABLE, parts.now);
    await putBackLetters({ ...parts, failures }, kept);
    c.set('acted', { count: kept.length });
    const what = kept.length === 1 ? 'It’s back' : `All ${kept.length} are back`;
    return goOn(c, deadLettersPath, {
      kind: 'done',
      text: `${what} in the dead letters.`,
    });
  });

  return app;
}

function idsIn(form: FormData): ReadonlySet<string> {
  const given = [textOf(form, 'id'), ...textOf(form, 'ids').split(' ')];
  return new Set(given.filter((id) => id !== '' && id.length <= 200).slice(0, mostAtOnce));
}

const nothingThere =
  'Nothing was discarded: the dead letter is gone, or being read by someone else. Try again in a minute.';
const notAllThere = 'Some of them are gone, or being read by someone else. Try again in a minute.';
