import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Settings } from '#shared/audience/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { postForm, textField } from '../fields.ts';
import type { Html } from '../page.ts';
import { workflowPath } from '../workflows/workflow-list.ts';

/** What was typed into the form, right or wrong. */
export type TypedTest = Readonly<Record<'type' | 'email' | 'name' | 'externalId', string>>;
export type TestProblems = Readonly<Partial<Record<keyof TypedTest, string>>>;

type TestForm = Readonly<{
  typed: TypedTest;
  problems: TestProblems;
  settings: Pick<Settings, 'events'>;
  /** Those that wait for events at this moment. */
  active: readonly Workflow[];
}>;

/** Chooses one of the ten events and whom it is about. */
export function testForm(c: Context<ConsoleEnv>, form: TestForm): Html {
  const { typed, problems } = form;
  return postForm(c, {
    body: html`<div class="columns">
<div class="card">
<fieldset${problems.type ? html` aria-describedby="type-problem"` : ''}>
<legend>Event</legend>
${problems.type && html`<p class="problem" id="type-problem">${problems.type}</p>`}
<p class="hint">${form.active.length > 0 ? 'What an event may send stands below it; no active workflow waits for the others.' : 'No workflow is active, so none of them sends an email yet.'}</p>
${supportedEventTypes.map((type) => eventChoice(type, form))}
</fieldset>
</div>
<div class="card">
<h2>Customer</h2>
${textField({ name: 'email', label: 'Address', value: typed.email, problem: problems.email, hint: 'Use your own: what active workflows send is real mail. One address is always the same test customer, so you can create it, let it buy, and delete it.' }, { type: 'email', required: true, autocomplete: 'email' })}
${textField({ name: 'name', label: 'Name', value: typed.name, problem: problems.name })}
${textField({ name: 'externalId', label: 'External id', value: typed.externalId, problem: problems.externalId, hint: 'Your own id of the customer, if you want one.' })}
<p><button type="submit" class="primary">Send it as Polar would</button></p>
</div>
</div>`,
  });
}

function eventChoice(type: SupportedEventType, { typed, settings, active }: TestForm): Html {
  const isChosen = type === typed.type;
  const hint = whatWaits(type, settings, active);
  return html`<label class="check"><input type="radio" name="type" value="${type}"${isChosen ? html` checked` : ''}> <span>${type}${hint && html`<br><span class="hint">${hint}</span>`}</span></label>`;
}

function whatWaits(
  type: SupportedEventType,
  { events }: Pick<Settings, 'events'>,
  active: readonly Workflow[],
): Html | string | undefined {
  const { enabled, trigger } = events[type];
  if (!enabled) return 'Switched off in the settings: it is recorded, and changes nothing.';
  const waiting = active.filter((workflow) => workflow.trigger.event === type);
  if (waiting.length === 0) return undefined;
  const names = waiting.map(
    ({ workflowId, name }, index) =>
      html`${index > 0 ? ', ' : ''}<a href="${workflowPath({ workflowId })}">${name}</a>`,
  );
  return trigger ? html`May send ${names}.` : html`The settings keep it from triggering ${names}.`;
}
