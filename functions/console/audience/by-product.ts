import type { Contact } from '#shared/audience/person/person.ts';
import {
  isLiving,
  productNameOf,
  type Subscriptions,
} from '#shared/audience/person/subscription-snapshot.ts';
import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
import type {
  ContactFilter,
  ContactList,
  ContactPosition,
} from '#shared/store/audience/contact-search.ts';
import { byName } from '../kit/by-name.ts';
import { priceText, shortened } from '../kit/words.ts';

/** Of a subscription that is alive. */
export type Product = Readonly<{
  id: string;
  name: string;
  /** What all who are seen here pay for it, in words; empty where that differs or is not known. */
  price: string;
}>;

/** What a contact is subscribed to, by the id of its customer. */
export type ProductsOf = ReadonlyMap<string, readonly Product[]>;

export type ContactsShown = Readonly<{
  contacts: readonly Contact[];
  products: ProductsOf;
  /** Of all contacts that were looked at, each once, by name. */
  known: readonly Product[];
  next: ContactPosition | undefined;
  isCutShort: boolean;
}>;

const longestName = 60;

/** So many pages are looked through for a product; then a person asks for more. */
const mostPages = 4;

/**
 * A page of contacts with what each is subscribed to, all of them or those of one product. No index knows products, and one
 * would cost a write per event: the customers of the contacts that are read anyway are asked for theirs.
 */
export function contactsByProduct(list: ContactList, store: Pick<AudienceStore, 'load'>) {
  async function productsOf(contacts: readonly Contact[]): Promise<ProductsOf> {
    const ids = new Set(contacts.flatMap(({ customerId }) => customerId ?? []));
    const keys = [...ids].map((key) => ({ kind: 'customers', key }) as const);
    const { customers } = await store.load(keys);
    return new Map(
      [...customers].map(([id, stored]) => [id, productsIn(stored?.row.subscriptions)] as const),
    );
  }

  return async (
    filter: ContactFilter & Readonly<{ product?: string | undefined }>,
    limit: number,
    after: ContactPosition | undefined,
  ): Promise<ContactsShown> => {
    const products = new Map<string, readonly Product[]>();
    const contacts: Contact[] = [];
    let next = after;
    for (let pages = 0; pages < mostPages; pages += 1) {
      const found = await list.page(filter, limit, next);
      for (const [id, all] of await productsOf(found.items)) products.set(id, all);
      contacts.push(...found.items.filter((one) => isOf(one, filter.product, products)));
      next = found.next;
      const isEnough = filter.product === undefined || contacts.length >= limit / 2;
      if (next === undefined || isEnough) {
        return { contacts, ...withDistinctNames(products), next, isCutShort: found.isCutShort };
      }
    }
    return { contacts, ...withDistinctNames(products), next, isCutShort: true };
  };
}

function withDistinctNames(products: ProductsOf): Pick<ContactsShown, 'products' | 'known'> {
  const known = toldApart(eachOnce(products));
  const byId = new Map(known.map((one) => [one.id, one] as const));
  const all = [...products].map(
    ([customerId, ours]) => [customerId, ours.map((one) => byId.get(one.id) ?? one)] as const,
  );
  return { products: new Map(all), known };
}

/** Products that share a name, as far as it is shown, get their price beside it, and where that is the same, too, the end of their id. */
export function toldApart(products: readonly Product[]): Product[] {
  const short = products.map((one) => ({ ...one, name: shortened(one.name, longestName) }));
  const priced = short.map((one) => {
    const isShared = count(short, one.name) > 1 && one.price !== '';
    return isShared ? { ...one, name: `${one.name} · ${one.price}` } : one;
  });
  return priced.map((one) => {
    const isShared = count(priced, one.name) > 1;
    return isShared ? { ...one, name: `${one.name} · id …${one.id.slice(-4)}` } : one;
  });
}

function count(products: readonly Product[], name: string): number {
  return products.filter((one) => one.name === name).length;
}

function isOf({ customerId }: Contact, product: string | undefined, products: ProductsOf): boolean {
  if (product === undefined) return true;
  return products.get(customerId ?? '')?.some(({ id }) => id === product) ?? false;
}

function productsIn(subscriptions: Subscriptions | undefined): Product[] {
  const alive = Object.values(subscriptions ?? {}).filter(isLiving);
  return eachOnce([
    alive.flatMap((one) => {
      const { productId: id } = one;
      return id === undefined
        ? []
        : [{ id, name: productNameOf(one) ?? id, price: priceText(one) }];
    }),
  ]);
}

function eachOnce(all: ProductsOf | readonly (readonly Product[])[]): Product[] {
  const found = new Map<string, Product>();
  for (const one of [...all.values()].flat()) {
    const other = found.get(one.id);
    // A discount, or a change of the price, makes it somebody's own.
    const isOwn = other !== undefined && other.price !== one.price;
    found.set(one.id, isOwn ? { ...one, price: '' } : one);
  }
  return [...found.values()].sort(byName);
}
