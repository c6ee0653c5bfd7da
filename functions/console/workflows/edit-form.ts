import type { Context } from 'hono';
import { html } from 'hono/html';
import { eventPropertyNames } from '#shared/audience/conditions.ts';
import {
  brandVariables,
  contactVariables,
  eventMayHave,
  eventVariables,
} from '#shared/mail/event-variables.ts';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';
import { choice, postForm, textArea, textField } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { table } from '../kit/shown.ts';
import { frequencyWords, kindWords, operatorWords } from '../kit/words.ts';
import { eventOf, type Preview, previewView } from './preview.ts';
import type { Problems } from './problems.ts';
import type { TypedCondition, TypedWorkflow } from './typed-workflow.ts';

const nothing: TypedCondition = { property: '', operator: 'is', value: '' };

type Conditions = Readonly<{
  conditions: readonly TypedCondition[];
  emptyRows: number;
  event: SupportedEventType | undefined;
  problems: Problems;
}>;

/** A row for each condition, and empty ones. All of them must hold. */
export function conditionFields({ conditions, emptyRows, event, problems }: Conditions): Html {
  const rows = [...conditions, ...Array.from({ length: emptyRows }, () => nothing)];
  return html`<fieldset class="conditions">
<legend>Only if</legend>
<p class="hint">${rows.length === 0 ? 'Every such event counts. A condition narrows that down.' : 'All of these must hold. Empty rows are left out.'}</p>
${rows.map((row, index) => conditionRow(row, index, event, problems.at(`conditions.${index}`)))}
<p><button type="submit" name="act" value="add-condition">Add a condition</button></p>
</fieldset>`;
}

function conditionRow(
  { property, operator, value }: TypedCondition,
  index: number,
  event: SupportedEventType | undefined,
  problem: string | undefined,
): Html {
  const described = problem
    ? html` aria-invalid="true" aria-describedby="condition-${index}-problem"`
    : '';
  return html`<div class="condition${problem ? ' wrong' : ''}">
<select id="property-${index}" name="property-${index}" aria-label="Property of condition ${index + 1}"${described}>
<option value="">Choose a property</option>
${propertyGroups(event, property)}
</select>
<select name="operator-${index}" aria-label="Comparison of condition ${index + 1}"${described}>
${Object.entries(operatorWords).map(([name, words]) => option(name, words, operator))}
</select>
<input name="value-${index}" value="${value}" aria-label="Value of condition ${index + 1}" autocomplete="off"${described}>
<button type="submit" name="act" value="remove-condition-${index}" aria-label="Remove condition ${index + 1}">Remove</button>
${problem && html`<span class="problem" id="condition-${index}-problem">${problem}</span>`}
</div>`;
}

function propertyGroups(event: SupportedEventType | undefined, chosen: string): Html {
  const has = (name: (typeof eventPropertyNames)[number]) => !event || eventMayHave(event, name);
  const others = eventPropertyNames.filter((name) => !has(name));
  return html`<optgroup label="What this event has">
${eventPropertyNames.filter(has).map((name) => option(name, name, chosen))}
</optgroup>
${
  others.length > 0
    ? html`<optgroup label="What only other events have">
${others.map((name) => option(name, name, chosen))}
</optgroup>`
    : ''
}`;
}

function option(value: string, words: string, chosen: string): Html {
  return html`<option value="${value}"${value === chosen ? html` selected` : ''}>${words}</option>`;
}

/** What can be written between braces in the email of an event. */
export function variablesList(event: SupportedEventType): Html {
  const variables = Object.entries(eventVariables);
  const rows = [
    ...Object.entries(contactVariables).map(([name, text]) => row(`contact.${name}`, text)),
    ...Object.entries(brandVariables).map(([name, text]) => row(`brand.${name}`, text)),
    ...variables.flatMap(([name, { description, events }]) =>
      events.includes(event) ? [row(`event.${name}`, description)] : [],
    ),
  ];
  return html`<details>
<summary>Variables of ${event}</summary>
<p class="small">Subject, preheader and body are <em>Liquid</em>, the body is <em>Markdown</em> as well. A variable without a value keeps the email from being sent, unless it has a default: <code>{{ contact.firstName | default: "there" }}</code>. Times are written with <code>{{ event.periodEnd | day }}</code> or <code>{{ event.periodEnd | day_and_time }}</code>, in the time zone and language of the settings, parts that depend on something with <code>{% if event.trialEnd %} … {% endif %}</code>. A link that is a paragraph of its own becomes a button with <code>[Pay now](https://…){button}</code>, <code># …</code> is large, and <code>###### …</code> is the small line above it.</p>
${table(`Variables of ${event}`, ['Variable', 'What it is'], rows)}
</details>`;
}

function row(name: string, text: string): [Html, string] {
  return [html`<code>{{ ${name} }}</code>`, text];
}

type EditForm = Readonly<{
  typed: TypedWorkflow;
  emptyRows: number;
  problems: Problems;
  preview: Preview;
  /** The version that a save follows. */
  version: number;
  saveLabel: string;
  /** About the trigger as it is chosen. */
  triggerNote: Html | undefined;
  mailFrom: string | undefined;
  /** In whose names mail may go out; absent: that is not known. */
  senders: readonly string[] | undefined;
}>;

/** Everything that a person writes of a workflow, beside what becomes of it. */
export function editForm(c: Context<ConsoleEnv>, form: EditForm): Html {
  return postForm(c, {
    class: 'editor',
    body: html`<button type="submit" name="act" value="preview" class="unseen" tabindex="-1" aria-hidden="true">Preview</button>
<input type="hidden" name="version" value="${form.version}">
<div class="columns">
<div>
${trigger(form)}
${email(form)}
<p class="row"><button type="submit" name="act" value="save" class="primary">${form.saveLabel}</button></p>
</div>
<div>
${previewView(form.preview)}
</div>
</div>`,
  });
}

function trigger({ typed, emptyRows, problems, triggerNote }: EditForm): Html {
  const options = supportedEventTypes.map((type) => [type, type] as const);
  return html`<div class="card">
${textField({ name: 'name', label: 'Name', value: typed.name, problem: problems.at('name') })}
<h2>Trigger</h2>
<fieldset class="trigger">
<legend class="unseen">Trigger</legend>
${choice({ name: 'when', label: 'When' }, [['event', 'Event received']])}
${choice({ name: 'source', label: 'From' }, [['polar', 'Polar']])}
${choice({ name: 'event', label: 'Event', value: typed.event, problem: problems.at('event') }, options)}
</fieldset>
${triggerNote}
${conditionFields({ conditions: typed.conditions, emptyRows, event: eventOf(typed), problems })}
${choice(
  {
    name: 'frequency',
    label: 'How often',
    value: typed.frequency,
    problem: problems.at('frequency'),
    hint: 'Every time is once for each change in Polar, however many webhooks tell of it.',
  },
  Object.entries(frequencyWords),
)}
${textField({
  name: 'maxAgeHours',
  label: 'For events of the last … hours',
  value: typed.maxAgeHours,
  problem: problems.at('maxAgeHours'),
  hint: 'What is older when it comes in, after an outage for example, sends nothing.',
})}
</div>`;
}

function email({ typed, problems, mailFrom, senders }: EditForm): Html {
  const event = eventOf(typed);
  const sender = mailFrom ?? 'none is set up';
  const names = senders ? ` of ${senders.join(' or ')}` : '';
  return html`<div class="card">
<h2>Email</h2>
${choice(
  {
    name: 'kind',
    label: 'Kind',
    value: typed.kind,
    problem: problems.at('steps.0.kind'),
    hint: 'Marketing goes to subscribed contacts only, with your postal address and a link to unsubscribe. Transactional is what a customer has to know, such as a receipt.',
  },
  Object.entries(kindWords),
)}
${textField({ name: 'from', label: 'From', value: typed.from, problem: problems.at('steps.0.from'), hint: `Name <address>${names}. Empty: the sender of this deployment (${sender}).` })}
${textField({ name: 'replyTo', label: 'Reply-to', value: typed.replyTo, problem: problems.at('steps.0.replyTo'), hint: 'Empty: answers go to the support address of the brand, else to the sender.' })}
${textField({ name: 'subject', label: 'Subject', value: typed.subject, problem: problems.at('steps.0.subject') })}
${textField({ name: 'preheader', label: 'Preheader', value: typed.preheader, problem: problems.at('steps.0.preheader'), hint: 'Shown beside the subject in the list of emails.' })}
${textArea(
  {
    name: 'body',
    label: 'Body',
    value: typed.body,
    problem: problems.at('steps.0.body'),
    hint: 'Markdown, with variables in double braces.',
  },
  { rows: 18, class: 'wide code' },
)}
${event ? variablesList(event) : ''}
</div>`;
}
