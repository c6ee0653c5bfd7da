import type { Context } from 'hono';
import { html } from 'hono/html';
import {
  eventBody,
  type QueueName,
  type ReceivedMessage,
} from '#shared/queue/dead-letters/dead-letter.ts';
import { finalText, isFinal } from '#shared/queue/dead-letters/letter-choice.ts';
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
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { facts, link, prettyBody, table, time } from '../kit/shown.ts';
import { eventPath } from '../kit/words.ts';
import type { LetterWithMessage } from './letter-reading.ts';

export const path = '/console/dead-letters';

export const queueWords: Readonly<Record<QueueName, string>> = {
  events: 'Events of Polar',
  mail: 'Mail to send',
  feedback: 'Reports of SES',
};

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
${isFinal(letter) ? html`<p class="note">${finalText(1)}</p>` : ''}
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
  return html`<p class="note">Once discarded, the message is gone: nothing of it is applied or sent. Only a file of it brings it back. What was noted of why it died goes, too.</p>
${letterFacts(shown)}
<p>If it may be wanted again, <a href="${link(`${path}/body`, id)}">download it first</a>: the file holds the body and the attributes, and the page <em>Dead letters</em> puts it back from there.${webhookId && queue === 'events' ? ' For ninety days Polar can deliver the event again, too.' : ''}</p>
<div class="row">
${act(c, 'Discard for good', `${path}/discard`, { tone: 'danger', fields: { queue, ...id } })}
<a class="button" href="${link(`${path}/letter`, id)}">Keep it</a>
</div>`;
}
