import type { Context } from 'hono';
import { html } from 'hono/html';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { choice, postForm, textArea, textField } from '../fields.ts';
import type { Html } from '../page.ts';
import { conditionFields } from './condition-fields.ts';
import { eventOf, type Preview } from './preview.ts';
import { previewView } from './preview-view.ts';
import type { Problems } from './problems.ts';
import type { TypedWorkflow } from './typed-workflow.ts';
import { variablesList } from './variables-list.ts';
import { frequencyWords, kindWords } from './workflow-words.ts';

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
    problem: problems.at('kind'),
    hint: 'Marketing goes to subscribed contacts only, with your postal address and a link to unsubscribe. Transactional is what a customer has to know, such as a receipt.',
  },
  Object.entries(kindWords),
)}
${textField({ name: 'from', label: 'From', value: typed.from, problem: problems.at('from'), hint: `Name <address>${names}. Empty: the sender of this deployment (${sender}).` })}
${textField({ name: 'replyTo', label: 'Reply-to', value: typed.replyTo, problem: problems.at('replyTo'), hint: 'Empty: answers go to the sender.' })}
${textField({ name: 'subject', label: 'Subject', value: typed.subject, problem: problems.at('subject') })}
${textField({ name: 'preheader', label: 'Preheader', value: typed.preheader, problem: problems.at('preheader'), hint: 'Stands beside the subject in the list of emails.' })}
${textArea(
  {
    name: 'body',
    label: 'Body',
    value: typed.body,
    problem: problems.at('body'),
    hint: 'Markdown, with variables in double braces.',
  },
  { rows: 18, class: 'wide code' },
)}
${event ? variablesList(event) : ''}
</div>`;
}
