import { isOpen, type Run } from '#shared/audience/runs/run.ts';
import type { Model, ModelRun } from './model.ts';
import type { Shop } from './shop.ts';
import type { World } from './world.ts';

/** What rows are held against, and where it is said that one does not hold. */
export type Rules = Readonly<{
  system: World;
  shop: Shop;
  told: Model;
  complain: (text: string) => void;
}>;

/** Who takes over a contact takes it from a customer who is deleted, and whose runs have ended by then. */
export function noTwoOfOnePerson({ system, shop, told, complain }: Rules) {
  for (const { customerId } of shop.people) {
    const before = told.contactsOf(customerId).filter((id) => id !== customerId);
    const open = [...system.rows.runs.values()].find(
      ({ row }) => before.includes(row.customerId) && isOpen(row),
    );
    if (open) complain(`1: a run of ${open.row.workflowId} goes on beside that of its heir.`);
  }
}

/** What is known of a subscription is the newest of all that was told, whatever came first. */
export function factsAgree({ system, told, complain }: Rules) {
  for (const [customerId, { row }] of system.rows.customers) {
    if (row.erased) continue;
    for (const [id, known] of Object.entries(row.subscriptions ?? {})) {
      const sub = told.subs.get(id);
      const at = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
      const seen = [
        ...[known.status, known.cancelAtPeriodEnd, at(known.trialEnd)],
        ...[at(known.periodEnd), known.productId],
      ];
      const expected = [
        ...[sub?.status, sub?.cancelAtPeriodEnd, sub?.trialEnd],
        ...[sub?.periodEnd, sub?.productId],
      ];
      if (JSON.stringify(seen) !== JSON.stringify(expected)) {
        complain(`5: of ${id} of ${customerId} is known ${seen}, and not ${expected}.`);
      }
    }
  }
}

/** What a run has asked for is decided, whatever crashed meanwhile. */
export function allDecided({ system, complain }: Rules) {
  for (const { row } of system.rows.runs.values()) {
    for (const { ledgerKey, stepId } of row.history) {
      if (ledgerKey === undefined || system.ledger.has(ledgerKey)) continue;
      complain(`4: the email of ${stepId} of ${row.workflowId} was asked for and never decided.`);
    }
  }
}

/** Nothing of a person who is erased is left in any run. */
export function nothingLeft({ system, told, complain }: Rules) {
  for (const { row } of system.rows.runs.values()) {
    if (!told.isErased(row.customerId)) continue;
    const { customerId, properties, history, subscription, subscriptionId } = row;
    const left = [Object.keys(properties).join(), history.length, subscription, subscriptionId];
    if (
      !row.erased ||
      JSON.stringify(left) !== JSON.stringify(['customerId', 0, undefined, undefined])
    ) {
      complain(`5: a run of ${customerId} tells of who is erased: ${left}.`);
    }
  }
}

/** A run as a row has it, to be compared. */
export function shown({ state, stepId, dueAt, history }: Run): string {
  const taken = history.map((one) => [one.stepId, one.did, Date.parse(one.dueAt)]);
  return JSON.stringify([
    state,
    stepId,
    dueAt === undefined ? undefined : Date.parse(dueAt),
    taken,
  ]);
}

/** The same of the model's. */
export function shownOfModel({ state, stepId, dueAt, history }: ModelRun): string {
  const taken = history.map((one) => [one.stepId, one.did, one.dueAt]);
  return JSON.stringify([state, stepId, dueAt, taken]);
}
