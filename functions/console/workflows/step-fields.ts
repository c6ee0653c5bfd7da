import { html } from 'hono/html';
import {
  brandVariables,
  contactVariables,
  eventMayHave,
  eventVariables,
} from '#shared/mail/event-variables.ts';
import { subscriptionVariables } from '#shared/mail/subscription-variables.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { choice, textArea, textField } from '../kit/fields.ts';
import type { Html } from '../kit/page.ts';
import { table } from '../kit/shown.ts';
import { kindWords } from '../kit/words.ts';
import { conditionFields, option } from './condition-fields.ts';
import { eventOf } from './preview.ts';
import type { Problems } from './problems.ts';
import type { SeenValues } from './recent-events.ts';
import { stepJumps } from './step-jumps.ts';
import {
  hasManyConditions,
  type TypedSend,
  type TypedWait,
  type TypedWorkflow,
} from './typed-workflow.ts';

export type Steps = Readonly<{
  typed: TypedWorkflow;
  problems: Problems;
  /** The id of the email that the preview shows. */
  shown: string;
  seen: SeenValues;
  /** Subjects as people get them, by how they are written; those that cannot be shown are not there. */
  subjects: ReadonlyMap<string, string>;
  mailFrom: string | undefined;
  /** In whose names mail may go out; absent: that is not known. */
  senders: readonly string[] | undefined;
}>;

/** The steps one below the other, with the buttons that add, move and remove them. */
export function stepFields(steps: Steps): Html {
  const { typed } = steps;
  const event = eventOf(typed);
  return html`${stepJumps(typed.steps, steps.subjects)}
<ol class="steps" id="steps">
${typed.steps.map(
  (step, index) => html`<li class="card step" id="step-${index}">
<input type="hidden" name="step-${index}" value="${step.kind}">
<input type="hidden" name="step-${index}-id" value="${step.id}">
${step.kind === 'send' ? emailStep(step, index, steps) : waitStep(step, index, steps)}
</li>
<li class="between">${adders(index + 1)}</li>`,
)}
${typed.steps.length === 0 ? html`<li class="between">${adders(0)}</li>` : ''}
</ol>
${event ? variablesList(event) : ''}`;
}

function adders(at: number): Html {
  const add = (act: string, label: string) =>
    html`<button type="submit" name="act" value="${act}-${at}" formaction="#step-${at}">${label}</button>`;
  return html`<span class="row">${add('add-email', 'Add an email')}${add('add-wait', 'Add a wait')}</span>`;
}

function movers(index: number, last: number, what: string): Html {
  const move = (verb: string, label: string, to: number) =>
    html`<button type="submit" name="act" value="${verb}-step-${index}" formaction="#step-${to}" aria-label="${label} step ${index + 1}, ${what}">${label}</button>`;
  if (last === 0) return html``;
  return html`<span class="row movers">${index > 0 ? move('raise', 'Up', index - 1) : ''}${index < last ? move('lower', 'Down', index + 1) : ''}${move('remove', 'Remove', Math.max(0, index - 1))}</span>`;
}

function headOf(index: number, { typed }: Steps, title: string): Html {
  const last = typed.steps.length - 1;
  const name = last > 0 ? `${index + 1}. ${title}` : title;
  return html`<div class="step-head"><h2>${name}</h2>${movers(index, last, title)}</div>`;
}

const dates = {
  trialEnd: 'the end of the trial',
  periodEnd: 'the end of the period',
  endsAt: 'the scheduled end',
  pastDueAt: 'the failed payment',
} as const;

function waitStep(step: TypedWait, index: number, steps: Steps): Html {
  const { count, unit, end } = step;
  const problem = steps.problems.at(`steps.${index}`);
  const name = `step-${index}`;
  const described = problem ? html` aria-invalid="true" aria-describedby="${name}-problem"` : '';
  return html`${headOf(index, steps, 'Wait')}
<div class="wait${problem ? ' wrong' : ''}">
<input name="${name}-count" value="${count}" inputmode="numeric" autocomplete="off" aria-label="How long step ${index + 1} waits"${described}>
<select name="${name}-unit" aria-label="Hours or days"${described}>
${option('days', 'days', unit)}${option('hours', 'hours', unit)}
</select>
<select name="${name}-end" aria-label="From when on"${described}>
${option('for', index === 0 ? 'after the event' : 'after the step before', end)}
${['before', 'after'].map((one) =>
  Object.entries(dates).map(([value, words]) => option(`${one} ${value}`, `${one} ${words}`, end)),
)}
</select>
${problem && html`<span class="problem" id="${name}-problem">${problem}</span>`}
</div>`;
}

function emailStep(step: TypedSend, index: number, steps: Steps): Html {
  const { typed, problems, shown, subjects } = steps;
  const { subject } = step.email;
  const isOnly = typed.steps.length === 1;
  const own = problems.at(`steps.${index}`);
  const isOpen = isOnly || step.id === shown || problems.isIn(`steps.${index}`);
  const fields = html`${own && html`<p class="problem">${own}</p>`}
${emailFields(step, index, steps)}
${onlyIfFields(step, index, steps)}`;
  if (isOnly) return html`${headOf(index, steps, 'Email')}${fields}`;
  return html`${headOf(index, steps, 'Email')}
<details${isOpen ? html` open` : ''}>
<summary>${subjects.get(subject) || subject || 'No subject yet'}</summary>
${fields}
</details>
<p><button type="submit" name="act" value="show-step-${index}" formaction="#preview" aria-label="Preview this email, step ${index + 1}">Preview this email</button>${step.id === shown ? html` <span class="soft small">Shown in the preview.</span>` : ''}</p>`;
}

function onlyIfFields(
  { onlyIf }: TypedSend,
  index: number,
  { typed, problems, seen }: Steps,
): Html {
  if (typed.steps.length === 1 && onlyIf.length === 0) return html``;
  return conditionFields({
    legend: 'Send it only if',
    hints: ['Always sent. A condition skips only this email.', 'All of these must hold.'],
    rows: onlyIf,
    prefix: `step-${index}-only-`,
    act: `only-${index}`,
    anchor: `step-${index}`,
    label: `condition of step ${index + 1}, number`,
    scopes: ['subscription', 'customer', 'contact', 'event'],
    event: eventOf(typed),
    problemAt: (position) => problems.at(`steps.${index}.onlyIf.${position}`),
    seen,
    isOneOfMany: hasManyConditions(typed),
  });
}

function emailFields({ email }: TypedSend, index: number, steps: Steps): Html {
  const { problems, mailFrom, senders } = steps;
  const sender = mailFrom ?? 'none is set up';
  const forms = senders?.map((one) => `Name <${one.includes('@') ? one : `hello@${one}`}>`);
  const like = forms ? forms.join(' or ') : 'Name <address>';
  const field = (name: keyof typeof email, label: string, hint = '') => ({
    ...{ name: `step-${index}-${name}`, label, value: email[name], hint },
    problem: problems.at(`steps.${index}.${name}`),
  });
  return html`${choice(
    field(
      'kind',
      'Kind',
      'Marketing goes to subscribed contacts only, with your postal address and an unsubscribe link. Transactional is what a customer needs to know, such as a receipt.',
    ),
    Object.entries(kindWords),
  )}
${textField(field('from', 'From', `Like ${like}. Empty: the sender of this deployment (${sender}).`))}
${textField(field('replyTo', 'Reply-to', 'If empty, replies go to the brand’s support address, or else to the sender.'))}
${textField(field('subject', 'Subject'))}
${textField(field('preheader', 'Preheader', 'Shown beside the subject in the list of emails.'))}
${textArea(field('body', 'Body', 'Markdown, with variables in double braces.'), { rows: 18, class: 'wide code' })}`;
}

/** What can be written between braces in the emails of an event. */
export function variablesList(event: SupportedEventType): Html {
  const rows = [
    ...Object.entries(contactVariables).map(([name, text]) => row('contact', name, text)),
    ...Object.entries(brandVariables).map(([name, text]) => row('brand', name, text)),
    ...Object.entries(eventVariables).flatMap(([name, { description, events }]) =>
      events.includes(event) ? [row('event', name, description)] : [],
    ),
    ...(eventMayHave(event, 'subscriptionId')
      ? Object.entries(subscriptionVariables).map(([name, text]) => row('subscription', name, text))
      : []),
  ];
  return html`<details>
<summary>Variables of ${event}</summary>
<p class="small">Subject, preheader and body are <em>Liquid</em>; the body is <em>Markdown</em>, too. A variable without a value blocks the email unless it has a default: <code>{{ contact.firstName | default: "there" }}</code>. Write times with <code>{{ event.periodEnd | day }}</code> or <code>{{ event.periodEnd | day_and_time }}</code>, in the time zone and language of the settings, and optional parts with <code>{% if event.trialEnd %} … {% endif %}</code>. What <code>event</code> says never changes; <code>subscription</code> is as it is when the email is sent. A link in its own paragraph becomes a button with <code>[Pay now](https://…){button}</code>, <code># …</code> is large, and <code>###### …</code> is the small line above it.</p>
${table(`Variables of ${event}`, ['Variable', 'What it is'], rows, { of: 'pairs' })}
</details>`;
}

/** A long name breaks after its dot. */
function row(of: string, name: string, text: string): [Html, string] {
  return [html`<code class="whole">{{ ${of}.<wbr>${name} }}</code>`, text];
}
