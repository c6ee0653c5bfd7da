import type { Context } from 'hono';
import { html } from 'hono/html';
import {
  eventBody,
  type QueueName,
  queueNames,
  type ReceivedMessage,
} from '#shared/queue/dead-letters/dead-letter.ts';
import {
  ageText,
  type ExplainedLetter,
  firstReasonOf,
  keptUntil,
  lastReasonOf,
  noReason,
  prospectOf,
  receivesOf,
} from '#shared/queue/dead-letters/letter-reasons.ts';
import { act, choice } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { badge, empty, facts, link, prettyBody, table, time } from '../kit/shown.ts';
import { eventPath } from '../kit/words.ts';
import type { LetterWithMessage, Reading } from './letter-reading.ts';

export const path = '/console/dead-letters';

const mostListed = 50;
const mostReasons = 20;

/** A run of sending again that one request could not finish. */
export type Unfinished = Readonly<{ reason: string | undefined; since: string | undefined }>;

export type LetterList = Readonly<{
  reading: Reading<ExplainedLetter>;
  queue: QueueName | undefined;
  unfinished: Unfinished | undefined;
  now: Date;
}>;

export function letterListView(c: Context<ConsoleEnv>, list: LetterList): Html {
  const { reading, queue, unfinished } = list;
  const queueField = { ...(queue && { queue }) };
  return html`${unfinished && goOnCard(c, unfinished, queueField)}
${queueFilter(queue)}
${
  reading.letters.length === 0
    ? nothingThere(reading, queue)
    : html`${summary(c, reading, queueField)}
${reasons(c, reading.letters, queueField)}
<h2>The oldest</h2>
${letters(list)}
${reading.letters.length > mostListed ? html`<p class="soft">The ${mostListed} oldest of those that were read are listed. When they are gone, the next come up.</p>` : ''}`
}`;
}

function queueFilter(queue: QueueName | undefined): Html {
  const options = queueNames.map((name) => [name, queueWords[name]] as const);
  return html`<form class="filters" method="get">
${choice({ name: 'queue', label: 'Queue', value: queue ?? '' }, [['', 'All'], ...options])}
<button type="submit">Show</button>
</form>`;
}

export const queueWords: Readonly<Record<QueueName, string>> = {
  events: 'Events of Polar',
  mail: 'Mail to send',
  feedback: 'Reports of SES',
};

type QueueField = Readonly<{ queue?: QueueName }>;

function goOnCard(c: Context<ConsoleEnv>, run: Unfinished, queue: QueueField): Html {
  const { reason, since } = run;
  const fields = {
    ...queue,
    which: reason === undefined ? 'all' : 'reason',
    ...(reason !== undefined && { reason }),
    ...(since !== undefined && { since }),
  };
  return html`<section class="card" aria-labelledby="go-on">
<h2 id="go-on">Not all are through yet</h2>
<p>One request sends 500 at most, or as many as it can in a quarter of a minute. ${reason === undefined ? '' : html`Those with the reason “${reason}” are meant.`} What dies again meanwhile is left alone.</p>
${act(c, 'Go on', `${path}/resend`, { tone: 'primary', fields })}
</section>`;
}

function nothingThere({ more }: Reading<unknown>, queue: QueueName | undefined): Html {
  if (more > 0) {
    return empty(
      `About ${more} are there, but with another reader at the moment, or just being sent again.`,
      html`<p><a href="${link(path, { queue })}">Look again</a></p>`,
    );
  }
  return empty(
    queue
      ? `There are no dead letters of this queue.`
      : 'There are no dead letters: whatever came in was dealt with, or is on its way.',
    html`<p><a href="/console/events">See the events</a></p>`,
  );
}

function summary(c: Context<ConsoleEnv>, reading: Reading<unknown>, queue: QueueField): Html {
  const { letters: found, more } = reading;
  const count =
    more > 0
      ? `${found.length} were read, and about ${more} more are there.`
      : `There ${found.length === 1 ? 'is 1' : `are ${found.length}`}.`;
  return html`<div class="row spread"><p>${count} Each stays for fourteen days, then SQS drops it.</p>
${act(c, queue.queue ? 'Send all of this queue again' : 'Send all again', `${path}/resend`, { fields: { ...queue, which: 'all' } })}</div>`;
}

function reasons(
  c: Context<ConsoleEnv>,
  found: readonly ExplainedLetter[],
  queue: QueueField,
): Html {
  const groups = [...Map.groupBy(found, lastReasonOf)].sort(([, a], [, b]) => b.length - a.length);
  const rows = groups.slice(0, mostReasons).map(([reason, ofIt]) => [
    String(ofIt.length),
    html`<span class="long">${reason}</span>`,
    triedBadge(ofIt),
    act(c, 'Send these again', `${path}/resend`, {
      fields: { ...queue, which: 'reason', reason },
    }),
  ]);
  const others = groups.length - rows.length;
  return html`<h2>Why they died</h2>
${table('Reasons, the most frequent first', ['How many', 'Last reason', 'Tried', 'What to do'], rows)}
${others > 0 ? html`<p class="soft">And ${others} other reasons.</p>` : ''}
<p class="soft">“final”: the function saw at once that no retry can mend it. “retried”: it was tried for about an hour and a half.</p>`;
}

function triedBadge(letters: readonly ExplainedLetter[]): Html {
  if (letters.some(({ failure }) => failure?.isFinal)) return badge('final', 'bad');
  return letters.some(({ failure }) => failure) ? badge('retried', 'warn') : badge('not known');
}

function letters({ reading, now }: LetterList): Html {
  const rows = reading.letters.slice(0, mostListed).map((letter) => {
    const first = firstReasonOf(letter);
    return [
      html`<a class="whole" href="${link(`${path}/letter`, { id: letter.messageId })}">${letter.type}</a><br><span class="soft small">${queueWords[letter.queue]}</span>`,
      html`${ageText(now.getTime() - letter.since.getTime())}<br><span class="soft small">${time(letter.since.toISOString())}</span>`,
      String(receivesOf(letter)),
      html`<span class="long">${lastReasonOf(letter)}</span>${first && html`<span class="long soft small">At first: ${first}</span>`}`,
      whoText(letter),
    ];
  });
  return table('Dead letters, the oldest first', ['What', 'Age', 'Tries', 'Reason', 'Whom'], rows);
}

export function whoText({ email, customerId }: ExplainedLetter): string {
  if (email !== undefined) return email;
  return customerId === undefined ? 'not known' : `customer ${customerId}`;
}

export type ShownLetter = Readonly<{
  found: LetterWithMessage;
  /** Whether its event has a record. */
  hasRecord: boolean;
  now: Date;
}>;

/** Everything about one dead letter, and what can be done with it. */
export function letterView(c: Context<ConsoleEnv>, shown: ShownLetter): Html {
  const [letter, message] = shown.found;
  const { messageId, queue } = letter;
  const id = { id: messageId };
  return html`<section class="card" aria-label="In short">${letterFacts(shown)}
<p>${prospectOf(letter)}</p></section>
<div class="row">
${act(c, 'Send again', `${path}/resend`, { tone: 'primary', fields: { which: 'one', queue, ...id } })}
<a class="button" href="${link(`${path}/body`, id)}">Download</a>
<a class="button danger" href="${link(`${path}/discard`, id)}">Discard…</a>
</div>
${attributes(message)}
<h2>Body</h2>
${prettyBody(queue === 'events' ? eventBody(message) : message.body, link(`${path}/body`, id))}`;
}

/** What it is, whom it is about, and why it died. */
function letterFacts({ found: [letter], hasRecord, now }: ShownLetter): Html {
  const { failure, webhookId, since, queue } = letter;
  const first = firstReasonOf(letter);
  return facts([
    ['Type', letter.type],
    ['Queue', queueWords[queue]],
    ['Since', html`${time(since.toISOString())}, ${ageText(now.getTime() - since.getTime())} ago`],
    ['Whom', whoText(letter)],
    ['Customer in Polar', letter.customerId],
    ['Tries', String(receivesOf(letter))],
    [
      'First reason',
      first && failure && html`${first} <span class="soft">(${time(failure.firstAt)})</span>`,
    ],
    [
      'Last reason',
      failure
        ? html`${lastReasonOf(letter)} <span class="soft">(${time(failure.lastAt)})</span>`
        : noReason,
    ],
    ['Event', webhookId && eventLink(webhookId, hasRecord)],
    ['Kept by SQS until', time(keptUntil(letter).toISOString())],
    ['Message of SQS', html`<code>${letter.messageId}</code>`],
  ]);
}

function eventLink(webhookId: string, hasRecord: boolean): Html {
  const name = html`<code>${webhookId}</code>`;
  return hasRecord
    ? html`<a href="${eventPath(webhookId)}">${name}</a>, which was recorded`
    : html`${name}, of which nothing is recorded`;
}

function attributes(message: ReceivedMessage): Html {
  const rows = Object.entries(message.attributes).map(
    ([name, { DataType, StringValue, BinaryValue }]) => [
      html`<code class="whole">${name}</code>`,
      StringValue ?? (BinaryValue && Buffer.from(BinaryValue).toString('base64')),
      DataType,
    ],
  );
  if (rows.length === 0) return html`<h2>Attributes</h2><p>The message has none.</p>`;
  return html`<h2>Attributes</h2>
${table('Attributes of the message', ['Name', 'Value', 'Type'], rows)}`;
}

/** Asks before a dead letter goes for good. */
export function discardView(c: Context<ConsoleEnv>, shown: ShownLetter): Html {
  const [{ messageId, queue, webhookId }] = shown.found;
  const id = { id: messageId };
  return html`<p class="note">Once discarded, the message is gone: nothing of it is applied or sent, now or later, and nobody can bring it back. What was noted of why it died goes, too.</p>
${letterFacts(shown)}
<p>If it may be wanted again, <a href="${link(`${path}/body`, id)}">download it first</a>: the file holds the body and the attributes, so that the same message can be sent again.${webhookId && queue === 'events' ? ' For ninety days Polar can deliver the event again, too.' : ''}</p>
<div class="row">
${act(c, 'Discard for good', `${path}/discard`, { tone: 'danger', fields: { queue, ...id } })}
<a class="button" href="${link(`${path}/letter`, id)}">Keep it</a>
</div>`;
}
