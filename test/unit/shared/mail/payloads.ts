import { readdirSync, readFileSync } from 'node:fs';
import { splitName } from '#shared/audience/person/name.ts';
import { polarEvent } from '#shared/polar/event.ts';

const folder = new URL('../../../fixtures/polar/', import.meta.url);

/** The names of all payloads as Polar sends them. */
export const payloads = readdirSync(folder).filter((name) => !name.includes('unsupported'));

const known = new Map<string, ReturnType<typeof read>>();

/** What a workflow would know of the customer in a payload. */
export function variablesOf(payload: string) {
  const variables = known.get(payload) ?? read(payload);
  known.set(payload, variables);
  return variables;
}

function read(payload: string) {
  const parsed = polarEvent(readFileSync(new URL(payload, folder), 'utf8'));
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  const { type, customer, properties } = parsed.event;
  const { firstName, lastName } = splitName(customer.name ?? '');
  const name = [firstName, lastName].filter(Boolean).join(' ');
  const email = customer.email ?? 'someone@example.com';
  return { type, contact: { firstName, lastName, name, email }, event: properties };
}
