import { type MailSetting, mailSettingsOf, mailSubject } from '../customer-mails.ts';
import { newId, type PolarState, type Row } from '../polar-state.ts';
import { catalogue } from './catalogue.ts';
import {
  cancellationBooked,
  customerDeleted,
  endedAtOnce,
  endReached,
  type Reasons,
  retriesExhausted,
  takenBack,
} from './endings.ts';
import { NotPossible, rowsOf } from './known-rows.ts';
import {
  bought,
  customerChanged,
  pauseBegun,
  pauseBooked,
  paymentFailed,
  periodEndMoved,
  recovered,
  renewed,
  resumed,
} from './moments.ts';
import { refundable, refunded } from './refunds.ts';
import {
  type Customer,
  customerSchema,
  newCustomer,
  orderSchema,
  type Subscription,
} from './rows.ts';
import type { Clock, Happening, Moment } from './story.ts';

type Record = (organizationId: string, payload: Happening) => void;

/** Microseconds between the steps of one transaction, and between two transactions. */
const stepMicros = 9_127;
const pauseMicros = 120_000;

export type Shop = ReturnType<typeof polarShop>;

/** What customers and their cards do at Polar: each verb changes the rows and sends the events of that moment. */
export function polarShop(state: PolarState, record: Record) {
  const { customerOf, customerAt, livingOf, productOf, ordersOf, pendingOf, subscriptionsOf } =
    rowsOf(state);

  function clockFor(organizationId: string): Clock {
    let gap = stepMicros;
    return {
      next: () => {
        const at = state.timestamp(gap);
        gap = stepMicros;
        return at;
      },
      pause: () => {
        gap = pauseMicros;
      },
      invoiceNumber: ({ id }) => {
        const slug = state.organizations.find((known) => known.id === organizationId)?.slug ?? '';
        const number = String(ordersOf(id).length + 1).padStart(4, '0');
        return `${slug.split('-')[0]}-${id.slice(0, 6)}-${number}`.toUpperCase();
      },
      isMailed: (setting) => isMailed(organizationId, setting),
    };
  }

  function isMailed(organizationId: string, setting: MailSetting): boolean {
    return mailSettingsOf(state.emailSettings.get(organizationId))[setting] ?? true;
  }

  function apply({ organization_id }: Customer, moment: Moment): void {
    if (moment.customer) keepCustomer(moment.customer, moment.isGone ?? false);
    for (const subscription of moment.subscriptions ?? []) keep(state.subscriptions, subscription);
    for (const order of moment.orders ?? []) keep(state.orders, order);
    state.payments.push(...(moment.payments ?? []));
    for (const happening of moment.events) {
      record(organization_id, happening);
      if (happening.mail) noteMail(organization_id, happening.mail, happening);
    }
  }

  /** Subscriptions and orders are shown with the customer as it is now. */
  function keepCustomer(customer: Customer, isGone: boolean): void {
    if (isGone) state.customers.splice(indexOf(state.customers, customer.id), 1);
    else keep(state.customers, customer);
    for (const rows of [state.subscriptions, state.orders]) {
      for (const row of rows) {
        if (row['customer_id'] === customer.id) keep(rows, { ...row, customer });
      }
    }
  }

  function noteMail(organizationId: string, setting: MailSetting, { timestamp, data }: Happening) {
    const customer = customerSchema.safeParse(data['customer']).data;
    const product = catalogue.find(({ id }) => id === data['product_id'])?.name ?? '';
    if (customer?.email == null) return;
    state.customerMails.push({
      ...{ id: newId(), at: timestamp, organizationId, setting, to: customer.email },
      ...{ subject: mailSubject(setting, product), isSent: isMailed(organizationId, setting) },
    });
  }

  function requireFree(organizationId: string, email: string, except?: string): void {
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
      throw new NotPossible(`"${email}" is not an email address.`);
    }
    const known = customerAt(organizationId, email);
    if (known && known.id !== except)
      throw new NotPossible(`Another customer has the address ${email} already.`);
  }

  /** Does something to a living subscription. */
  const happens =
    (
      statuses: readonly Subscription['status'][],
      make: (on: Subscription, clock: Clock) => Moment,
    ) =>
    (subscriptionId: string): void => {
      const subscription = livingOf(subscriptionId, ...statuses);
      const { customer } = subscription;
      apply(customer, make(subscription, clockFor(customer.organization_id)));
    };
  const requireBooked = (subscription: Subscription, isBooked: boolean): void => {
    if (subscription.cancel_at_period_end === isBooked) return;
    throw new NotPossible(
      isBooked ? 'No cancellation is scheduled.' : 'A cancellation is already scheduled.',
    );
  };

  const requirePauseBooked = (subscription: Subscription, isBooked: boolean): void => {
    if (subscription.pause_at_period_end === isBooked) return;
    throw new NotPossible(isBooked ? 'No pause is scheduled.' : 'A pause is already scheduled.');
  };

  return {
    customerOf,
    customerAt,
    subscriptionsOf,
    ordersOf,

    /** A new person who buys: gives the customer's id. */
    signUp(
      organizationId: string,
      { email, name }: Readonly<{ email: string; name: string | null }>,
      productId: string,
    ): string {
      const product = productOf(productId);
      requireFree(organizationId, email);
      const createdAt = state.timestamp(stepMicros);
      const customer = newCustomer({ email, name, organizationId, createdAt });
      apply(customer, bought(customer, product, true, clockFor(organizationId)));
      return customer.id;
    },

    buy(customerId: string, productId: string): void {
      const customer = customerOf(customerId);
      const product = productOf(productId);
      apply(customer, bought(customer, product, false, clockFor(customer.organization_id)));
    },

    renew: happens(['active', 'trialing'], (subscription, clock) => {
      requireBooked(subscription, false);
      requirePauseBooked(subscription, false);
      return renewed(subscription, productOf(subscription.product_id), clock);
    }),
    failPayment: happens(['active', 'trialing'], (subscription, clock) => {
      requireBooked(subscription, false);
      requirePauseBooked(subscription, false);
      return paymentFailed(subscription, productOf(subscription.product_id), clock);
    }),
    recoverPayment: happens(['past_due'], (subscription, clock) =>
      recovered(subscription, pendingOf(subscription), clock),
    ),
    exhaustRetries: happens(['past_due'], (subscription, clock) =>
      retriesExhausted(subscription, pendingOf(subscription), clock),
    ),
    cancel(subscriptionId: string, reasons: Reasons = { reason: null, comment: null }): void {
      happens(['active', 'trialing', 'past_due'], (subscription, clock) => {
        requireBooked(subscription, false);
        return cancellationBooked(subscription, reasons, clock);
      })(subscriptionId);
    },
    takeBack: happens(['active', 'trialing', 'past_due'], (subscription, clock) => {
      requireBooked(subscription, true);
      return takenBack(subscription, clock);
    }),
    reachEnd: happens(['active', 'trialing', 'past_due'], (subscription, clock) => {
      requireBooked(subscription, true);
      return endReached(subscription, pendingOf(subscription), clock);
    }),
    endNow: happens(['active', 'trialing', 'past_due'], (subscription, clock) =>
      endedAtOnce(subscription, pendingOf(subscription), clock),
    ),

    pause: happens(['active'], (subscription, clock) => {
      requireBooked(subscription, false);
      requirePauseBooked(subscription, false);
      return pauseBooked(subscription, clock);
    }),
    beginPause: happens(['active'], (subscription, clock) => {
      requirePauseBooked(subscription, true);
      return pauseBegun(subscription, clock);
    }),
    resume: happens(['paused'], (subscription, clock) =>
      resumed(subscription, productOf(subscription.product_id), clock),
    ),
    /** By ten days: a date moves, and nothing else. */
    movePeriodEnd: happens(['active', 'trialing'], (subscription, clock) =>
      periodEndMoved(subscription, 10, clock),
    ),

    /** Gives back what is left of an order, or half of that. */
    refund(orderId: string, part: 'half' | 'rest'): void {
      const row = state.orders.find((known) => known.id === orderId);
      if (!row) throw new NotPossible('There is no such order.');
      const order = orderSchema.parse(row);
      const left = ['paid', 'partially_refunded'].includes(order.status) ? refundable(order) : 0;
      if (left <= 0) throw new NotPossible('Nothing of this order can be given back.');
      const net = part === 'half' ? Math.ceil(left / 2) : left;
      apply(order.customer, refunded(order, net, clockFor(order.customer.organization_id)));
    },

    remove(customerId: string, isAnonymised: boolean): void {
      const customer = customerOf(customerId);
      // Of one that is paused Polar tells nothing.
      const living = subscriptionsOf(customerId).filter(
        ({ status }) => status !== 'canceled' && status !== 'paused',
      );
      const clock = clockFor(customer.organization_id);
      apply(customer, customerDeleted(customer, living, isAnonymised, clock));
    },

    /** Polar knows each address once in an organization, and an external id is never changed again. */
    change(
      customerId: string,
      changes: Partial<Pick<Customer, 'email' | 'name' | 'external_id'>>,
    ): void {
      const customer = customerOf(customerId);
      if (changes.email != null) requireFree(customer.organization_id, changes.email, customerId);
      if (changes.external_id !== undefined && customer.external_id !== null) {
        if (changes.external_id !== customer.external_id) {
          throw new NotPossible('Polar never changes an external ID that is set.');
        }
      }
      apply(customer, customerChanged(customer, changes, clockFor(customer.organization_id)));
    },
  };
}

function keep(rows: Row[], row: Row): void {
  const index = indexOf(rows, row.id);
  if (index < 0) rows.push(row);
  else rows[index] = row;
}

function indexOf(rows: readonly Row[], id: string): number {
  return rows.findIndex((known) => known.id === id);
}
