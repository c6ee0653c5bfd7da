import { customer, type Person } from '#shared/polar/sample/sample-customer.ts';
import { order, subscription, subscriptionFacts } from '#shared/polar/sample/sample-purchase.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { northlight, type Organization, type Row } from '../polar-state.ts';
import { catalogue, type Product, productRow } from './catalogue.ts';
import {
  type Customer,
  daysAfter,
  later,
  newCustomer,
  newOrder,
  newSubscription,
  type Order,
  type Subscription,
  sixDigits,
} from './rows.ts';

export const harbour: Organization = {
  id: uuidOf('organization Harbour Press'),
  name: 'Harbour Press',
  slug: 'harbour-press',
};

export const bothOrganizations: readonly Organization[] = [northlight, harbour];

type Rows = Readonly<{ customers: Row[]; subscriptions: Row[]; orders: Row[]; products: Row[] }>;

/** Two organizations as they were before anybody connected: the same on every first start, up to `until`. */
export function earlierDays(until: Date): Rows {
  const bought = [...lives(sixty, northlight, until), ...lives(neighbours, harbour, until)];
  return {
    customers: bought.map(({ customer }) => customer),
    subscriptions: bought.flatMap(({ subscription }) => subscription ?? []),
    orders: bought.flatMap(({ orders }) => orders),
    products: bothOrganizations.flatMap(({ id }) =>
      catalogue.map((product) => productRow(product, id)),
    ),
  };
}

type Life = Readonly<{ customer: Customer; subscription: Subscription | null; orders: Order[] }>;

const monthly = catalogue[0];
const yearly = catalogue[1];
const withTrial = catalogue[2];
const once = catalogue[3];

/** Which product each has, and how it is with it, again after every twelve. */
const kinds: readonly (readonly [Product | undefined, State])[] = [
  [monthly, 'active'],
  [monthly, 'active'],
  [yearly, 'active'],
  [once, 'active'],
  [monthly, 'past_due'],
  [monthly, 'active'],
  [withTrial, 'trialing'],
  [monthly, 'ending'],
  [monthly, 'ended'],
  [withTrial, 'active'],
  [undefined, 'active'],
  [monthly, 'active'],
];
type State = 'active' | 'past_due' | 'trialing' | 'ending' | 'ended';

function lives(people: readonly Early[], organization: Organization, until: Date): Life[] {
  return people.map((person, index) => {
    const [product, state] = kinds[index % kinds.length] ?? [undefined, 'active'];
    const age = state === 'trialing' ? 3 + (index % 5) : 70 + ((index * 37) % 280);
    const createdAt = daysAfter(sixDigits(until), -age);
    const id = uuidOf(`${organization.slug} ${person.email ?? person.name}`);
    const customer = newCustomer({ ...person, id, organizationId: organization.id, createdAt });
    if (!product) return { customer, subscription: null, orders: [] };
    return lifeOf(customer, product, state, organization, until);
  });
}

function lifeOf(
  customer: Customer,
  product: Product,
  state: State,
  { slug }: Organization,
  until: Date,
): Life {
  const at = customer.created_at;
  const prefix = `${slug.split('-')[0]?.toUpperCase()}-${customer.id.slice(0, 6).toUpperCase()}`;
  const paid = (number: number, subscription: Subscription | null, createdAt: string): Order => ({
    ...newOrder({
      ...{ customer, product, subscription, createdAt, status: 'paid' },
      id: uuidOf(`order ${number} of ${customer.id}`),
      reason: subscription ? reasonOf(number) : 'purchase',
      isFree: number === 1 && product.trialDays > 0,
      number: `${prefix}-${String(number).padStart(4, '0')}`,
    }),
    receipt_number: `RCPT-${prefix.split('-')[1]}-${String(number).padStart(4, '0')}`,
    modified_at: createdAt,
  });
  const { interval } = product;
  if (interval === null) return { customer, subscription: null, orders: [paid(1, null, at)] };
  const id = uuidOf(`subscription of ${customer.id}`);
  const begun = newSubscription({
    ...{ id, customer, product, interval },
    ...{ startedAt: at, createdAt: at },
  });
  if (state === 'trialing') return { customer, subscription: begun, orders: [paid(1, begun, at)] };
  const starts = [at, ...startsAfter(begun, interval, until)];
  const start = starts.at(-1) ?? at;
  const current: Subscription = {
    ...begun,
    status: 'active',
    current_period_start: start,
    current_period_end: starts.length > 1 ? later(start, interval) : begun.current_period_end,
    modified_at: starts.length > 1 ? start : null,
  };
  const subscription = { ...current, ...ofState(current, state) };
  const orders = starts.map((time, index) => paid(index + 1, subscription, time));
  const last = orders.at(-1);
  if (state !== 'past_due' || !last) return { customer, subscription, orders };
  const open = { status: 'pending', paid: false, receipt_number: null, modified_at: start };
  return { customer, subscription, orders: [...orders.slice(0, -1), { ...last, ...open }] };
}

function reasonOf(number: number) {
  return number === 1 ? 'subscription_create' : 'subscription_cycle';
}

/** When the periods after the first one began. */
function startsAfter(
  { current_period_end: first }: Subscription,
  interval: 'month' | 'year',
  until: Date,
): string[] {
  const starts: string[] = [];
  for (let periods = 0; ; periods += 1) {
    const start = later(first, interval, periods);
    if (new Date(start) > until) return starts;
    starts.push(start);
  }
}

function ofState(
  { current_period_start: start, current_period_end: end }: Subscription,
  state: State,
): Partial<Subscription> {
  const noticed = daysAfter(start, 1);
  const booked = { cancel_at_period_end: true, canceled_at: noticed, modified_at: noticed };
  switch (state) {
    case 'past_due':
      return { status: 'past_due', past_due_at: start, modified_at: start };
    case 'ending':
      return { ...booked, ends_at: end, customer_cancellation_reason: 'unused' };
    case 'ended':
      // At once, as its last period began.
      return { status: 'canceled', canceled_at: start, ends_at: start, ended_at: start };
    default:
      return {};
  }
}

export type RowCounts = Readonly<{ customers: number; subscriptions: number; orders: number }>;

/** So many customers, an hour apart up to `until`; the first of them have subscriptions and orders. */
export function madeUpRows({ customers, subscriptions, orders }: RowCounts, until: Date) {
  const times = Array.from({ length: Math.max(customers, subscriptions, orders) }, (_, index) => {
    return new Date(until.getTime() - (customers - index) * 3_600_000);
  });
  const upTo = (count: number, make: (person: Person, at: Date) => Row): Row[] =>
    times.slice(0, count).map((at, index) => make(personOf(index), at));
  return {
    customers: upTo(customers, customer),
    subscriptions: upTo(subscriptions, (person, at) =>
      subscription(person, at, 'subscription.active'),
    ),
    orders: upTo(orders, (person, at) => order(person, at, subscriptionFacts(person, at))),
  };
}

function personOf(index: number): Person {
  const email = `customer-${index}@example.com`;
  return {
    // None that a made-up event would be about.
    customerId: uuidOf(`customer ${email}`),
    email,
    name: `Customer ${index}`,
    externalId: null,
    isNew: true,
  };
}

/** Who bought here before: names and addresses of as many kinds as there are in real lists. */
type Early = Readonly<{
  name: string | null;
  /** null: a team that has none. */
  email: string | null;
  externalId?: string;
  country?: string;
}>;

const told: readonly (readonly [string | null, string | null, Partial<Early>?])[] = [
  ['Ada Lovelace', 'ada.lovelace@example.com', { externalId: 'usr_1001' }],
  ['Grace Hopper', 'grace.hopper@example.com', { externalId: 'usr_1002', country: 'US' }],
  ['Cher', 'cher@example.com', { country: 'US' }],
  ['Doe, Jane', 'jane.doe@example.org', { country: 'US' }],
  ['Dr. Max von der Leyen', 'max@bücher.example', { country: 'DE' }],
  ['María José García López', 'mj.garcia@example.com'],
  ['Nguyễn Thị Minh Khai', 'minhkhai@example.com'],
  ['王小明', 'xiaoming.wang@example.com'],
  ['山田 太郎', 'taro.yamada@example.com', { country: 'JP', externalId: 'usr_1009' }],
  ['김민준', 'minjun.kim@example.com'],
  ['Александра Петрова', 'a.petrova@example.com'],
  ['محمد علي', 'mohamed.ali@example.com'],
  ['דוד כהן', 'david.cohen@example.com'],
  ['Ἀριστοτέλης', 'aristotle@example.com'],
  ["Conan O'Brien", 'conan.obrien@example.com', { country: 'US' }],
  ['Jean-Luc Picard', 'jean-luc@example.com'],
  ['Åsa Öberg', 'asa.oberg@example.com', { externalId: 'usr_1017' }],
  ['Łukasz Żółć', 'lukasz@example.com'],
  ['ANNA LINDQVIST', 'Anna.Lindqvist@Example.com', { externalId: 'usr_1019' }],
  ['bell hooks', 'bell@example.org', { country: 'US' }],
  ['  Lena   Weber  ', 'lena.weber@example.com', { country: 'DE' }],
  ['Tom & Jerry', 'tom.jerry@example.com', { country: 'US' }],
  ['<b>Bobby</b> Tables', 'bobby@example.com'],
  ['Mia 🌸', 'mia@example.com', { country: 'DE' }],
  ['evil.com has a gift for you', 'gift@example.net'],
  ['+1 555 0100', 'phone@example.net', { country: 'US' }],
  [null, 'no.name@example.com'],
  ['', 'empty.name@example.com'],
  ['X Æ A-12', 'xash@example.com', { country: 'US' }],
  ['Prof. Dr. Sabine Meyer-Lüdenscheidt', 'sabine@example.org', { country: 'DE' }],
  ['Juan Carlos de Borbón y Borbón-Dos Sicilias de la Santísima Trinidad', 'juan@example.org'],
  ['Example Studio GmbH', null, { country: 'DE', externalId: 'org_7' }],
  ['Sofía Martínez', 'sofia+polar@example.com'],
  ['Liam Smith', 'liam@example.com', { country: 'US', externalId: 'usr_1034' }],
  ['Olivia Jones', 'olivia@example.com', { country: 'US' }],
  ['Noah Müller', 'noah@example.com', { country: 'DE' }],
  ['Emma Schneider', 'emma@example.com', { country: 'DE' }],
  ['Elif Yılmaz', 'elif@example.com'],
  ['İpek Çelik', 'ipek@example.com'],
  ['Siân Llewellyn', 'sian@example.org'],
  ['Björk Guðmundsdóttir', 'bjork@example.org'],
  ['Zoë Kravitz', 'zoe@example.com', { country: 'US' }],
  ['Renée de Vries', 'renee@example.com'],
  ['Mateusz Kowalski', 'mateusz@example.com'],
  ['Ngozi Adichie', 'ngozi@example.com', { externalId: 'usr_1045' }],
  ['Thandiwe Mbeki', 'thandiwe@example.com'],
  ['Aarav Sharma', 'aarav@example.com'],
  ['Priya Natarajan', 'priya@example.com'],
  ['Fatima az-Zahra', 'fatima@example.com'],
  ['Yusuf Islam', 'yusuf@example.com'],
  ['Carlos Núñez', 'carlos@example.com'],
  ['Beatriz Haddad Maia', 'beatriz@example.com'],
  ['Håkon Mjøen', 'hakon@example.com'],
  ['Kaisa Mäkäräinen', 'kaisa@example.com'],
  ['Maarten van den Berg', 'maarten@example.com'],
  ['Ruth E. Carter', 'ruth@example.com', { country: 'US' }],
  ['James Okafor Jr.', 'james.okafor@example.com', { country: 'US' }],
  ['the dude', 'THE.DUDE@example.net', { country: 'US' }],
  ['Chloé Dubois', 'chloe@example.com'],
  ['Ingrid Bergström', 'ingrid@example.com', { externalId: 'usr_1060' }],
];

const sixty: readonly Early[] = told.map(([name, email, more]) => ({
  name,
  email,
  ...more,
}));

/** Of the second organization. */
const neighbours: readonly Early[] = [
  { name: 'Harriet Quay', email: 'harriet@harbour.example' },
  { name: 'Otto Kai', email: 'otto@harbour.example', country: 'DE' },
  { name: 'Ada Lovelace', email: 'ada.lovelace@example.com' },
];
