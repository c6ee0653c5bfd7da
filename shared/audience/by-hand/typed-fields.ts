import { cleanName } from '#shared/audience/person/name.ts';
import { type HandField, handFields } from './by-hand.ts';

/** The fields of a contact as a person types them. */
export type TypedFields = Readonly<Partial<Record<HandField, string | undefined>>>;

const limits = {
  firstName: { label: 'first name', longest: 256 },
  lastName: { label: 'last name', longest: 256 },
  externalId: { label: 'external id', longest: 4_096 },
  userGroup: { label: 'user group', longest: 100 },
} as const;

/** What is kept of a text that was typed in; empty where nothing of it is. */
export function cleaned(field: HandField, text: string): string {
  return field === 'firstName' || field === 'lastName' ? cleanName(text) : text.trim();
}

/** What is wrong with fields that a person typed, by field. */
export function problemsInFields(typed: TypedFields): Partial<Record<HandField, string>> {
  const found = handFields.map((field) => [field, problemIn(field, typed[field]?.trim() ?? '')]);
  return Object.fromEntries(found.filter(([, problem]) => problem !== undefined));
}

function problemIn(field: HandField, text: string): string | undefined {
  const { label, longest } = limits[field];
  if (text.length > longest) return `The ${label} is longer than ${longest} characters.`;
  return text !== '' && cleaned(field, text) === ''
    ? `The ${label} has no visible characters.`
    : undefined;
}
