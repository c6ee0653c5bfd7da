import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clock } from '#functions/clock/clock.ts';
import { deliver } from '#functions/mailer/deliver.ts';
import { dynamoDueEmails } from '#shared/store/mail/due-emails.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { noRuns } from '#test/support/audience/no-runs.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { ledgerAtWork, now } from './ledger-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let work: Awaited<ReturnType<typeof ledgerAtWork>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  work = await ledgerAtWork(dynamo.client);
});

const mail = (ledgerKey: string) => ({
  ...{ ledgerKey, workflowId: 'welcome', workflowVersion: 1 },
  ...{ webhookId: 'evt-1', customerId: 'c1', contactId: 'contact-1' },
});

/** One minute of the clock, and the mailer works off what it asked for. */
async function minute(then = now) {
  const silent = () => {};
  await clock({
    emails: dynamoDueEmails(work.db, work.table),
    ...noRuns,
    isReleased: async () => (await work.hold.read())?.isOn === false,
    queue: async (messages) => void work.queued.push(...messages),
    mostEmails: 60,
    now: then,
    log: { info: silent, warn: silent, error: silent },
  })({}, { getRemainingTimeInMillis: () => 60_000 });
  await work.deliverQueued();
}

describe('npm run emails -- hold and release', () => {
  it('hold all mail with the reason, and send it once when it is released', async () => {
    const sesWaits = await work.emailIn('waiting');
    await work.does().hold('wrong prices');
    expect(await work.hold.read()).toMatchObject({
      isOn: true,
      by: 'grace',
      at: '2026-11-23T12:00:00.000Z',
    });
    expect(work.output()).toContain('npm run emails -- release');
    // Delivered twice, as SQS may.
    work.queued.push(mail('key-1'), mail('key-2'), mail('key-1'));
    await work.deliverQueued();
    for (let n = 0; n < 3; n++) await minute();
    expect(work.sent).toEqual([]);
    expect(work.queued).toEqual([]);
    for (const ledgerKey of ['key-1', 'key-2', sesWaits.ledgerKey]) {
      const row = await work.ledger.find(ledgerKey);
      expect(row).toMatchObject({ state: 'waiting', reason: 'All mail is held: wrong prices' });
      // The two days after which what SES refuses has failed begin again.
      expect(row).not.toHaveProperty('waitingSince');
    }
    await work.does().show('key-1');
    expect(work.output()).toMatch(/^state +held\nreason +All mail is held: wrong prices$/m);
    expect(work.output()).toContain('It goes out once mail is released.');
    await work.does().list({ state: 'waiting' }, 50);
    expect(work.output()).toMatch(/ held +welcome .*key-1 +All mail is held: wrong prices$/m);
    let told: object = {};
    await work.does({ document: (one) => (told = one) }).show('key-1');
    expect(told).toMatchObject({ state: 'waiting', heldSince: expect.any(String) });

    await work.does().release();
    expect(work.output()).toMatch(
      /3 held emails are checked and sent once, within a minute, or longer/,
    );
    for (let n = 0; n < 3; n++) await minute();
    expect(work.sent.sort()).toEqual(['key-1', 'key-2', sesWaits.ledgerKey].sort());
    const row = await work.ledger.find('key-1');
    expect(row).toMatchObject({ state: 'sent' });
    expect(row).not.toHaveProperty('heldSince');
  });

  it('say that more are held than were counted', async () => {
    await work.does().hold('wrong prices');
    work.queued.push(mail('key-1'), mail('key-2'));
    await work.deliverQueued();
    expect(await work.countHeld()).toEqual({ count: 2, isMore: false });
    const cut = await work.countHeld({ mostOfShard: 1 });
    expect(cut.isMore).toBe(true);
    await work.does({ countHeld: async () => cut }).release();
    expect(work.output()).toContain(`More than ${cut.count} held emails are checked and sent once`);
  });

  it('keep what is held apart from what SES puts off', async () => {
    const { ledgerKey: putOff } = await work.emailIn('waiting');
    await work.does().hold('wrong prices');
    work.queued.push(mail('key-1'));
    await work.deliverQueued();
    const keysIn = async (state: 'held' | 'waiting', workflowId?: string) =>
      (await work.admin.list({ state, workflowId }, 50)).map(({ ledgerKey }) => ledgerKey).sort();
    expect(await keysIn('held')).toEqual(['key-1']);
    expect(await keysIn('held', 'welcome')).toEqual(['key-1']);
    expect(await keysIn('waiting')).toEqual([putOff, 'key-1'].sort());
  });

  it('send what was held right after the release, too', async () => {
    await work.does().hold('wrong prices');
    await work.does().release();
    // This mailer has not noticed yet.
    const hold = async () => ({ isOn: true, reason: 'wrong prices', by: 'grace', at: '' });
    await deliver(mail('key-late'), { ...work.parts, hold });
    expect(work.sent).toEqual([]);
    await minute();
    expect(work.sent).toEqual(['key-late']);
  });

  it('can follow each other, and change nothing where they find it done', async () => {
    await expect(work.does().release()).rejects.toThrow(/^Mail isn't held\./);
    await work.does().hold('wrong prices');
    await expect(work.does().hold('other')).rejects.toThrow(
      'All mail has been on hold since 2026-11-23T12:00:00Z (by grace): wrong prices. Nothing was changed.',
    );
    work.queued.push(mail('key-1'));
    await work.deliverQueued();
    await work.does().release();
    await work.does().hold('a second time');
    await minute();
    expect(await work.ledger.find('key-1')).toMatchObject({ state: 'waiting' });
    await work.does().release();
    await minute();
    expect(work.sent).toEqual(['key-1']);
  });

  it.each([
    [71, 'sent'],
    [73, 'blocked'],
  ] as const)('what is %i hours old at the release ends as %s', async (hours, state) => {
    const then = new Date(now().getTime() + hours * 3_600_000);
    await work.does().hold('wrong prices');
    work.queued.push(mail('key-1'));
    await work.deliverQueued();
    await work.does().release();
    const known = async () => approvedMail(now());
    await deliver(mail('key-1'), { ...work.parts, known, now: () => then });
    expect(await work.ledger.find('key-1')).toMatchObject({ state });
  });

  it('leaves no word of the hold on an email that was blocked after it', async () => {
    await work.does().hold('wrong prices');
    work.queued.push(mail('key-1'));
    await work.deliverQueued();
    await work.ledger.block(mail('key-1'), 'The workflow is paused.');
    await work.does().release();
    await work.does().sendAgain('key-1');
    const then = new Date(now().getTime() + 100 * 3_600_000);
    const known = async () => approvedMail(now());
    await deliver(mail('key-1'), { ...work.parts, known, now: () => then });
    expect(work.sent).toEqual(['key-1']);
  });
});
