import type { Customer } from '#shared/audience/person/person.ts';
import type { Commit } from './unit-of-work.ts';
import { isSameData, type Step } from './workspace.ts';

type CustomerWrite = Extract<Step<Customer>, { act: 'put' }>;

/**
 * The customer's row of a decision that changes nothing but what is known of subscriptions, and writes a record of it;
 * `undefined` where there is more to a decision. Such a row may be written before the record, each by a plain put, which
 * costs half as much as a transaction.
 *
 * That is safe because the newest state of each subscription is kept, whatever comes how often and in which order: told
 * twice, it is known once. So an event that was interrupted between the two is decided again, finds its state known, and
 * comes to the same record. The record comes last, since it proves that an event was decided: it is never there without
 * its state. Everything else would be decided otherwise the second time, when it has changed already: a record says what
 * an event changed, runs follow a date that moves, and one more begins where none was.
 */
export function stateBeforeRecord({
  steps,
  record,
  later = [],
  replay,
  erased = [],
}: Commit): CustomerWrite | undefined {
  if (!steps || !record || replay || later.length > 0 || erased.length > 0) return undefined;
  const { customers, addresses, contacts, suppressions, runs = [] } = steps;
  const others = [addresses, contacts, suppressions, runs];
  const [state, ...more] = customers;
  if (state?.act !== 'put' || more.length > 0 || others.some(({ length }) => length > 0)) {
    return undefined;
  }
  return state.before && isSameButStates(state.before.row, state.row) ? state : undefined;
}

function isSameButStates(
  { subscriptions: _, ...before }: Customer,
  { subscriptions: __, ...after }: Customer,
): boolean {
  return isSameData(before, after);
}
