import { html } from 'hono/html';
import { eventPath, settingPlaces } from '#shared/audience/setting-kinds.ts';
import type { SettingsDraft } from '#shared/audience/settings-draft.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { checkbox, choice, textField } from '../fields.ts';
import type { Html } from '../page.ts';
import type { Problems } from './save-settings.ts';
import { eventWords, fieldWords, groupModes } from './setting-words.ts';

/** What one event does: a row of its own on a wide screen, a card on a narrow one. */
export function eventRow(type: SupportedEventType, draft: SettingsDraft, problems: Problems): Html {
  const at = (field: keyof typeof fieldWords) => eventPath(type, field);
  const onOff = (field: keyof typeof fieldWords) =>
    checkbox(at(field), fieldWords[field], draft[at(field)] === 'on');
  const rest =
    type === 'customer.deleted'
      ? html`${unused(type, draft)}<p class="hint unused">A deletion brings no name, no id and no group. What it does is chosen below.</p>`
      : html`${onOff('fullName')}${onOff('externalId')}
${textField({ name: at('userGroup'), label: fieldWords.userGroup, value: draft[at('userGroup')], problem: problems[at('userGroup')] })}
${choice({ name: at('userGroupMode'), label: fieldWords.userGroupMode, value: draft[at('userGroupMode')], problem: problems[at('userGroupMode')] }, groupModes)}`;
  return html`<fieldset class="event">
<legend><span class="code">${type}</span> <span class="hint">${eventWords[type]}</span></legend>
${onOff('enabled')}${onOff('trigger')}${rest}
</fieldset>`;
}

/** What is not shown keeps its value. */
function unused(type: SupportedEventType, draft: SettingsDraft): Html {
  const kept = settingPlaces.filter(
    ({ type: itsType, field, path, kind }) =>
      itsType === type &&
      field !== 'enabled' &&
      field !== 'trigger' &&
      (kind !== 'switch' || draft[path] === 'on'),
  );
  return html`${kept.map(
    ({ path }) => html`<input type="hidden" name="${path}" value="${draft[path] ?? ''}">`,
  )}`;
}
