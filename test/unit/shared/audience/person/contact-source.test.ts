import { describe, expect, it } from 'vitest';
import { contactCsvLines } from '#shared/audience/person/contact-csv.ts';
import { sourceText } from '#shared/audience/person/contact-source.ts';
import { audienceStory } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann Smith' };
const backfilled = { webhookId: 'backfill-1' };
const wordsOf = (story: ReturnType<typeof audienceStory>, email: string) => {
  const contact = story.contact(email);
  return contact && sourceText(contact);
};

describe('the source of a contact', () => {
  it.each([
    ['a webhook', 'Polar webhook', {}],
    ['an import', 'Imported from Polar', backfilled],
    ['a lost order', 'Polar webhook', { webhookId: 'backfill-order-1' }],
  ] as const)('says that %s made it', async (_, words, by) => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...by, ...ann });
    expect(wordsOf(story, ann.email)).toBe(words);
  });

  it('keeps what 0.1.0 decides by, whoever made it', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...backfilled, ...ann });
    expect(story.contact(ann.email)).toMatchObject({ source: 'Polar webhook', imported: true });
  });

  it('stays when the other one tells of the customer later', async () => {
    const story = audienceStory();
    await story.tell('order.paid', 'c1', { minute: 5, ...ann });
    await story.tell('customer.updated', 'c1', {
      minute: 2,
      ...backfilled,
      ...ann,
      name: 'Ann Lee',
    });
    expect(wordsOf(story, ann.email)).toBe('Polar webhook');

    const bob = { minute: 1, webhookId: 'backfill-2', email: 'b@example.com' };
    await story.tell('customer.created', 'c2', bob);
    await story.tell('customer.updated', 'c2', { minute: 9, email: 'c@example.com' });
    expect(wordsOf(story, 'c@example.com')).toBe('Imported from Polar');
  });

  it.each([
    ['Polar webhook', undefined, 'backfill-1', 'Polar webhook, first event imported'],
    ['Polar webhook', undefined, 'msg_1', 'Polar webhook'],
    ['Polar webhook', true, 'backfill-1', 'Imported from Polar'],
    ['Added by hand', undefined, 'backfill-1', 'Added by hand'],
    ['Added by hand', true, 'backfill-1', 'Added by hand'],
  ] as const)(
    'of a row that says %s, imported: %s, first event %s, is %s',
    (source, imported, webhookId, words) => {
      const firstEvent = { occurredAt: '2026-01-01T00:00:00.000Z', webhookId, group: null };
      expect(sourceText({ source, imported }, { firstEvent })).toBe(words);
    },
  );

  it('is the same in a file of contacts', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...backfilled, ...ann });
    const contact = story.contact(ann.email);
    expect(contact && contactCsvLines([contact])).toContain('"Imported from Polar"');
  });
});
