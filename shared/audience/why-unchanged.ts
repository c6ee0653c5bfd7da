import type { EventRecord } from './event-record.ts';

/** A sentence in two parts, around the address that it is about. */
type Sentence = Readonly<{
  before: string;
  /** What it says where no address is known; absent: it is about none. */
  whom?: 'The contact' | 'the contact';
  after: string;
}>;

/** Why an event changed nothing. `fieldName`: what the reader calls a field. */
export function whyUnchanged(
  { type, reason, keptByHand = [] }: Pick<EventRecord, 'type' | 'reason' | 'keptByHand'>,
  fieldName: (field: string) => string,
): Sentence {
  if (reason !== undefined) return { before: reason, after: '' };
  if (keptByHand.length > 0) {
    const fields = keptByHand.map(fieldName).join(' and ');
    return { before: `Changed nothing: people set ${fields} by hand.`, after: '' };
  }
  if (type === 'customer.created') {
    return {
      before: '',
      whom: 'The contact',
      after: ' was already here: an earlier event added it.',
    };
  }
  const news = type.startsWith('subscription.') ? 'It’s about a subscription. ' : '';
  return {
    before: `${news}What it says about `,
    whom: 'the contact',
    after: ' was already known.',
  };
}
