import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ConsoleEnv, Html } from './page.ts';

type FormOptions = Readonly<{
  /** Where to; absent: the page itself. */
  action?: string;
  class?: string;
  /** Whether a file goes with it. */
  hasFile?: boolean;
  /** Whether leaving it with changes warns, see `saveBar`; `already`: what it comes with is not saved either. */
  unsaved?: 'warns' | 'already';
  body: Html;
}>;

/** A form that changes something. It brings along the token without which nothing is done. */
export function postForm(
  c: Context<ConsoleEnv>,
  { action, class: name = '', hasFile = false, unsaved, body }: FormOptions,
): Html {
  return html`<form method="post" class="${name}"${action ? html` action="${action}"` : ''}${hasFile ? html` enctype="multipart/form-data"` : ''}${unsaved ? html` data-unsaved="${unsaved}"` : ''}>
<input type="hidden" name="token" value="${c.get('token')}">
${body}
</form>`;
}

/** A button that does one thing by itself. `fields` go with it. */
export function act(
  c: Context<ConsoleEnv>,
  label: Html | string,
  action: string,
  {
    tone = '',
    fields = {},
  }: { tone?: '' | 'primary' | 'danger' | 'small'; fields?: Readonly<Record<string, string>> } = {},
): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return postForm(c, {
    action,
    class: 'act',
    body: html`${hidden}<button type="submit" class="${tone}">${label}</button>`,
  });
}

type Field = Readonly<{
  name: string;
  label: string;
  value?: string | undefined;
  hint?: string;
  /** What is wrong with the value. */
  problem?: string | undefined;
}>;

/** One line of text with its label, its hint and what is wrong with it. */
export function textField(
  { name, label, value = '', hint, problem }: Field,
  { type = 'text', required = false, autocomplete = 'off' } = {},
): Html {
  return html`<p class="field${problem ? ' wrong' : ''}">
<label for="${name}">${label}</label>
${hint && html`<span class="hint" id="${name}-hint">${hint}</span>`}
<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}"${describedBy(name, hint, problem)}${required ? html` required` : ''}>
${problem && html`<span class="problem" id="${name}-problem">${problem}</span>`}
</p>`;
}

/** Several lines of text. */
export function textArea(
  { name, label, value = '', hint, problem }: Field,
  { rows = 4, class: more = '' } = {},
): Html {
  return html`<p class="field ${more}${problem ? ' wrong' : ''}">
<label for="${name}">${label}</label>
${hint && html`<span class="hint" id="${name}-hint">${hint}</span>`}
<textarea id="${name}" name="${name}" rows="${rows}"${describedBy(name, hint, problem)}>
${value}</textarea>
${problem && html`<span class="problem" id="${name}-problem">${problem}</span>`}
</p>`;
}

/** One of several. */
export function choice(
  { name, label, value = '', hint, problem }: Field,
  options: readonly (readonly [value: string, label: string])[],
): Html {
  return html`<p class="field${problem ? ' wrong' : ''}">
<label for="${name}">${label}</label>
${hint && html`<span class="hint" id="${name}-hint">${hint}</span>`}
<select id="${name}" name="${name}"${describedBy(name, hint, problem)}>
${options.map(([one, text]) => html`<option value="${one}"${one === value ? html` selected` : ''}>${text}</option>`)}
</select>
${problem && html`<span class="problem" id="${name}-problem">${problem}</span>`}
</p>`;
}

/** On or off; off comes back as nothing at all. */
export function checkbox(
  name: string,
  label: Html | string,
  isOn: boolean,
  problem?: string,
): Html {
  const box = (more: Html) =>
    html`<label class="check"><input type="checkbox"${more} name="${name}" value="on"${isOn ? html` checked` : ''}> <span>${label}</span></label>`;
  if (problem === undefined) return box(html``);
  return html`<div class="wrong">${box(html` id="${name}"${describedBy(name, undefined, problem)}`)}
<span class="problem" id="${name}-problem">${problem}</span></div>`;
}

/** A field of a form as text; what is not there, or is a file, is empty. Line ends are those of Unix. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.replaceAll('\r\n', '\n') : '';
}

function describedBy(name: string, hint: string | undefined, problem: string | undefined) {
  const ids = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(' ');
  if (ids === '') return '';
  return html` aria-describedby="${ids}"${problem ? html` aria-invalid="true" autofocus` : ''}`;
}
