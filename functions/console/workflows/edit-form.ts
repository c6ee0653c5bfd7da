import type { Context } from 'hono';
import { html } from 'hono/html';
import {
  isOptionalEventType,
  type SupportedEventType,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';
import { saveBar } from '../kit/enhanced.ts';
import { eventWords } from '../kit/event-words.ts';
import { choice, postForm, textField } from '../kit/fields.ts';
import type { MoreSources } from '../kit/guard.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { frequencyWords } from '../kit/words.ts';
import { conditionFields } from './condition-fields.ts';
import { eventOf, type Look, type Preview, previewView } from './preview.ts';
import { type Steps, stepFields } from './step-fields.ts';
import { hasManyConditions } from './typed-workflow.ts';

type EditForm = Omit<Steps, 'seen' | 'subjects'> &
  Readonly<{
    preview: Preview;
    /** What the page may show of emails. */
    sources: MoreSources;
    look: Look;
    /** What it comes with is not what is saved. */
    isChanged: boolean;
    /** The version that a save follows. */
    version: number;
    saveLabel: string;
    /** Saving stops people who wait, and the person has been told. */
    isSure: boolean;
    /** About the trigger as it is chosen. */
    triggerNote: Html | undefined;
    /** Said where the frequency has followed the trigger. */
    frequencyNote: string | undefined;
  }>;

/** Everything that a person writes of a workflow, beside what becomes of it. */
export function editForm(c: Context<ConsoleEnv>, form: EditForm): Html {
  return postForm(c, {
    // Without what the last button came back to, so that a save is answered at the top.
    action: c.req.path,
    class: 'editor',
    unsaved: form.isChanged ? 'already' : 'warns',
    body: html`<button type="submit" name="act" value="preview" class="unseen" tabindex="-1" aria-hidden="true">Preview</button>
<input type="hidden" name="version" value="${form.version}">
<input type="hidden" name="shown" value="${form.shown}">
<input type="hidden" name="event-was" value="${form.typed.event}">
${form.isSure ? html`<input type="hidden" name="sure" value="yes">` : ''}
<div class="columns">
<div>
${trigger(form)}
${stepFields({ ...form, seen: form.preview.seen, subjects: form.preview.subjects })}
${limits(form)}
${saveBar({ label: form.saveLabel, act: 'save' })}
</div>
<div>
${previewView(form.preview, form)}
</div>
</div>`,
  });
}

/** Who takes part at all, and what ends it early. */
function limits({ typed, problems, preview }: EditForm): Html {
  const isOpen =
    typed.audience.length + typed.exitWhen.length > 0 ||
    problems.isIn('audience') ||
    problems.isIn('exitWhen');
  const of = {
    ...{ event: eventOf(typed), anchor: 'limits', seen: preview.seen },
    isOneOfMany: hasManyConditions(typed),
  };
  return html`<div class="card" id="limits">
<details${isOpen ? html` open` : ''}>
<summary>Audience and ends</summary>
${conditionFields({
  ...of,
  legend: 'Only for contacts',
  hints: ['Everyone the trigger lets through.', 'All of these must hold when it begins.'],
  rows: typed.audience,
  ...{ prefix: 'audience-', act: 'audience', label: 'condition of the audience, number' },
  scopes: ['customer', 'contact'],
  problemAt: (index) => problems.at(`audience.${index}`),
})}
${conditionFields({
  ...of,
  legend: 'Ends early when',
  hints: [
    'It continues to its last step.',
    'The first of these to hold ends it before its next step.',
  ],
  rows: typed.exitWhen,
  ...{ prefix: 'exit-', act: 'exit', label: 'condition of the end, number' },
  scopes: ['subscription', 'customer', 'contact'],
  problemAt: (index) => problems.at(`exitWhen.${index}`),
})}
</details>
</div>`;
}

function trigger({ typed, problems, triggerNote, preview, frequencyNote }: EditForm): Html {
  const options = supportedEventTypes.map((type) => [type, optionOf(type)] as const);
  return html`<div class="card">
${textField({ name: 'name', label: 'Name', value: typed.name, problem: problems.at('name') })}
<h2 id="trigger">Trigger</h2>
<fieldset class="trigger" data-preview-whole="#trigger">
<legend class="unseen">Trigger</legend>
${choice({ name: 'when', label: 'When' }, [['event', 'Event received']])}
${choice({ name: 'source', label: 'From' }, [['polar', 'Polar']])}
${choice({ name: 'event', label: 'Event', value: typed.event, problem: problems.at('event') }, options)}
</fieldset>
${triggerNote}
${conditionFields({
  legend: 'Only if',
  hints: [
    'Every such event counts. A condition narrows that down.',
    'All of these must hold. Empty rows are left out.',
  ],
  rows: typed.conditions,
  ...{ prefix: '', act: 'condition', label: 'condition', anchor: 'trigger' },
  scopes: ['event'],
  event: eventOf(typed),
  problemAt: (index) => problems.at(`conditions.${index}`),
  seen: preview.seen,
  isOneOfMany: hasManyConditions(typed),
})}
${frequencyNote && html`<p class="note" role="status">${frequencyNote}</p>`}
${choice(
  {
    name: 'frequency',
    label: 'How often',
    value: typed.frequency,
    problem: problems.at('frequency'),
    hint: '“Every time” means once per change in Polar, however many webhooks report it.',
  },
  Object.entries(frequencyWords),
)}
${textField({
  name: 'maxAgeHours',
  label: 'Maximum age of the event, in hours',
  value: typed.maxAgeHours,
  problem: problems.at('maxAgeHours'),
  hint: 'Older events, such as after an outage, send nothing.',
})}
</div>`;
}

/** A sentence about the event becomes what follows its name. */
function optionOf(type: SupportedEventType): string {
  const sentence = eventWords[type];
  const words = `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
  return `${type}${isOptionalEventType(type) ? ' (optional)' : ''}: ${words}`;
}
