import { expect, it } from 'vitest';
import { mailSituation } from '#functions/mailer/situation.ts';
import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { audienceStory } from '#test/support/audience/audience-story.ts';

it('finds the contact of a customer who moves to another address between two reads', async () => {
  const story = audienceStory();
  await story.tell('customer.created', 'ann', { minute: 1, email: 'ann@example.com' });
  let hasMoved = false;
  const load: AudienceStore['load'] = async (keys) => {
    if (!hasMoved && keys.some(({ kind }) => kind === 'contacts')) {
      hasMoved = true;
      await story.tell('customer.updated', 'ann', { minute: 2, email: 'ann@new.example' });
    }
    return story.store.load(keys);
  };
  const known = mailSituation({
    recorded: async () => undefined,
    store: { ...story.store, load },
    workflows: { all: async () => [], find: async () => undefined },
    settings: async () => defaultSettings,
  });
  const names = { ledgerKey: 'key', workflowId: 'receipt', workflowVersion: 1 };
  const { contact } = await known({ ...names, webhookId: 'evt-1', customerId: 'ann' });
  expect(contact).toMatchObject({ customerId: 'ann', address: 'ann@new.example' });
});
