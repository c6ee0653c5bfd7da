import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Advice } from '#infra/terminal/advice.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Step } from '#shared/audience/workflow.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { eventItem } from '#shared/store/events/event-item.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import {
  customerCreated,
  noonOfCreation,
  startDeadLetters,
} from '#test/support/audience/dead-letters-at-work.ts';
import { clockSetTo } from '#test/support/process/clock-set-to.ts';
import { replaying } from './replaying.ts';

let dead: Awaited<ReturnType<typeof startDeadLetters>>;
let replays: ReturnType<typeof replaying>;
beforeAll(async () => {
  dead = await startDeadLetters({ now: clockSetTo(noonOfCreation) });
  replays = replaying(dead);
  const settings = { ...defaultSettings, postalAddress: 'Example Street 1' };
  await dead.audience.put('Settings', { name: 'settings', ...settings });
  const { workflow } = approvedMail();
  if (workflow) dead.workflows.push(workflow);
});
afterAll(() => dead.stop());
beforeEach(async () => {
  await dead.empty();
  replays.printed.length = 0;
  replays.asked.length = 0;
});

const off = structuredClone(defaultSettings);
off.events['customer.created'].enabled = false;
const switchedOff = { settings: async () => off };

const one = (webhookId: string) => ({ kind: 'one', webhookId }) as const;

/** Does something while this sequence is the only workflow: an email at once or none, and another after a day. */
async function withSequence(isAtOnce: boolean, act: () => Promise<void>): Promise<void> {
  const usual = dead.workflows.splice(0);
  const [workflow] = usual;
  const [send] = workflow?.steps ?? [];
  if (!workflow || send?.kind !== 'send') throw new Error('There is no email to send.');
  const later: Step[] = [
    { id: 'day', kind: 'wait', for: { hours: 24 } },
    { ...send, id: 'later' },
  ];
  const steps: Step[] = isAtOnce ? [send, ...later] : later;
  dead.workflows.push({ ...workflow, workflowId: `sequence-${isAtOnce}`, steps });
  try {
    await act();
  } finally {
    dead.workflows.splice(0, 1, ...usual);
  }
}

async function mails() {
  const messages = await dead.visible(dead.mail.sourceUrl);
  return messages.map(({ Body = '' }) => readMailMessage(Body));
}

describe('the events that are chosen', () => {
  it('come as they came in, over days and shards, each once, and only those that are meant', async () => {
    const start = Date.UTC(2026, 9, 1);
    const record = (n: number): EventRecord => {
      const at = new Date(start + n * 300_000).toISOString();
      const type = n % 2 ? 'order.paid' : 'customer.updated';
      const outcome = n % 5 ? 'applied' : 'skipped';
      const about = { customerId: `c-${n}`, properties: { customerId: `c-${n}` } };
      const facts = { webhookId: `old-${n}`, type, occurredAt: at, receivedAt: at } as const;
      return { ...facts, ...about, outcome, changes: [], settingsVersion: 0 };
    };
    const all = Array.from({ length: 700 }, (_, n) => record(n));
    for (let n = 0; n < all.length; n += 20) {
      const some = all.slice(n, n + 20);
      await Promise.all(some.map((row) => dead.audience.put('Events', eventItem(row, '{}', 90))));
    }
    const until = new Date(start + 650 * 300_000).toISOString();
    const since = new Date(start + 50 * 300_000).toISOString();
    const found = async (more: object) => {
      const sizes: number[] = [];
      const ids: string[] = [];
      for await (const some of replays.parts.events.chosen(
        replays.lately({ since, until, ...more }),
      )) {
        sizes.push(some.length);
        ids.push(...some.map(({ webhookId }) => webhookId));
      }
      return { ids, sizes };
    };
    const meant = all.slice(50, 651);
    const ids = (events: readonly EventRecord[]) => events.map(({ webhookId }) => webhookId);
    expect(await found({})).toEqual({ ids: ids(meant), sizes: [500, 101] });
    expect((await found({ type: 'order.paid', outcome: 'skipped' })).ids).toEqual(
      ids(meant.filter(({ type, outcome }) => type === 'order.paid' && outcome === 'skipped')),
    );
  });
});

describe('npm run replay', () => {
  it('applies what was skipped by the settings of now, asks before, and says what it did', async () => {
    for (const id of ['r-1', 'r-2']) {
      await dead.queueWebhook(`skipped-${id}`, customerCreated(id));
    }
    await dead.work(switchedOff);
    await dead.queueWebhook('applied-r-3', customerCreated('r-3'));
    await dead.work();
    await dead.empty();
    await replays.run({ choice: replays.lately({ outcome: 'skipped' }) });
    expect(replays.asked).toEqual(["Replay 2 events with today's settings? No emails go out."]);
    expect(replays.output()).toContain('2 replays recorded:\n  2 ×  applied');
    expect(replays.output()).toMatch(
      /^ {2}npm run replay -- --since \S+Z --until \S+Z --outcome skipped --run run-1 --local$/m,
    );
    expect(await dead.audience.contact('r-1@example.com')).toMatchObject({ firstName: 'Ann' });
    const record = await replays.recordOf('skipped-r-1');
    expect(record.replays).toMatchObject([
      { replayId: 'run-1', by: 'an engineer', triggers: false, again: false, outcome: 'applied' },
    ]);
    expect(await replays.recordOf('applied-r-3')).not.toHaveProperty('replays');
    expect(await mails()).toEqual([]);
    expect(replays.output()).not.toMatch(/Next:|emails -- list/);
  });

  it('of many points to the emails where some were asked for', async () => {
    for (const id of ['n-1', 'n-2']) await dead.queueWebhook(`next-${id}`, customerCreated(id));
    await dead.work(switchedOff);
    await replays.run({ choice: replays.lately({ outcome: 'skipped' }), triggers: true });
    expect(replays.output()).toMatch(/Next:\n {2}npm run emails -- list --local$/);
  });

  it('of one webhook does not ask; with triggers an email may go, and once more only with again', async () => {
    await dead.queueWebhook('hook-1', customerCreated('c-1'));
    await dead.work({ ...switchedOff });
    await replays.run({ choice: one('hook-1'), triggers: true });
    expect(replays.asked).toEqual([]);
    expect(replays.output()).toContain('1 email requested.');
    expect(replays.output()).toContain('npm run why -- hook-1 --local');
    const [usual] = await mails();
    await replays.run({ choice: one('hook-1'), triggers: true, run: 'run-2' });
    expect((await mails()).map((mail) => mail?.ledgerKey)).toEqual([
      usual?.ledgerKey,
      usual?.ledgerKey,
    ]);
    await replays.run({ choice: one('hook-1'), triggers: true, again: true });
    const keys = new Set((await mails()).map((mail) => mail?.ledgerKey));
    expect(keys.size).toBe(2);
  });

  it('counts the emails that the runs it begins ask for at once', async () => {
    await dead.queueWebhook('run-now', customerCreated('s-1'));
    await dead.work(switchedOff);
    await withSequence(true, async () => {
      await replays.run({ choice: one('run-now'), triggers: true });
      expect(replays.output()).toContain('1 email requested.');
      expect(await mails()).toHaveLength(1);
    });
  });

  it('in another mode is another replay, also under the id of the same run', async () => {
    await dead.queueWebhook('hook-2', customerCreated('c-2'));
    await dead.work();
    await replays.run({ choice: one('hook-2'), run: 'run-1' });
    await replays.run({ choice: one('hook-2'), run: 'run-1', triggers: true });
    const { replays: entries } = await replays.recordOf('hook-2');
    expect(entries).toMatchObject([{ triggers: false }, { triggers: true }]);
  });

  it('does nothing when the person says no, and says so when nothing is meant', async () => {
    await dead.queueWebhook('hook-3', customerCreated('c-3'));
    await dead.work();
    await replays.run({ choice: replays.lately() }, { confirmed: async () => false });
    expect(replays.printed.at(-1)).toBe('Nothing was replayed.');
    expect(await dead.visible(dead.events.sourceUrl)).toEqual([]);
    await expect(replays.run({ choice: one('hook-never') })).rejects.toThrow(
      /^There's no record of webhook hook-never/,
    );
    await expect(
      replays.run({ choice: replays.lately({ type: 'subscription.revoked' }) }),
    ).rejects.toThrow(/^No matching events were received/);
  });

  it('stops waiting when the worker records nothing, and says where to look', async () => {
    await dead.queueWebhook('hook-4', customerCreated('c-4'));
    await dead.work();
    const patience = { patienceMs: 0, sleep: async () => undefined };
    await replays.run({ choice: one('hook-4') }, patience);
    expect(replays.output()).toContain('1 not recorded yet');
    expect(replays.output()).toContain('npm run deadletters -- list --queue events --local');
  });
});

describe('npm run replay -- --dry-run', () => {
  const everything = async () => {
    const tables = ['Contacts', 'Customers', 'Addresses', 'Events', 'Emails', 'Failures'];
    return Promise.all(tables.map((table) => dead.audience.items(table)));
  };

  it('shows field by field what would change, and which email would go, and changes nothing', async () => {
    await dead.queueWebhook('dry-1', customerCreated('d-1'));
    await dead.work(switchedOff);
    await dead.queueWebhook('dry-2', customerCreated('d-2'));
    await dead.work();
    const before = await everything();
    await dead.empty();
    expect(await replays.rehearse({ choice: one('dry-1'), triggers: true })).toBe(true);
    expect(replays.output()).toMatch(/^customer\.created dry-1, 2026-11-01T00:00:00Z, /m);
    expect(replays.output()).toContain(
      '  applied\n    email: nothing → "d***@example.com"\n    firstName: nothing → "Ann"',
    );
    expect(replays.output()).toMatch(/^ {2}workflow welcome \(".*"\): its email would go out\.$/m);
    expect(replays.output()).toContain('1 email would go.');
    expect(replays.output()).toContain('npm run replay -- --webhook dry-1 --triggers --local');
    const found: object[] = [];
    const document = (one: object) => found.push(one);
    await replays.rehearse({ choice: one('dry-1'), triggers: true }, { document });
    expect(found).toMatchObject([
      {
        ...{ isWhole: true, triggers: true },
        counts: { events: 1, changed: 1, emails: 1, outcomes: { applied: 1 } },
        events: [
          {
            ...{ webhookId: 'dry-1', customerId: 'd-1', outcome: 'applied' },
            changes: expect.arrayContaining([
              { field: 'email', from: null, to: 'd***@example.com' },
              { field: 'subscribed', from: null, to: true },
            ]),
            workflows: [{ workflowId: 'welcome', goes: true }],
          },
        ],
      },
    ]);
    expect(await everything()).toEqual(before);
    expect(await dead.visible(dead.events.sourceUrl)).toEqual([]);
  });

  it('says why an email would not go: it was sent, or no workflow looks', async () => {
    await dead.queueWebhook('dry-3', customerCreated('d-3'));
    await dead.work();
    const [mail] = await mails();
    if (!mail) throw new Error('No mail was asked for');
    const ledger = dynamoEmails(
      dead.audience.db,
      dead.audience.tableOf('Emails'),
      dead.audience.now,
    );
    await ledger.reserve(mail, {
      token: 't',
      leaseUntil: '2026-11-23T12:02:00.000Z',
      addressHash: '',
    });
    await ledger.sent(mail.ledgerKey, 't', 'ses-1');
    expect(await replays.rehearse({ choice: one('dry-3'), triggers: true })).toBe(false);
    expect(replays.output()).toContain('no email. Already sent.');
    expect(replays.output()).toContain('0 emails would go.');
    replays.printed.length = 0;
    await replays.rehearse({ choice: one('dry-3') });
    expect(replays.output()).not.toContain('workflow');
    expect(replays.output()).toMatch(/^ {2}unchanged/m);
  });

  it('finds something to do where only a run would begin, whose emails come later', async () => {
    await dead.queueWebhook('run-later', customerCreated('s-2'));
    await dead.work();
    await withSequence(false, async () => {
      expect(await replays.rehearse({ choice: one('run-later'), triggers: true })).toBe(true);
      expect(replays.output()).toContain('0 emails would go. 1 run would start.');
      const found: object[] = [];
      const document = (document: object) => found.push(document);
      await replays.rehearse({ choice: one('run-later'), triggers: true }, { document });
      expect(found).toMatchObject([{ counts: { changed: 0, emails: 0, runs: 1 } }]);
    });
  });

  it('goes over many, counts them, and ends when it is asked to', async () => {
    for (let n = 0; n < 30; n++) await dead.queueWebhook(`many-${n}`, customerCreated(`m-${n}`));
    await dead.work();
    await replays.rehearse({ choice: replays.lately() });
    expect(replays.output()).toMatch(/^\d\d events checked, each on its own\./m);
    replays.printed.length = 0;
    let looks = 0;
    await replays.rehearse({ choice: replays.lately() }, { isStopped: () => looks++ > 0 });
    expect(replays.output()).toContain('Interrupted.');
    expect(replays.output()).toContain('8 events checked');
    await expect(replays.rehearse({ choice: one('hook-never') })).rejects.toThrow(Advice);
  });
});
