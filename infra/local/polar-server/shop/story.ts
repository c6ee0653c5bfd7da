import type { MailSetting } from '../customer-mails.ts';
import type { Row } from '../polar-state.ts';
import type { Customer, Order, Subscription } from './rows.ts';

/** One event, and what Polar mails the customer at it. */
export type Happening = Readonly<{
  type: string;
  timestamp: string;
  data: Row;
  /** From a job of its own: it may arrive before or after its neighbours. */
  isJob: boolean;
  mail: MailSetting | undefined;
}>;

/** What a moment in the life of a customer changes, and the events it sends, in Polar's order. */
export type Moment = Readonly<{
  customer?: Customer;
  isGone?: boolean;
  subscriptions?: readonly Subscription[];
  orders?: readonly Order[];
  /** Attempts that failed: no event shows why, the list of payments does. */
  payments?: readonly Row[];
  events: readonly Happening[];
}>;

export type Clock = Readonly<{
  /** The next time: each is later than the one before. */
  next: () => string;
  /** A new transaction begins. */
  pause: () => void;
  invoiceNumber: (customer: Customer) => string;
  /** Whether Polar sends this mail: it makes the invoice for that mail only. */
  isMailed: (setting: MailSetting) => boolean;
}>;

type Extra = Readonly<{ mail?: MailSetting; isJob?: boolean }>;

/** The events of one moment: those of one transaction share the state of their object, their timestamps grow. */
export function story(clock: Clock) {
  const events: Happening[] = [];
  return {
    events,
    tell(type: string, data: Row, { mail, isJob = false }: Extra = {}): void {
      events.push({ type, timestamp: clock.next(), data, isJob, mail });
    },
  };
}
export type Story = ReturnType<typeof story>;
