import { html } from 'hono/html';
import type { Scope } from '#shared/audience/conditions.ts';
import { offeredValues } from '#shared/mail/check/check-conditions.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Html } from '../kit/page.ts';
import { capital, operatorWords } from '../kit/words.ts';
import { conditionGroups, type PropertyGroup } from './condition-groups.ts';
import type { SeenValue, SeenValues } from './recent-events.ts';
import type { TypedCondition } from './typed-workflow.ts';

type Conditions = Readonly<{
  legend: string;
  /** Said where there are none, and where there are some. */
  hints: readonly [none: string, some: string];
  rows: readonly TypedCondition[];
  /** The beginning of the names of the fields. */
  prefix: string;
  /** What its buttons add and remove. */
  act: string;
  /** Where the page comes back to. */
  anchor: string;
  /** The label of a row begins so. */
  label: string;
  scopes: readonly Scope[];
  event: SupportedEventType | undefined;
  problemAt: (index: number) => string | undefined;
  /** Values that were seen, by property. */
  seen: SeenValues;
  /** Whether the page has many rows, so that one which is about something offers only what is like it. */
  isOneOfMany: boolean;
}>;

/** A row for each condition, and empty ones. */
export function conditionFields(list: Conditions): Html {
  const { legend, hints, rows, act, anchor } = list;
  const back = html` formaction="#${anchor}"`;
  return html`<fieldset class="conditions">
<legend>${legend}</legend>
<p class="hint">${hints[rows.length === 0 ? 0 : 1]}</p>
${rows.map((row, index) => conditionRow(row, index, list))}
<p><button type="submit" name="act" value="${addOf(act)}"${back}>Add a condition</button></p>
</fieldset>`;
}

const addOf = (act: string) => `add-${act}`;

function conditionRow(
  { property, operator, value }: TypedCondition,
  index: number,
  { prefix, act, anchor, label, scopes, event, problemAt, seen, isOneOfMany }: Conditions,
): Html {
  const problem = problemAt(index);
  const id = `${prefix}condition-${index}-problem`;
  const described = problem ? html` aria-invalid="true" aria-describedby="${id}"` : '';
  const back = html` formaction="#${anchor}"`;
  const name = `${label} ${index + 1}`;
  const values = offered(property, event, seen);
  const listId = `${prefix}values-${index}`;
  const list = values.length > 0 ? html` list="${listId}"` : '';
  const groups = conditionGroups(scopes, event);
  const own = isOneOfMany ? groups.filter(({ names }) => names.includes(property)) : [];
  return html`<div class="condition${problem ? ' wrong' : ''}" data-name="${capital(name)}">
<select id="${prefix}property-${index}" name="${prefix}property-${index}" aria-label="Property of ${name}"${described}>
<option value="">${own.length > 0 ? 'Choose another property' : 'Choose a property'}</option>
${propertyGroups(own.length > 0 ? own : groups, property)}
</select>
<select name="${prefix}operator-${index}" aria-label="Comparison of ${name}"${described}>
${Object.entries(operatorWords).map(([one, words]) => option(one, words, operator))}
</select>
<input name="${prefix}value-${index}" value="${value}" aria-label="Value of ${name}" autocomplete="off"${list}${described}>
${values.length > 0 ? html`<datalist id="${listId}">${values.map((one) => html`<option value="${one.value}"${one.name && html` label="${one.name}"`}>`)}</datalist>` : ''}
<button type="submit" name="act" value="remove-${act}-${index}" aria-label="Remove ${name}"${back}>Remove</button>
${problem && html`<span class="problem" id="${id}">${problem}</span>`}
</div>`;
}

/** Values that were seen, then the others that Polar may send. */
function offered(
  property: string,
  event: SupportedEventType | undefined,
  seen: SeenValues,
): readonly SeenValue[] {
  const before = seen.get(property.replace(/^subscription\./, '')) ?? [];
  const known = new Set(before.map(({ value }) => value));
  const others = offeredValues(property, event).filter((value) => !known.has(value));
  return [...before, ...others.map((value) => ({ value }))];
}

/** What an option says is its value, and where it ends the next one begins, as HTML lets it: there are a hundred of them. */
function propertyGroups(groups: readonly PropertyGroup[], chosen: string): Html {
  return html`${groups.map(
    ({ label, names }) =>
      html`<optgroup label="${label}">${names.map((name) => html`<option${name === chosen ? html` selected` : ''}>${name}`)}`,
  )}`;
}

export function option(value: string, words: string, chosen: string): Html {
  return html`<option value="${value}"${value === chosen ? html` selected` : ''}>${words}</option>`;
}
