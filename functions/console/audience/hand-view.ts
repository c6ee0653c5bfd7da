import type { Context } from 'hono';
import { html } from 'hono/html';
import { type HandField, handFields } from '#shared/audience/by-hand/by-hand.ts';
import type { Act } from '#shared/audience/consent/suppression.ts';
import { holdsByHand } from '#shared/audience/settings/user-group.ts';
import { visibleLine } from '#shared/safe-text.ts';
import type { KnownContact } from '#shared/store/audience/contact-lookup.ts';
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { contactPath } from '../kit/paths.ts';
import { time, who } from '../kit/shown.ts';

export const fieldLabels = {
  firstName: 'First name',
  lastName: 'Last name',
  externalId: 'External id',
  userGroup: 'Group',
} as const satisfies Record<HandField, string>;

/** Who set by hand what a field shows, as far as that is known; `undefined`: nobody did. */
function setBy({ contact, customer }: KnownContact, field: HandField): Partial<Act> | undefined {
  const { byHand, consent } = contact;
  if (byHand?.[field] === undefined) return undefined;
  if (field === 'userGroup' && !holdsByHand(customer ?? {}, byHand.userGroup)) return undefined;
  return byHand.edits?.[field] ?? consent.history?.find((one) => one.act === 'added') ?? {};
}

/** An id is some other system's text; a name was cleaned as it came in. */
function shownOf(field: HandField, value: string | undefined): string | undefined {
  return field === 'externalId' && value !== undefined ? visibleLine(value) : value;
}

/** The fields that people may set, with who set them and, unless it is being erased, a button that clears them. */
export function handRows(
  c: Context<ConsoleEnv>,
  known: KnownContact,
  isUnderWay: boolean,
): [label: string, value: Html | string | undefined][] {
  const { contact } = known;
  return handFields.map((field) => {
    const by = setBy(known, field);
    const value = shownOf(field, contact[field]);
    if (!by) return [fieldLabels[field], value];
    const label = html`Clear <span class="unseen">${fieldLabels[field].toLowerCase()}</span>`;
    const to = `${contactPath(contact.contactId)}/clear`;
    const clear = isUnderWay ? '' : act(c, label, to, { fields: { field }, tone: 'small' });
    return [
      fieldLabels[field],
      html`${value ?? 'None'} <span class="soft small">set by hand${by.at && html` on ${time(by.at)}`}${by.by && html`, by ${who(by.by)}`}</span> ${clear}`,
    ];
  });
}
