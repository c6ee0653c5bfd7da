import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { columns, maskedAddress } from '#infra/terminal/lines.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { confirmed, person } from '#infra/terminal/person.ts';
import { type Edit, type HandField, handFields } from '#shared/audience/by-hand/by-hand.ts';
import { editContact, rehearseEdit } from '#shared/audience/by-hand/edit-contact.ts';
import { cleaned, problemsInFields } from '#shared/audience/by-hand/typed-fields.ts';
import { isMailable } from '#shared/audience/person/address.ts';
import { splitName } from '#shared/audience/person/name.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { look, type Means } from '#shared/audience/rows/unit-of-work.ts';

/** The fields of a contact as a person types them behind `--clear`. */
export const clearable = {
  name: ['firstName', 'lastName'],
  'first-name': ['firstName'],
  'last-name': ['lastName'],
  'external-id': ['externalId'],
  group: ['userGroup'],
} as const satisfies Record<string, readonly HandField[]>;
export type Clearable = keyof typeof clearable;

const labels = {
  firstName: 'first name',
  lastName: 'last name',
  externalId: 'external id',
  userGroup: 'group',
} as const satisfies Record<HandField, string>;

/** What was typed about a contact; an empty text means that there is to be none. */
export type TypedEdits = Readonly<{
  name?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
  externalId?: string | undefined;
  group?: string | undefined;
  clear?: readonly Clearable[] | undefined;
}>;

export type EditOptions = Readonly<{
  target: Target;
  verb: 'edit';
  address: string;
  edits: readonly Edit[];
  isDryRun: boolean;
  isSure: boolean;
  json: boolean;
}>;

/** The edits that a person typed, a field once. Throws Advice about what is none. */
export function editsTyped({ name, clear = [], ...typed }: TypedEdits): Edit[] {
  if (name !== undefined && (typed.firstName ?? typed.lastName) !== undefined) {
    throw new Advice('Pass --name, or --first-name and --last-name, but not both.');
  }
  const split = name === undefined ? {} : { firstName: '', lastName: '', ...splitName(name) };
  const texts = { ...typed, ...split, userGroup: typed.group };
  if (name?.trim() && cleaned('firstName', name) === '') {
    throw new Advice('The name has no visible characters.');
  }
  const [problem] = Object.values(problemsInFields(texts));
  if (problem !== undefined) throw new Advice(problem);
  const cleared = new Set<HandField>(clear.flatMap((one) => clearable[one]));
  const edits = handFields.flatMap((field): Edit[] => {
    const text = texts[field];
    if (text === undefined) return cleared.has(field) ? [{ field }] : [];
    if (cleared.has(field)) {
      throw new Advice(`Set the ${labels[field]} or clear it, but not both.`);
    }
    return [{ field, value: cleaned(field, text) || null }];
  });
  if (edits.length > 0) return edits;
  throw new Advice(
    'Nothing to change. Pass --name, --first-name, --last-name, --external-id, --group or --clear.',
  );
}

type EditParts = Readonly<{
  means: Means;
  /** What has to stand behind the next command to mean the same deployment. */
  options: string;
  person: string;
  confirmed: (question: string) => Promise<boolean>;
}> &
  Output;

/** Edits the contact at an address as the console does, and shows before what that changes. Throws Advice about what cannot be done. */
export async function editAtAddress(given: Omit<EditOptions, 'target'>, parts: EditParts) {
  const { means, print, document } = parts;
  const contact = await contactAt(given.address, parts);
  const edits = given.edits.filter((edit) => isNews(contact, edit));
  const { contactId, email, address: typed } = contact;
  actedOn({ contactId, fields: edits.map(({ field }) => field).join(',') });
  const at = means.surroundings.now.toISOString();
  const act = { contactId, email, typed, at, by: parts.person };
  const after = shownBy(await rehearseEdit(edits, act, means));
  const changes = edits.map(({ field, value }) => ({
    field,
    from: contact[field] ?? null,
    to: after[field] ?? null,
    isCleared: value === undefined,
  }));
  const { isDryRun } = given;
  const found = { contactId, address: maskedAddress(typed), isDryRun, changes };
  print(`Contact ${contactId}, ${found.address}\n`);
  if (edits.length === 0) {
    print('The contact already has these values. Nothing was changed.');
    return document?.(found);
  }
  print(columns(changes.map(changeRow)).join('\n'));
  print(
    contact.customerId === undefined
      ? '\nIt stays with the address, and overrides Polar if a customer turns up there.'
      : '\nWhat you set overrides Polar until someone clears it. A newer event that always sets its group still replaces a group.',
  );
  if (isDryRun) {
    process.exitCode = 2;
    return document?.(found);
  }
  if (!given.isSure && !(await parts.confirmed('Edit this contact?'))) {
    return print('Nothing was changed.');
  }
  shownBy(await editContact(edits, act, means));
  print('The contact was edited.');
  document?.(found);
}

async function contactAt(address: string, { means, options }: EditParts): Promise<Contact> {
  if (!isMailable(address)) {
    // It may be somebody's name, and the operator log keeps this sentence.
    throw new Advice("That isn't an email address. Pass the contact's address.");
  }
  const contact = await look(means.store, (w) => w.contacts.get(w.spelled(address)));
  if (contact) return contact;
  throw new Advice(
    `No contact has this address, so nothing was changed. To see what's known about it: npm run why -- <address>${options}`,
  );
}

/** A field that nobody set has nothing to clear, and one that is set so already stays as it is. */
function isNews({ byHand, ...contact }: Contact, { field, value }: Edit): boolean {
  const isSet = byHand?.[field] !== undefined;
  return value === undefined ? isSet : !isSet || (contact[field] ?? null) !== value;
}

function shownBy(result: Awaited<ReturnType<typeof editContact>>): Contact {
  if (result.kind === 'done') return result.contact;
  throw new Advice(`${result.reason} Nothing was changed.`);
}

type Change = Readonly<{
  field: HandField;
  from: string | null;
  to: string | null;
  isCleared: boolean;
}>;

function changeRow({ field, from, to, isCleared }: Change): string[] {
  const how = isCleared ? 'cleared' : from === to ? 'now set by hand' : '';
  return [labels[field], `${from ?? 'none'} → ${to ?? 'none'}`, how];
}

/** `npm run audience -- edit`. */
export async function runEdit(given: EditOptions): Promise<void> {
  const output = outputFor(given.json);
  const deployment = await findDeployment(given.target, output.print);
  const resources = await stackResources(given.target, deployment);
  const { store, settingsNow, now, newId, pause } = deployedAudience(deployment, resources);
  const surroundings = { settings: await settingsNow(), now: now(), newId };
  await editAtAddress(given, {
    means: { store, surroundings, pause },
    options: deployment.options,
    person: person(),
    confirmed,
    ...output,
  });
}
