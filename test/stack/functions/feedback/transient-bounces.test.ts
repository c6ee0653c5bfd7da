import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liftBounce } from '#shared/audience/by-hand/acts-by-hand.ts';
import { contactSchema } from '#shared/audience/person/person.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { startFeedback } from './feedback-at-work.ts';
import { bounce, delivery } from './ses-notification.ts';

let work: Awaited<ReturnType<typeof startFeedback>>;
beforeAll(async () => {
  work = await startFeedback();
});
afterAll(() => work.stop());

const dayMs = 86_400_000;
const sentOn = (day: number) => new Date(Date.UTC(2026, 10, day, 9, 0, 5)).toISOString();
const bouncedOn = (day: number) => new Date(Date.parse(sentOn(day)) + dayMs / 2).toISOString();

/** A contact with an email for each of these days, and how SES names each of them. */
async function mailedOn(...days: number[]) {
  const { email, id, mail } = await work.mailed();
  const mails: { ledgerKey: string; to: string; messageId: string; timestamp: string }[] = [];
  for (const [at, day] of days.entries()) {
    const { ledgerKey } = at === 0 ? mail : await work.mailedAgain(email);
    mails.push({ ledgerKey, to: mail.to, messageId: `ses-${ledgerKey}`, timestamp: sentOn(day) });
  }
  return { email, id, mails };
}

type Mail = Awaited<ReturnType<typeof mailedOn>>['mails'][number];

const bounceOf = (mail: Mail) =>
  bounce(mail, 'Transient', { at: new Date(Date.parse(mail.timestamp) + dayMs / 2).toISOString() });

describe('what SES said of one address that does not exist', () => {
  const { messages } = JSON.parse(
    readFileSync(
      new URL('../../../fixtures/inputs/12-transient-bounces-for-ever.json', import.meta.url),
      'utf8',
    ),
  );
  const said = (kind: (typeof messages)[number], { ledgerKey, to, messageId, timestamp }: Mail) =>
    JSON.stringify({
      ...kind,
      mail: {
        ...kind.mail,
        messageId,
        timestamp,
        destination: [to],
        tags: { ledgerKey: [ledgerKey] },
      },
      bounce: {
        ...kind.bounce,
        bouncedRecipients: [{ ...kind.bounce.bouncedRecipients[0], emailAddress: to }],
      },
    });

  it.each([
    ['5.4.4', 1],
    ['5.1.1', 1],
    ['4.4.7', 5],
  ])('with the status %s counts with bounce %i, not before, and shows', async (status, needed) => {
    const kind = messages.find(
      (one: (typeof messages)[number]) => one.bounce.bouncedRecipients[0].status === status,
    );
    const { email, mails } = await mailedOn(1, 2, 3, 4, 5);
    for (const mail of mails.slice(0, needed - 1)) await work.hear([said(kind, mail)]);
    expect(await work.reasons(email)).toEqual([]);
    expect(await work.contact(email)).toMatchObject({ subscribed: true });
    for (const mail of mails.slice(needed - 1)) await work.hear([said(kind, mail)]);
    expect(await work.reasons(email)).toEqual(['bounced']);
    expect(await work.contact(email)).toMatchObject({ subscribed: false });
  });
});

describe('five transient bounces in a row', () => {
  it('suppress the address from the first of them on, and say by whom', async () => {
    const { email, mails } = await mailedOn(1, 2, 3, 4, 5);
    await work.hear(mails.map(bounceOf));
    expect(await work.item('Suppressions', { addressHash: work.hash(email) })).toMatchObject({
      reasons: {
        bounced: { at: bouncedOn(1), by: 'SES, the first of five transient bounces in a row' },
      },
    });
  });

  it('count however late and in whatever order SES tells of them', async () => {
    const { email, mails } = await mailedOn(1, 2, 3, 4, 5);
    const [first, ...others] = mails.map(bounceOf);
    await work.hear(others.toReversed());
    expect(await work.reasons(email)).toEqual([]);
    await work.hear([first ?? '']);
    expect(await work.reasons(email)).toEqual(['bounced']);
  });

  it('are five emails, not five notifications of fewer', async () => {
    const { email, mails } = await mailedOn(1, 2, 3, 4);
    const bodies = mails.map(bounceOf);
    await work.hear([...bodies, ...bodies, ...bodies]);
    expect(await work.reasons(email)).toEqual([]);
  });

  it('do not count with a delivery in between, also where that is told first', async () => {
    const { email, mails } = await mailedOn(1, 2, 3, 4, 5, 6);
    const [one, two, three, four, five, six] = mails;
    if (!(one && two && three && four && five && six)) throw new Error('Six emails were made.');
    await work.hear([delivery(three, sentOn(3))]);
    await work.hear([one, two, four, five, six].map(bounceOf));
    expect(await work.reasons(email)).toEqual([]);
  });

  it('count for the address that they came from, and not for the one the contact has now', async () => {
    const { email, id, mails } = await mailedOn(1, 2, 3, 4);
    await work.hear(mails.map(bounceOf));
    const next = `next-${email}`;
    await work.tell('customer.updated', id, { minute: 2, email: next });
    const { ledgerKey } = await work.mailedAgain(next);
    const mail = { ledgerKey, to: next, messageId: 'ses-next', timestamp: sentOn(5) };
    await work.hear([bounceOf(mail)]);
    expect([await work.reasons(email), await work.reasons(next)]).toEqual([[], []]);
  });

  it('do not count where they say something of the emails', async () => {
    const { email, mails } = await mailedOn(1, 2, 3, 4, 5);
    const bounceSubType = 'MessageTooLarge';
    await work.hear(mails.map((mail) => bounce(mail, 'Transient', { bounceSubType })));
    expect(await work.reasons(email)).toEqual([]);
  });

  it('begin again once a person has lifted the bounce', async () => {
    const { email, mails } = await mailedOn(1, 2, 3, 4, 5, 6);
    await work.hear(mails.slice(0, 5).map(bounceOf));
    expect(await work.reasons(email)).toEqual(['bounced']);
    const means = {
      store: work.store,
      surroundings: { settings: defaultSettings, now: new Date(sentOn(6)), newId: work.newId },
      pause: () => setTimeout(1),
    };
    const contact = contactSchema.parse(await work.contact(email));
    await liftBounce({ ...contact, at: sentOn(6), by: 'Ann' }, means);
    expect(await work.reasons(email)).toEqual([]);
    await work.hear(mails.slice(5).map(bounceOf));
    expect(await work.reasons(email)).toEqual([]);
  });
});

it('keeps no address beside the counted bounces', async () => {
  expect(JSON.stringify(await work.items('Suppressions'))).not.toMatch(/@/);
});
