import { html } from 'hono/html';
import { eventPropertyNames } from '#shared/audience/workflow.ts';
import { contactVariables, eventMayHave, eventVariables } from '#shared/mail/event-variables.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Html } from '../page.ts';
import { table } from '../shown.ts';

/** What can be written between braces in the email of an event. */
export function variablesList(event: SupportedEventType): Html {
  const names = eventPropertyNames.filter((name) => eventMayHave(event, name));
  const rows = [
    ...Object.entries(contactVariables).map(([name, text]) => row(`contact.${name}`, text)),
    ...names.map((name) => row(`event.${name}`, eventVariables[name].description)),
  ];
  return html`<details>
<summary>Variables of ${event}</summary>
<p class="small">Subject, preheader and body are <em>Liquid</em>, the body is <em>Markdown</em> as well. A variable without a value keeps the email from being sent, unless it has a default: <code>{{ contact.firstName | default: "there" }}</code>. Times are written with <code>{{ event.periodEnd | date: "%B %-d, %Y" }}</code>, parts that depend on something with <code>{% if event.trialEnd %} … {% endif %}</code>.</p>
${table(`Variables of ${event}`, ['Variable', 'What it is'], rows)}
</details>`;
}

function row(name: string, text: string): [Html, string] {
  return [html`<code>{{ ${name} }}</code>`, text];
}
