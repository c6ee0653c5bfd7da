import type { Step, Workflow } from '#shared/audience/workflow.ts';

/** What an event says, as far as sequences go by it. Times are milliseconds. */
export type Told = Readonly<{
  type: string;
  customerId: string;
  /** Of the event's object, for `every time`. */
  version: string;
  objectId: string;
  occurredAt: number;
  subscription?: Sub;
  /** Its customer was deleted already when Polar sent it. */
  bringsNothing?: boolean;
  /** Of a deletion: it asks for an erasure. */
  erases?: boolean;
  /** The customer moves to the address of this one, who is deleted. */
  takesOverFrom?: string;
}>;

export type Sub = Readonly<{
  id: string;
  modifiedAt: number;
  toldAt: number;
  status: string;
  cancelAtPeriodEnd: boolean;
  canceledAt?: number | undefined;
  pastDueAt?: number | undefined;
  endedAt?: number | undefined;
  pausedAt?: number | undefined;
  trialEnd?: number | undefined;
  periodEnd?: number | undefined;
  productId?: string | undefined;
}>;

export type ModelRun = {
  key: string;
  workflowId: string;
  customerId: string;
  contact: string;
  subscriptionId: string | undefined;
  /** The type of its event, and since when a payment was overdue then: frozen. */
  type: string;
  pastDueAt: number | undefined;
  state: 'waiting' | 'parked' | 'done' | 'exited' | 'stopped';
  stepId: string | undefined;
  dueAt: number | undefined;
  /** The wait for a date, as it was when it began or was last looked at. */
  dated?: Step | undefined;
  history: { stepId: string; did: 'sent' | 'skipped' | 'waited'; dueAt: number }[];
};

type Customer = {
  /** An event that came while it lived has made a contact of it. */
  hasContact: boolean;
  isDeleted: boolean;
  isErased: boolean;
  isOut: boolean;
  /** As a person, and not by a deletion. */
  hasSaidNo: boolean;
  /** The ids of its contact, that of now first, by whose it was. */
  contacts: readonly string[];
};

const hour = 3_600_000;
const day = 24 * hour;

export type Model = ReturnType<typeof model>;

/**
 * Sequences as SEQUENCES.md says, for one contact per customer. Written from that page, apart from the code: what
 * happens is told to it in the order in which it was committed.
 */
export function model(isUsedUp: (runKey: string) => boolean) {
  const subs = new Map<string, Sub>();
  const customers = new Map<string, Customer>();
  const owners = new Map<string, string>();
  const runs: ModelRun[] = [];

  const customerOf = (id: string) => {
    const none = {
      hasContact: false,
      isDeleted: false,
      isErased: false,
      isOut: false,
      hasSaidNo: false,
      contacts: [id],
    };
    const known = customers.get(id) ?? none;
    customers.set(id, known);
    return known;
  };
  const isOpen = (run: ModelRun) => run.state === 'waiting' || run.state === 'parked';

  function fact(property: string, subscriptionId: string | undefined, customerId: string) {
    if (property === 'customer.hasLivingSubscription') {
      return [...subs.values()].some(
        (sub) =>
          owners.get(sub.id) === customerId &&
          ['trialing', 'active', 'past_due', 'paused'].includes(sub.status),
      );
    }
    const sub = subscriptionId === undefined ? undefined : subs.get(subscriptionId);
    if (property === 'subscription.status') return sub?.status;
    if (property === 'subscription.cancelAtPeriodEnd') return sub?.cancelAtPeriodEnd;
    throw new Error(`The model does not know ${property}.`);
  }

  function holds(
    { property, operator, value }: Workflow['exitWhen'][number],
    run: Pick<ModelRun, 'subscriptionId' | 'customerId'>,
  ) {
    const actual = fact(property, run.subscriptionId, run.customerId);
    if (actual === undefined) return operator === 'is-not-set';
    if (operator === 'is') return String(actual) === value;
    if (operator === 'is-not') return String(actual) !== value;
    return operator === 'is-set';
  }

  const isOver = (run: ModelRun, { exitWhen }: Workflow) => exitWhen.some((one) => holds(one, run));

  function end(run: ModelRun, state: ModelRun['state']) {
    run.state = state;
    run.stepId = undefined;
    run.dueAt = undefined;
  }

  const dateOf = (run: ModelRun, step: Step): number | undefined => {
    if (step.kind !== 'wait' || !('until' in step)) return undefined;
    const sub = run.subscriptionId === undefined ? undefined : subs.get(run.subscriptionId);
    return dateIn(sub, step);
  };

  const dateIn = (sub: Sub | undefined, step: Step): number | undefined => {
    if (step.kind !== 'wait' || !('until' in step)) return undefined;
    const dates = { trialEnd: sub?.trialEnd, periodEnd: sub?.periodEnd };
    const date = step.until.date in dates ? Object(dates)[step.until.date] : undefined;
    return date === undefined ? undefined : date + step.until.offsetHours * hour;
  };

  /** Takes the steps from a place on, as far as the next wait. */
  function go(run: ModelRun, steps: readonly Step[], from: number, now: number) {
    let dueAt = from;
    const rest = [...steps];
    for (let step = rest.shift(); step; step = rest.shift()) {
      const { id: stepId } = step;
      if (step.kind === 'send') {
        const before = run.history.some((one) => one.stepId === stepId && one.did === 'sent');
        const isKept = step.email.kind === 'marketing' && customerOf(run.customerId).isOut;
        const isMeant = step.onlyIf.every((one) => holds(one, run));
        const did = before || isKept || !isMeant ? 'skipped' : 'sent';
        run.history.push({ stepId, did, dueAt });
        continue;
      }
      const left = rest.filter((one) => one.kind === 'send');
      if (left.length === 0) break;
      const isOut = customerOf(run.customerId).isOut;
      if (isOut && left.every(({ email }) => email.kind === 'marketing')) return end(run, 'exited');
      const isDate = 'until' in step;
      const over = 'until' in step ? dateOf(run, step) : dueAt + step.for.hours * hour;
      if (over === undefined) return end(run, 'exited');
      if (over > now) {
        run.state = 'waiting';
        run.stepId = stepId;
        run.dueAt = over;
        run.dated = isDate ? step : undefined;
        return;
      }
      if (isDate && now - over > day) return end(run, 'exited');
      run.history.push({ stepId, did: 'waited', dueAt: over });
      dueAt = over;
    }
    end(run, 'done');
  }

  /** A renewal and a change are news of a period and a product, and of a status only where the workflow asks for it. */
  function isStale({ type, subscription: sub }: Told, { trigger }: Workflow) {
    const newest = sub && subs.get(sub.id);
    if (!newest || newest.modifiedAt <= sub.modifiedAt || type.startsWith('order.')) return false;
    const isMere = type === 'subscription.cycled' || type === 'subscription.updated';
    const asked = trigger.conditions.some(({ property }) => property === 'status');
    const compared = isMere
      ? (['periodEnd', 'productId', ...(asked ? (['status'] as const) : [])] as const)
      : (['status', 'canceledAt', 'pastDueAt', 'endedAt', 'pausedAt'] as const);
    return compared.some((name) => newest[name] !== sub[name]);
  }

  /** That of now first; the others are by what its contact was before. */
  function keysOf({ frequency, workflowId }: Workflow, told: Told): (string | undefined)[] {
    const sub = told.subscription?.id;
    switch (frequency) {
      case 'every-time':
        return [`${workflowId} ${told.type} ${told.objectId} ${told.version}`];
      case 'once-per-contact':
        return customerOf(told.customerId).contacts.map((id) => `${workflowId} contact of ${id}`);
      case 'once-per-subscription':
        return [sub && `${workflowId} ${sub}`];
      case 'once-per-period': {
        const periodEnd = told.subscription?.periodEnd;
        return [sub && periodEnd !== undefined ? `${workflowId} ${sub} ${periodEnd}` : undefined];
      }
      case 'once-per-order':
        return [told.type.startsWith('order.') ? `${workflowId} ${told.objectId}` : undefined];
    }
  }

  function considered(
    told: Told,
    now: number,
    copies: readonly Workflow[],
    newest: ReadonlyMap<string, Workflow>,
  ) {
    for (const workflow of copies) {
      if (workflow.status !== 'active' || workflow.trigger.event !== told.type) continue;
      const isMeant = workflow.trigger.conditions.every(
        ({ property, value }) => property === 'status' && told.subscription?.status === value,
      );
      if (!isMeant || now - told.occurredAt > workflow.maxAgeHours * hour) continue;
      if (isStale(told, workflow)) continue;
      begin(workflow, now, told, newest.get(workflow.workflowId));
    }
  }

  function begin(workflow: Workflow, now: number, told: Told, newest: Workflow | undefined) {
    const keys = keysOf(workflow, told);
    const [key] = keys;
    if (key === undefined || workflow.steps.length < 2) return;
    const subscriptionId = told.subscription?.id;
    const { customerId, type } = told;
    const waiting = runs.filter(
      (run) =>
        isOpen(run) &&
        run.workflowId === workflow.workflowId &&
        (keys.includes(run.key) ||
          (run.customerId === customerId && run.subscriptionId === subscriptionId)),
    );
    const pastDueAt = told.subscription?.pastDueAt;
    // Past due, recovered, past due again: the second dunning begins.
    const isOfPaymentBefore = (run: ModelRun) =>
      [type, run.type].every((one) => one === 'subscription.past_due') &&
      run.key !== key &&
      (run.pastDueAt ?? Number.NaN) < (pastDueAt ?? Number.NaN);
    // An end goes by the workflow as it is; the worker's copy tells only that there may be one.
    for (const run of waiting) {
      if (isOver(run, workflow) && newest && isOver(run, newest)) end(run, 'exited');
      else if (newest && isOfPaymentBefore(run)) end(run, 'exited');
    }
    if (waiting.some(isOpen) || keys.some((one) => one !== undefined && isUsedUp(one))) return;
    if (runs.filter((run) => isOpen(run) && run.customerId === customerId).length >= 10) return;
    const run: ModelRun = {
      ...{ key, workflowId: workflow.workflowId, customerId, contact: customerId },
      ...{ type, pastDueAt },
      ...{ subscriptionId, state: 'waiting', stepId: undefined, dueAt: undefined, history: [] },
    };
    if (isOver(run, workflow)) return;
    go(run, workflow.steps, now, now);
    if (!isOpen(run) && !run.history.some(({ did }) => did === 'sent')) return;
    const former = runs.findIndex((one) => one.key === key);
    if (former >= 0) runs.splice(former, 1);
    runs.push(run);
  }

  return {
    runs,
    subs,
    owners,
    isOpen,
    /** Whether the facts of now end a run by this version of its workflow. */
    isOver,
    isDeleted: (customerId: string) => customerOf(customerId).isDeleted,
    isErased: (customerId: string) => customerOf(customerId).isErased,
    /** Whether the audience knows of its address. */
    hasContact: (customerId: string) => customerOf(customerId).hasContact,
    /** Whose contacts the one of this customer has been. */
    contactsOf: (customerId: string) => customerOf(customerId).contacts,
    /** Whether the facts of now forbid an email of this run. */
    forbids(run: ModelRun, workflow: Workflow | undefined): boolean {
      const { isDeleted, isErased } = customerOf(run.customerId);
      const isGone = isErased || (isDeleted && run.type !== 'customer.deleted');
      return isGone || (workflow !== undefined && isOver(run, workflow));
    },
    /** When the run should go on, as far as a date decides that now. */
    dueNow(run: ModelRun, workflow: Workflow): number | undefined {
      const step = workflow.steps.find(({ id }) => id === run.stepId);
      return step?.kind === 'wait' && 'until' in step ? dateOf(run, step) : run.dueAt;
    },

    unsubscribed(customerId: string) {
      Object.assign(customerOf(customerId), { isOut: true, hasSaidNo: true });
    },

    /**
     * `copies`: the workflows as the worker knew them; `newest`: as they were. One that is off brings the facts of its
     * subscription, and nothing else.
     */
    event(
      told: Told,
      now: number,
      copies: readonly Workflow[],
      newest: ReadonlyMap<string, Workflow>,
      isOn: boolean,
    ) {
      const customer = customerOf(told.customerId);
      if (told.type === 'customer.deleted') {
        customer.isDeleted = true;
        customer.isOut = true;
        customer.isErased ||= told.erases === true;
        for (const run of runs)
          if (isOpen(run) && run.customerId === told.customerId) end(run, 'exited');
        // What a deletion itself begins goes on after it.
        if (customer.hasContact && !customer.isErased) considered(told, now, copies, newest);
        return;
      }
      if (isOn && !told.bringsNothing && !customer.isDeleted) customer.hasContact = true;
      const from = isOn && told.takesOverFrom ? customerOf(told.takesOverFrom) : undefined;
      if (from?.isDeleted && !from.isErased && !customer.isDeleted) {
        customer.contacts = [...from.contacts, ...customer.contacts];
        from.contacts = [];
        // Of two runs of one workflow that become one person's only that goes on which can still mail.
        for (const run of runs)
          if (isOpen(run) && run.customerId === told.takesOverFrom) end(run, 'stopped');
      }
      // The "no" lies on the address, also of who is erased.
      if (from?.hasSaidNo) Object.assign(customer, { isOut: true, hasSaidNo: true });
      const { subscription: sub } = told;
      if (!sub || told.bringsNothing) return;
      const before = subs.get(sub.id);
      if (!customer.isErased) {
        owners.set(sub.id, told.customerId);
        const isNewer =
          !before ||
          sub.modifiedAt > before.modifiedAt ||
          (sub.modifiedAt === before.modifiedAt && sub.toldAt > before.toldAt);
        if (isNewer) subs.set(sub.id, sub);
        if (before) {
          for (const run of runs) {
            if (!isOpen(run) || run.subscriptionId !== sub.id) continue;
            if (!run.dated) continue;
            const dueAt = dateOf(run, run.dated);
            if (dueAt === dateIn(before, run.dated)) continue;
            if (dueAt === undefined) end(run, 'exited');
            else {
              run.state = 'waiting';
              run.dueAt = dueAt;
            }
          }
        }
      }
      if (customer.isDeleted || customer.isErased || !isOn) return;
      considered(told, now, copies, newest);
    },

    /** The worker has looked at a run whose wait was said to be over. */
    wake(run: ModelRun, now: number, workflow: Workflow | undefined) {
      if (!isOpen(run)) return;
      if (!workflow) return end(run, 'stopped');
      const place = workflow.steps.findIndex(({ id }) => id === run.stepId);
      const step = workflow.steps[place];
      if (step?.kind !== 'wait') return end(run, 'stopped');
      const dueAt = 'until' in step ? dateOf(run, step) : run.dueAt;
      if (dueAt === undefined) return end(run, 'exited');
      if (dueAt > now) {
        run.state = 'waiting';
        run.dueAt = dueAt;
        run.dated = 'until' in step ? step : undefined;
        return;
      }
      if (workflow.status !== 'active') {
        run.state = 'parked';
        return;
      }
      if (isOver(run, workflow)) return end(run, 'exited');
      const isLate = now - dueAt > day;
      if (isLate && (run.state === 'parked' || 'until' in step)) return end(run, 'exited');
      run.history.push({ stepId: step.id, did: 'waited', dueAt: run.dueAt ?? dueAt });
      run.state = 'waiting';
      go(run, workflow.steps.slice(place + 1), dueAt, now);
    },

    stop: (run: ModelRun) => isOpen(run) && end(run, 'stopped'),
  };
}
