import { expect, it } from 'vitest';
import { previews } from '#functions/console/workflows/preview.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { EventsOfDay } from '#shared/store/events/event-log.ts';

const written = {
  name: 'Receipt',
  trigger: { event: 'order.paid', conditions: [] },
  frequency: 'once-per-order',
  maxAgeHours: 72,
  email: { kind: 'transactional', subject: 'Receipt', preheader: '', body: 'Thank you.' },
};

/** The days on which the preview looks for an event to show, where none of them has one. */
async function daysSearched(page: Pick<EventsOfDay, 'isCutShort' | 'next'>): Promise<string[]> {
  const days: string[] = [];
  const preview = previews({
    events: {
      ofDay: async (day) => {
        days.push(day);
        return { day, items: [], ...page };
      },
      find: async () => undefined,
    },
    counts: { days: async () => [] },
    store: {
      load: async () => {
        throw new Error('No event is there to load anybody for.');
      },
    },
    hasSender: true,
    contactOf: async () => {
      throw new Error('No event is there to show anybody of.');
    },
    unsubscribeUrl: 'https://example.com/unsubscribe',
    now: () => new Date('2026-11-14T12:00:00Z'),
  });
  const { email, example } = await preview({
    written,
    workflow: undefined,
    settings: defaultSettings,
    brand: {},
    portal: undefined,
    example: undefined,
  });
  expect(example).toBe('made-up');
  expect(email.kind).not.toBe('nothing');
  return days;
}

it('looks for an event on four days where nothing was counted', async () => {
  const days = await daysSearched({ isCutShort: false, next: undefined });
  expect(days).toEqual(['2026-11-14', '2026-11-13', '2026-11-12', '2026-11-11']);
});

it('searches no further than a day with so many other events that its end was not reached', async () => {
  const days = await daysSearched({ isCutShort: true, next: {} });
  expect(days).toEqual(['2026-11-14']);
});
