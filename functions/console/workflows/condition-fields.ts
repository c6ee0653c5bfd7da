import { html } from 'hono/html';
import { eventPropertyNames } from '#shared/audience/workflow.ts';
import { eventMayHave } from '#shared/mail/event-variables.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Html } from '../page.ts';
import type { Problems } from './problems.ts';
import type { TypedCondition } from './typed-workflow.ts';
import { operatorWords } from './workflow-words.ts';

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
