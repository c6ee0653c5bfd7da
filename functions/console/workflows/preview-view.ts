import { html } from 'hono/html';
import type { ListedEvent } from '#shared/aws/dynamo-event-log.ts';
import { choice } from '../fields.ts';
import type { Html } from '../page.ts';
import { emailFrame } from './email-frame.ts';
import { madeUp, type Preview } from './preview.ts';

/** The email as it would look, with what it is shown with. Part of the form: its button saves nothing. */
export function previewView({ events, example, email }: Preview): Html {
  const listed = events.some(({ webhookId }) => webhookId === example);
  return html`<h2 id="preview">Preview</h2>
<div class="filters">
${choice({ name: 'example', label: 'With the values of', value: example }, [
  ...events.map((event) => [event.webhookId, nameOf(event)] as const),
  ...(listed || example === madeUp
    ? []
    : [[example, `The event ${example.slice(0, 40)}`] as const]),
  [madeUp, 'A made-up event'],
])}
<button type="submit" name="act" value="preview" formaction="#preview">Preview</button>
</div>
${events.length === 0 ? html`<p class="soft small">No such event was received in the last days, so the values are made up.</p>` : ''}
${emailView(email)}`;
}

function nameOf({ receivedAt, email }: ListedEvent): string {
  const minute = receivedAt.slice(0, 16).replace('T', ' ');
  return `${minute} UTC, ${email ?? 'no address'}`;
}

function emailView(email: Preview['email']): Html {
  switch (email.kind) {
    case 'nothing':
      return html`<p class="note">There is nothing to show before the problems are put right.</p>`;
    case 'blocked':
      return html`<p class="note">With these values the email would be blocked: ${email.reason}</p>`;
    case 'rendered':
      return html`<dl class="facts">
<div><dt>Subject</dt><dd><strong>${email.subject}</strong></dd></div>
${email.preheader && html`<div><dt>Preheader</dt><dd>${email.preheader}</dd></div>`}
</dl>
${emailFrame(email.html)}
<details><summary>As plain text</summary><pre tabindex="0">${email.text}</pre></details>`;
  }
}
