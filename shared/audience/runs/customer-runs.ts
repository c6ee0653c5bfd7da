import { dueByDate, subscriptionOf } from '#shared/audience/person/facts.ts';
import { type Contact, type Customer, emailOf } from '#shared/audience/person/person.ts';
import type { Reading, Workspace } from '#shared/audience/rows/workspace.ts';
import { reasonOfCustomer } from './advance.ts';
import { cleared, ended, isOpen, type NamedRun, type Run } from './run.ts';

/** So many runs of one customer may wait at the same time. */
export const mostRuns = 10;

/** The contact that shows a customer now. */
export function shownContact(w: Reading, customer: Customer | undefined): Contact | undefined {
  const email = emailOf(customer);
  const shown = email === undefined ? undefined : w.contacts.get(email);
  return shown?.customerId === customer?.customerId ? shown : undefined;
}

/** Writes a run, and names it in the row of its customer for as long as it waits. */
export function putRun(w: Workspace, run: Run): void {
  w.runs.put(run.runId, run);
  const customer = w.customers.get(run.customerId);
  if (customer && !customer.erased) w.customers.put(run.customerId, naming(customer, run));
}

function naming({ runs = [], ...customer }: Customer, run: Run): Customer {
  const others = runs.filter(({ runId }) => runId !== run.runId);
  return withNames(customer, isOpen(run) ? [...others, nameOf(run)].sort(byBeginning) : others);
}

function nameOf({ runId, workflowId, subscriptionId, until, beganAt }: Run): NamedRun {
  return {
    ...{ runId, workflowId },
    ...(subscriptionId !== undefined && { subscriptionId }),
    ...(until && { until }),
    beganAt,
  };
}

function byBeginning(a: NamedRun, b: NamedRun): number {
  return `${a.beganAt} ${a.runId}` < `${b.beganAt} ${b.runId}` ? -1 : 1;
}

function withNames({ runs: _, ...customer }: Customer, names: readonly NamedRun[]): Customer {
  return names.length > 0 ? { ...customer, runs: [...names] } : customer;
}

/**
 * What an event that changed a customer does to its runs that wait: a deletion ends them, and a date that moved moves
 * those that wait for it. `before`: the customer as it was. The row of the customer is written already.
 */
export function followCustomer(w: Workspace, before: Customer, now: Date): void {
  const customer = w.customers.get(before.customerId);
  if (!customer || customer.erased) return;
  const isDeleted = customer.deletion !== undefined && before.deletion === undefined;
  for (const named of customer.runs ?? []) {
    const isMoved = named.until && dueOf(named, before) !== dueOf(named, customer);
    const run = isDeleted || isMoved ? w.runs.get(named.runId) : undefined;
    if (!run || !isOpen(run)) continue;
    const gone = reasonOfCustomer(run, { customer });
    putRun(w, gone ? ended(run, 'exited', gone, now) : moved(run, customer, now));
  }
}

function dueOf({ until, subscriptionId }: NamedRun, customer: Customer): string | undefined {
  return until && dueByDate(until, subscriptionOf(subscriptionId, customer));
}

/** A time that is past already is for the clock, which wakes it at once. */
function moved(run: Run, customer: Customer, now: Date): Run {
  const { until } = run;
  if (!until) return run;
  const dueAt = dueByDate(until, subscriptionOf(run.subscriptionId, customer));
  if (dueAt === undefined) {
    return ended(run, 'exited', `The subscription has no ${until.date} anymore.`, now);
  }
  const { parkedAt: _, ...rest } = run;
  return { ...rest, state: 'waiting', dueAt, wakeAt: dueAt, updatedAt: now.toISOString() };
}

/**
 * Stops the runs of a customer whose contact is another's now: they could mail nobody any more. So no two runs of one
 * workflow wait for one contact, also where both customers had one.
 */
export function stopRunsWithoutContact(w: Workspace, { runs = [] }: Customer, now: Date): void {
  for (const { runId } of runs) {
    const run = w.runs.get(runId);
    if (run && isOpen(run)) {
      putRun(w, ended(run, 'stopped', 'Another customer has its contact now.', now));
    }
  }
}

/** Ends the runs of a customer that is being erased, and takes everything of the person out of them. */
export function forgetRuns(w: Workspace, { runs = [] }: Customer, now: Date): void {
  for (const { runId } of runs) {
    const run = w.runs.get(runId);
    if (run) w.runs.put(runId, forgotten(run, now));
  }
}

/** The run of a customer that is erased. */
export function forgotten(run: Run, now: Date): Run {
  const over = isOpen(run) ? ended(run, 'exited', 'The customer was erased.', now) : run;
  return cleared(over);
}
