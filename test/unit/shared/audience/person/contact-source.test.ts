import { describe, expect, it } from 'vitest';
import { contactSources, sourceText } from '#shared/audience/person/person.ts';
import { audienceStory } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann Smith' };
const imported = { webhookId: 'backfill-1' };

describe('the source of a contact', () => {
  it.each([
    ['a webhook', 'Polar webhook', {}],
    ['an import', 'Imported from Polar', imported],
  ] as const)('says that %s made it', async (_, source, by) => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...by, ...ann });
    expect(story.contact(ann.email)?.source).toBe(source);
  });

  it('stays when the other one tells of the customer later', async () => {
    const story = audienceStory();
    await story.tell('order.paid', 'c1', { minute: 5, ...ann });
    await story.tell('customer.updated', 'c1', { minute: 2, ...imported, ...ann, name: 'Ann Lee' });
    expect(story.contact(ann.email)).toMatchObject({ source: 'Polar webhook' });

    await story.tell('customer.created', 'c2', {
      minute: 1,
      webhookId: 'backfill-2',
      email: 'b@example.com',
    });
    await story.tell('customer.updated', 'c2', { minute: 9, email: 'c@example.com' });
    expect(story.contact('c@example.com')).toMatchObject({ source: 'Imported from Polar' });
  });

  it.each([
    ['an imported one that says webhook, as 0.1.0 wrote it', 'webhook', 'backfill-1'],
    ['one by a webhook', 'webhook', 'msg_1'],
    ['an imported one', 'imported', 'backfill-1'],
    ['one that a person added', 'byHand', 'backfill-1'],
  ] as const)('is told in words of %s', (_, source, webhookId) => {
    const firstEvent = { occurredAt: '2026-01-01T00:00:00.000Z', webhookId, group: null };
    const isDoubtful = source === 'webhook' && webhookId === 'backfill-1';
    expect(sourceText({ source: contactSources[source] }, { firstEvent })).toBe(
      `${contactSources[source]}${isDoubtful ? ', first event imported' : ''}`,
    );
  });
});
