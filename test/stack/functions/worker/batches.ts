import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import type { Webhook } from '#test/support/audience/worker-by-batches.ts';
import { created, deleted, told, updated } from '#test/support/polar/told.ts';

const anonymised = {
  ...{ email: 'b5d4@anonymized.polar.sh', name: 'b5d4' },
  metadata: { __anonymized_at: '2026-11-23T09:00:00.000Z' },
};
const deleting = { ...defaultSettings, customerDeleted: 'delete' } as const;
const [name, twice] = [updated('ann', 3, { name: 'Ann Berg' }), updated('ann', 4)];

type Case = Readonly<{
  title: string;
  batches: readonly (readonly Webhook[])[];
  /** Of each write, how many later events it holds. */
  along: readonly number[];
  settings?: Settings;
}>;

export const cases: readonly Case[] = [
  {
    title: 'names that come and go',
    batches: [
      [created('ann', 0)],
      ['Ann Berg', 'Ida Berg Lindqvist', 'Ann', 'Ann Lee Berg', 'Ida'].map((one, n) =>
        updated('ann', n + 1, { name: one }),
      ),
    ],
    along: [0, 4],
  },
  {
    title: 'a name that changes and changes back',
    batches: [[created('ann', 0)], [updated('ann', 1, { name: 'Ida Berg' }), updated('ann', 2)]],
    along: [0, 1],
  },
  {
    title: 'addresses that change and change back',
    batches: [
      [
        created('ann', 0),
        updated('ann', 1, { email: 'lee@example.com' }),
        updated('ann', 2, { email: 'berg@shop.example' }),
        updated('ann', 3),
        updated('ann', 4, { email: 'Lee@Example.com' }),
      ],
    ],
    along: [4],
  },
  {
    title: 'news that come in disorder',
    batches: [
      [
        updated('ann', 5, { email: 'new@example.com', name: 'New Name' }),
        updated('ann', 2, { email: 'old@example.com', name: 'Old Name' }),
        created('ann', 0),
        updated('ann', 4, { name: 'Middle Name' }),
      ],
    ],
    along: [3],
  },
  {
    title: 'a customer who comes to the address of another, and leaves it',
    batches: [
      [created('ann', 0), updated('ann', 1)],
      [
        created('bob', 2),
        updated('bob', 3, { email: 'ann@example.com' }),
        updated('bob', 4, { name: 'Ann Bob' }),
        updated('bob', 5),
      ],
    ],
    along: [1, 3],
  },
  {
    title: 'two customers who become one contact',
    batches: [
      [created('ann', 0), told('order.paid', 'ann', 1)],
      [deleted('ann', 2)],
      [
        created('bob', 3, { email: 'ann@example.com' }),
        updated('bob', 4, { email: 'ann@example.com', name: 'Bob' }),
        told('order.paid', 'bob', 5, { email: 'ann@example.com' }),
      ],
    ],
    along: [1, 0, 2],
  },
  {
    title: 'a deletion, and news from before it',
    batches: [
      [created('ann', 0), deleted('ann', 3), updated('ann', 1, { name: 'Ida' }), created('ann', 0)],
    ],
    along: [0, 2],
    settings: deleting,
  },
  {
    title: 'a deletion that comes first',
    batches: [[deleted('ann', 3), created('ann', 0), updated('ann', 1, { name: 'Ida' })]],
    along: [2],
  },
  {
    title: 'a deletion with anonymization, told twice',
    batches: [
      [
        created('ann', 0),
        updated('ann', 1, { email: 'lee@example.com' }),
        deleted('ann', 2, anonymised),
        deleted('ann', 2, anonymised),
        updated('ann', 1),
      ],
    ],
    along: [1, 0, 0, 0],
  },
  {
    title: 'an erasure, and news that come after it',
    batches: [
      [created('ann', 0)],
      [deleted('ann', 2, anonymised), updated('ann', 1), told('order.paid', 'ann', 1)],
    ],
    along: [0, 0, 0, 0],
  },
  {
    title: 'a change to anonymous facts, told twice',
    batches: [
      [
        created('ann', 0),
        updated('ann', 2, { ...anonymised, deleted_at: null }),
        updated('ann', 2, { ...anonymised, deleted_at: null }),
      ],
    ],
    along: [2],
  },
  {
    title: 'a webhook that comes twice',
    batches: [[created('ann', 0), updated('ann', 2), name, name, name, twice, name]],
    along: [2, 0],
  },
  {
    title: 'a webhook that came in an earlier batch',
    batches: [
      [created('ann', 0), name],
      [updated('ann', 5, { name: 'Ida' }), name, updated('ann', 6)],
    ],
    along: [1, 0, 0],
  },
  {
    title: 'several events that ask for emails',
    batches: [
      [
        created('ann', 0),
        told('order.paid', 'ann', 1),
        told('order.paid', 'ann', 2),
        told('order.refunded', 'ann', 3),
        updated('ann', 4, { name: 'Ida' }),
      ],
    ],
    along: [4],
  },
];
