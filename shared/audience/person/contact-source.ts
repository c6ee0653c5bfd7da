import { isBackfilled, isLostOrder } from '#shared/polar/event-types.ts';
import type { Contact, Customer } from './person.ts';

/** What a contact's row says of how it came. Groups and layers are decided by it, since 0.1.0 too. */
export const contactSources = { webhook: 'Polar webhook', byHand: 'Added by hand' } as const;

/** Whether the first that is known of a customer is what an import made of Polar's lists. */
export function isImported({ firstEvent }: Pick<Customer, 'firstEvent'>): boolean {
  const id = firstEvent?.webhookId;
  return id !== undefined && isBackfilled(id) && !isLostOrder(id);
}

/**
 * Where a contact came from, in words. Rows of 0.1.0 do not say that an import made them: of these, where the customer is
 * known, whether its first event was made by one.
 */
export function sourceText(
  { source, imported = false }: Pick<Contact, 'source' | 'imported'>,
  customer?: Pick<Customer, 'firstEvent'>,
): string {
  if (source !== contactSources.webhook) return source;
  if (imported) return 'Imported from Polar';
  return customer && isImported(customer) ? `${source}, first event imported` : source;
}
