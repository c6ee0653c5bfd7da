import type { Context } from 'hono';
import { html } from 'hono/html';
import { queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { allWouldFailAgain, finalText, isFinal } from '#shared/queue/dead-letters/letter-choice.ts';
import {
  ageText,
  type ExplainedLetter,
  firstReasonOf,
  lastReasonOf,
  receivesOf,
} from '#shared/queue/dead-letters/letter-reasons.ts';
import { act, choice, textField } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { deadLettersPath, eventsPath } from '../kit/paths.ts';
import { badge, empty, link, table, time } from '../kit/shown.ts';
import { filterFields, filterOf, type LetterQuery } from './letter-query.ts';
import type { Reading } from './letter-reading.ts';
import { queueWords, whoText } from './letter-views.ts';

const mostListed = 50;
const mostReasons = 20;

export type LetterList = Readonly<{
  reading: Reading<ExplainedLetter>;
  query: LetterQuery;
  now: Date;
}>;

/** The dead letters, or those that fit a filter: how many, why they died, and what can be done with them. */
export function letterListView(c: Context<ConsoleEnv>, list: LetterList): Html {
  const { reading, query } = list;
  return html`${query.goOn && goOnCard(c, query)}
${isAnythingThere(reading, query) ? filterForm(query) : ''}
${
  reading.letters.length === 0
    ? nothingThere(reading, query)
    : html`${filterOf(query) ? chosenCard(c, list) : summary(c, reading, query)}
${reasons(c, reading.letters, query)}
<h2>The oldest</h2>
${lettersTable(list)}
${reading.letters.length > mostListed ? html`<p class="soft">These are the ${mostListed} oldest. More appear once these are gone.</p>` : ''}`
}
<p class="soft small">Discarded one by mistake? <a href="${deadLettersPath}/put-back">Put it back from its file</a>.</p>`;
}

/** Where there are none at all, there is nothing to filter. */
function isAnythingThere({ letters, met, more }: Reading<unknown>, query: LetterQuery): boolean {
  return letters.length + met + more > 0 || query.queue !== undefined || Boolean(filterOf(query));
}

const ages = [
  ['', 'Any age'],
  ['1h', 'An hour'],
  ['24h', 'A day'],
  ['7d', 'A week'],
] as const;

function filterForm({ queue, about, type, older = '' }: LetterQuery): Html {
  const queues = queueNames.map((name) => [name, queueWords[name]] as const);
  const other = ages.some(([value]) => value === older) ? [] : [[older, older] as const];
  return html`<form class="filters" method="get">
${choice({ name: 'queue', label: 'Queue', value: queue ?? '' }, [['', 'All'], ...queues])}
${textField({ name: 'about', label: 'Reason contains', value: about ?? '' })}
${textField({ name: 'type', label: 'Type', value: type ?? '' })}
${choice({ name: 'older', label: 'Older than', value: older }, [...ages, ...other])}
<button type="submit">Show</button>
</form>`;
}

function queueField({ queue }: LetterQuery): Record<string, string> {
  return queue ? { queue } : {};
}

function goOnCard(c: Context<ConsoleEnv>, query: LetterQuery): Html {
  const { goOn = 'all', reason, since } = query;
  const fields = {
    ...{ ...queueField(query), which: goOn },
    ...(goOn === 'reason' && reason !== undefined && { reason }),
    ...(goOn === 'filter' && filterFields(query)),
    ...(since !== undefined && { since }),
  };
  return html`<section class="card" aria-labelledby="go-on">
<h2 id="go-on">Some are left</h2>
<p>Each request sends up to 500, for 15 seconds at most. ${goOn === 'reason' && reason ? html`It sends those with the reason “${reason}”.` : ''}${goOn === 'filter' ? 'It sends those that match the filter.' : ''} Those that fail again in the meantime aren’t sent twice.</p>
${act(c, 'Continue', `${deadLettersPath}/resend`, { tone: 'primary', fields })}
</section>`;
}

function nothingThere({ met, more }: Reading<unknown>, query: LetterQuery): Html {
  if (filterOf(query) && met > 0) {
    return empty(
      `None of the ${met} that were read match the filter.${more > 0 ? ` About ${more} more weren’t read.` : ''}`,
      html`<p><a href="${link(deadLettersPath, queueField(query))}">Show all</a></p>`,
    );
  }
  if (more > 0) {
    return empty(
      `About ${more} are there, but someone else is reading or sending them.`,
      html`<p><a href="${link(deadLettersPath, queueField(query))}">Look again</a></p>`,
    );
  }
  return empty(
    query.queue
      ? 'No dead letters in this queue.'
      : 'No dead letters. Everything was processed or is on its way.',
    html`<p><a href="${eventsPath}">See the events</a></p>`,
  );
}

function summary(
  c: Context<ConsoleEnv>,
  reading: Reading<ExplainedLetter>,
  query: LetterQuery,
): Html {
  const { letters: found, more } = reading;
  const count =
    more > 0
      ? `${found.length} were read, and about ${more} more are there.`
      : found.length === 1
        ? '1 dead letter.'
        : `${found.length} dead letters.`;
  const fields = { ...queueField(query), which: 'all' };
  const finals = found.filter(isFinal).length;
  return html`${finals > 0 ? html`<p class="note">${finalText(finals)} Download and discard ${finals === 1 ? 'it' : 'them'} instead.</p>` : ''}
<div class="row spread"><p>${count} SQS keeps each for 14 days.</p>
${allWouldFailAgain(found, more) ? '' : act(c, query.queue ? 'Send all of this queue again' : 'Send all again', `${deadLettersPath}/resend`, { fields })}</div>`;
}

/** What fits the filter, counted, before anything is done with it. */
function chosenCard(c: Context<ConsoleEnv>, { reading, query }: LetterList): Html {
  const { letters: found, met, more } = reading;
  const finals = found.filter(isFinal).length;
  const fields = { ...queueField(query), ...filterFields(query) };
  const these = found.length === 1 ? 'this one' : `these ${found.length}`;
  const discard = html`<a class="button danger" href="${link(`${deadLettersPath}/discard-some`, fields)}">Download and discard ${these}…</a>`;
  const resend = (tone: '' | 'primary') =>
    act(c, `Send ${these} again`, `${deadLettersPath}/resend`, {
      tone,
      fields: { ...fields, which: 'filter' },
    });
  return html`<section class="card" aria-labelledby="chosen">
<h2 id="chosen">${found.length} of ${met} match the filter</h2>
${more > 0 ? html`<p>About ${more} more couldn’t be read in time. Actions here also reach those that match.</p>` : ''}
${finals > 0 ? html`<p class="note">${finalText(finals)}</p>` : ''}
<div class="row">
${finals === found.length ? html`${discard}${resend('')}` : html`${resend('primary')}${discard}`}
</div>
</section>`;
}

function reasons(
  c: Context<ConsoleEnv>,
  found: readonly ExplainedLetter[],
  query: LetterQuery,
): Html {
  const groups = [...Map.groupBy(found, lastReasonOf)].sort(([, a], [, b]) => b.length - a.length);
  const rows = groups
    .slice(0, mostReasons)
    .map(([reason, ofIt]) => [
      String(ofIt.length),
      html`<span class="long">${reason}</span>`,
      triedBadge(ofIt),
      filterOf(query) && groups.length === 1 ? '' : whatToDo(c, query, reason, ofIt),
    ]);
  const others = groups.length - rows.length;
  return html`<h2>Why they died</h2>
${table('Reasons, most frequent first', ['How many', 'Last reason', 'Tried', 'What to do'], rows, { numbers: ['How many'] })}
${others > 0 ? html`<p class="soft">And ${others} other reasons.</p>` : ''}
<p class="soft small">“final”: no retry can fix it, so it wasn’t retried. “retried”: it was tried for about 90 minutes.</p>`;
}

/** What is final is looked at and discarded; only the rest is worth another try. */
function whatToDo(
  c: Context<ConsoleEnv>,
  query: LetterQuery,
  reason: string,
  letters: readonly ExplainedLetter[],
): Html {
  const about = link(deadLettersPath, { ...queueField(query), about: reason });
  if (filterOf(query)) return html`<a href="${about}">Only these</a>`;
  if (letters.every(isFinal)) {
    const discard = link(`${deadLettersPath}/discard-some`, {
      ...queueField(query),
      about: reason,
    });
    return html`<a class="button danger" href="${discard}">Download and discard…</a>`;
  }
  return act(c, 'Send these again', `${deadLettersPath}/resend`, {
    fields: { ...queueField(query), which: 'reason', reason },
  });
}

function triedBadge(letters: readonly ExplainedLetter[]): Html {
  if (letters.some(isFinal)) return badge('final', 'bad');
  return letters.some(({ failure }) => failure) ? badge('retried', 'warn') : badge('not known');
}

/** The oldest of those that were found. */
export function lettersTable({ reading, now }: Omit<LetterList, 'query'>): Html {
  const rows = reading.letters.slice(0, mostListed).map((letter) => {
    const first = firstReasonOf(letter);
    return [
      html`<a class="whole" href="${link(`${deadLettersPath}/letter`, { id: letter.messageId })}">${letter.type}</a><br><span class="soft small">${queueWords[letter.queue]}</span>`,
      html`<span>${ageText(now.getTime() - letter.since.getTime())}</span><br><span class="soft small">${time(letter.since.toISOString())}</span>`,
      String(receivesOf(letter)),
      html`<span class="long brief">${isFinal(letter) ? html`${badge('final', 'bad')} ` : ''}${lastReasonOf(letter)}</span>${first && html`<span class="long soft small">At first: ${first}</span>`}`,
      html`<div class="who">${whoText(letter)}</div>`,
    ];
  });
  return table('Dead letters, oldest first', ['What', 'Age', 'Tries', 'Reason', 'Customer'], rows, {
    numbers: ['Tries'],
    of: 'letters',
  });
}
