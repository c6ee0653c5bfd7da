import type { Context } from 'hono';
import { html } from 'hono/html';
import {
  eventBody,
  type QueueName,
  type ReceivedMessage,
} from '#shared/queue/dead-letters/dead-letter.ts';
import { isFinal } from '#shared/queue/dead-letters/letter-choice.ts';
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
import { visibleLine } from '#shared/safe-text.ts';
import { copyable, copyButton } from '../kit/enhanced.ts';
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { deadLettersPath, eventPath } from '../kit/paths.ts';
import { badge, facts, link, prettyBody, table, time } from '../kit/shown.ts';
import type { LetterWithMessage } from './letter-reading.ts';

export const queueWords: Readonly<Record<QueueName, string>> = {
  events: 'Polar events',
  mail: 'Mail to send',
  feedback: 'SES reports',
};

export function whoText({ email, customerId }: ExplainedLetter): string {
  if (email !== undefined) return visibleLine(email);
  return customerId === undefined ? 'not known' : `customer ${visibleLine(customerId)}`;
}

export type ShownLetter = Readonly<{
  found: LetterWithMessage;
  /** Whether its event has a record. */
  hasRecord: boolean;
  now: Date;
}>;

/** Each under a heading of its own where there are several. */
export function lettersView(c: Context<ConsoleEnv>, all: readonly ShownLetter[]): Html {
  if (all.length === 1) return html`${all.map((one) => letterView(c, one))}`;
  return html`<p class="note">There are ${all.length} dead letters with this id.</p>
${all.map((one, at) => {
  const place = `${at + 1} of ${all.length}`;
  return html`<h2>Dead letter ${place}</h2>
${letterView(c, one, `, ${place}`)}`;
})}`;
}

/** Everything about one dead letter, and what can be done with it. `place`: among several, for their labels. */
function letterView(c: Context<ConsoleEnv>, shown: ShownLetter, place = ''): Html {
  const [letter, message] = shown.found;
  const { messageId, queue } = letter;
  const id = { id: messageId };
  const download = link(`${deadLettersPath}/body`, id);
  const discard = link(`${deadLettersPath}/discard`, id);
  const resend = (tone: '' | 'primary') =>
    act(c, 'Send again', `${deadLettersPath}/resend`, {
      tone,
      fields: { which: 'one', queue, ...id },
    });
  return html`${
    isFinal(letter)
      ? html`<section class="card final" aria-labelledby="final-${messageId}">
<h2 id="final-${messageId}">${badge('final', 'bad')} It will fail again</h2>
<p>${prospectOf(letter)}</p>
<div class="row"><a class="button primary" href="${download}">Download</a>
<a class="button danger" href="${discard}">Discard…</a>
${resend('')}</div>
<p class="soft small">Send it again only once you’ve deployed a version that can read it.</p>
</section>`
      : html`<p>${prospectOf(letter)}</p>
<div class="row">${resend('primary')}
<a class="button" href="${download}">Download</a>
<a class="button danger" href="${discard}">Discard…</a></div>`
  }
<section class="card" aria-label="In short${place}">${letterFacts(shown)}</section>
${attributes(message, place)}
${part('Body', place)}
${prettyBody(queue === 'events' ? eventBody(message) : message.body, link(`${deadLettersPath}/body`, id), `The body${place}`)}`;
}

/** What it is, whom it is about, and why it died. */
function letterFacts({ found: [letter], hasRecord, now }: ShownLetter): Html {
  const { failure, webhookId, since, queue } = letter;
  const first = firstReasonOf(letter);
  return facts([
    ['Type', visibleLine(letter.type)],
    ['Queue', queueWords[queue]],
    [
      'Since',
      html`${time(since.toISOString(), { form: 'seconds' })}, <span class="whole">${ageText(now.getTime() - since.getTime())} ago</span>`,
    ],
    ['Customer', whoText(letter)],
    ['Customer in Polar', letter.customerId && copyable(letter.customerId)],
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
    ['SQS message id', copyable(letter.messageId)],
  ]);
}

function eventLink(webhookId: string, hasRecord: boolean): Html {
  const name = html`<code>${webhookId}</code>`;
  return hasRecord
    ? html`<a href="${eventPath(webhookId)}">${name}</a>, recorded ${copyButton(webhookId)}`
    : html`${name}, not recorded ${copyButton(webhookId)}`;
}

/** Below the heading of its letter, where there are several. */
function part(title: string, place: string): Html {
  return place === '' ? html`<h2>${title}</h2>` : html`<h3>${title}</h3>`;
}

function attributes(message: ReceivedMessage, place: string): Html {
  const rows = Object.entries(message.attributes).map(
    ([name, { DataType, StringValue, BinaryValue }]) => [
      html`<code class="whole">${name}</code>`,
      visibleLine(StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64')),
      DataType,
    ],
  );
  if (rows.length === 0) return html`${part('Attributes', place)}<p>The message has none.</p>`;
  return html`${part('Attributes', place)}
${table(`Message attributes${place}`, ['Name', 'Value', 'Type'], rows)}`;
}

/** Asks before a dead letter goes for good. */
export function discardView(c: Context<ConsoleEnv>, shown: ShownLetter): Html {
  const [{ messageId, queue, webhookId }] = shown.found;
  const id = { id: messageId };
  return html`<p class="note">Discarding deletes the message and its reason: it’s never applied or sent. Only its file brings it back.</p>
${letterFacts(shown)}
<p><a class="button" href="${link(`${deadLettersPath}/body`, id)}">Download it first</a></p>
<p class="soft">You can put it back from its file on the Dead letters page.${webhookId && queue === 'events' ? ' Polar can also deliver the event again for 90 days.' : ''}</p>
<div class="row">
${act(c, 'Discard for good', `${deadLettersPath}/discard`, { tone: 'danger', fields: { queue, ...id } })}
<a class="button" href="${link(`${deadLettersPath}/letter`, id)}">Keep it</a>
</div>`;
}
