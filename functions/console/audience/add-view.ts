import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ConsoleEnv } from '../console-env.ts';
import { postForm, textField } from '../fields.ts';
import type { Html } from '../page.ts';
import { listPath } from './list-view.ts';

/** The form for a contact that a person adds. */
export function addForm(
  c: Context<ConsoleEnv>,
  typed: Readonly<Record<string, string>>,
  groups: readonly string[],
  problems: Readonly<Record<string, string | undefined>> = {},
): Html {
  const field = (name: string, label: string, hint?: string) => ({
    name,
    label,
    value: typed[name],
    ...(hint && { hint }),
    problem: problems[name],
  });
  const known = groups.length > 0 ? ` The settings have ${groups.join(', ')}.` : '';
  return postForm(c, {
    body: html`${textField(field('email', 'Email address'), { type: 'email', required: true })}
${textField(field('firstName', 'First name'))}
${textField(field('lastName', 'Last name'))}
${textField(field('externalId', 'External id', 'The id of this person in your own system.'))}
${textField(field('userGroup', 'Group', `Stays until Polar sends a newer event whose group is always set.${known}`))}
<p class="hint">What is left empty is taken from Polar as soon as a customer with this address comes. The contact is subscribed, unless the address is suppressed.</p>
<p><button type="submit" class="primary">Add the contact</button> <a class="button" href="${listPath}">Cancel</a></p>`,
  });
}
