import { layerAt, putLayer, showAddress } from '#shared/audience/person/identity.ts';
import type { Layer } from '#shared/audience/person/person.ts';
import {
  decided,
  type Means,
  type Surroundings,
  settle,
} from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import { type ActOnContact, type ActResult, actedOn, isGone } from './acts-by-hand.ts';
import { type Edit, edited } from './by-hand.ts';
import { cleaned } from './typed-fields.ts';

/**
 * A person sets fields of a contact, or clears what somebody set: what is set wins over Polar until it is cleared, a
 * group until a newer event gives one always. On the contact of a customer it belongs to that customer and moves with
 * it; what was typed about the address stays there, under it.
 */
export async function editContact(
  edits: readonly Edit[],
  act: ActOnContact,
  { store, surroundings, pause }: Means,
): Promise<ActResult> {
  return settle(store, (w) => edit(w, edits, act, surroundings), pause);
}

/** What the contact would be once these edits are made. Writes nothing, so it holds only for a moment. */
export async function rehearseEdit(
  edits: readonly Edit[],
  act: ActOnContact,
  { store, surroundings }: Pick<Means, 'store' | 'surroundings'>,
): Promise<ActResult> {
  return (await decided(store, { decide: (w) => ({ said: edit(w, edits, act, surroundings) }) }))
    .said;
}

function edit(
  w: Workspace,
  edits: readonly Edit[],
  act: ActOnContact,
  surroundings: Surroundings,
): ActResult {
  const found = actedOn(w, act);
  if (!found) return isGone;
  const { email } = found.shown;
  const wanted = edits.map(tidied);
  const layer = layerAt(w, email);
  // Whom they saw may have been covered meanwhile by a customer who came to the address.
  const isOfLayer =
    layer?.contactId === act.contactId && found.owner?.contact?.contactId !== act.contactId;
  if (found.owner && !isOfLayer) {
    const { byHand: known, ...owner } = found.owner;
    const byHand = edited(known, wanted, act);
    w.customers.put(owner.customerId, { ...owner, ...(byHand && { byHand }) });
  } else {
    if (!layer) return isGone;
    putLayer(w, email, editedLayer(layer, wanted, act));
  }
  showAddress(w, email, surroundings);
  const contact = w.contacts.get(email);
  return contact ? { kind: 'done', contact } : isGone;
}

function tidied({ field, value }: Edit): Edit {
  if (value === undefined) return { field };
  return { field, value: cleaned(field, value ?? '') || null };
}

function editedLayer(layer: Layer, edits: readonly Edit[], act: ActOnContact): Layer {
  const { byHand: known, ...rest } = layer;
  const byHand = edited(known, edits, act);
  return { ...rest, ...(byHand && { byHand }) };
}
