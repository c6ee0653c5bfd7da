import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { acceptEmails } from '#shared/polar/connection/switch-emails.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { startWatch } from './watch-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: Awaited<ReturnType<typeof startWatch>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startWatch(dynamo.client);
  onTestFinished(() => at.stop());
});

const endpoint = () => {
  const [one] = at.polar.endpoints;
  if (!one) throw new Error('There is no endpoint.');
  return one;
};
/** What pages show of the last look. */
const gapNoted = async () => (await at.connections.read())?.gap;
const findingsNoted = async () => (await at.connections.read())?.lastLook?.findings;
const well = (findings = 0) => [expect.objectContaining({ result: 'asked', findings })];

describe('while Polar is not connected', () => {
  it('watch says so and asks Polar nothing', async () => {
    expect(await at.look()).toEqual({
      found: [],
      ran: [expect.objectContaining({ level: 'INFO', result: 'not-connected' })],
    });
    expect(at.polar.requests).toEqual([]);
  });

  it('nothing is found after a person disconnected either', async () => {
    const connection = await at.connect();
    endpoint().enabled = false;
    await at.connections.remove(connection);
    expect((await at.look()).found).toEqual([]);
  });
});

describe('the endpoint', () => {
  beforeEach(() => at.connect());

  it('is well when Polar sends our events to us with our secret', async () => {
    expect(await at.look()).toEqual({ found: [], ran: well() });
    expect(await findingsNoted()).toEqual([]);
  });

  it('is well with an event that is switched on, and with one more than that', async () => {
    await at.db.send(
      new PutCommand({
        TableName: at.table,
        Item: { name: 'settings', events: { 'order.refunded': { enabled: true } } },
      }),
    );
    expect((await at.look()).found).toEqual([['changed', 'events']]);
    endpoint().events.push('order.refunded');
    expect((await at.look()).found).toEqual([]);
    endpoint().events.push('subscription.updated');
    expect((await at.look()).found).toEqual([]);
  });

  it.each([
    ['disabled', 'disabled', () => Object.assign(endpoint(), { enabled: false })],
    ['changed', 'url', () => Object.assign(endpoint(), { url: 'https://elsewhere.example/x' })],
    ['changed', 'events', () => endpoint().events.splice(0, 1)],
    ['changed', 'api-version', () => Object.assign(endpoint(), { api_version: '2027-01' })],
    ['changed', 'format', () => Object.assign(endpoint(), { format: 'slack' })],
    ['changed', 'secret', () => Object.assign(endpoint(), { secret: 'whsec_b3RoZXI=' })],
    ['disabled', 'missing', () => at.polar.endpoints.splice(0, 1)],
  ])(
    'is found %s when Polar shows %s, look after look, until it is mended',
    async (finding, detail, change) => {
      const before = { ...endpoint(), events: [...endpoint().events] };
      change();
      const expected = { found: [[finding, detail]], ran: well(1) };
      expect(await at.look()).toEqual(expected);
      expect(await at.look()).toEqual(expected);
      expect(await findingsNoted()).toEqual([finding]);
      at.polar.endpoints.splice(0, 1, before);
      expect((await at.look()).found).toEqual([]);
      expect(await findingsNoted()).toEqual([]);
    },
  );

  it.each([
    ['disabled', () => Object.assign(endpoint(), { enabled: false })],
    ['missing', () => at.polar.endpoints.splice(0, 1)],
  ])('leaves a gap when it was %s, although somebody mends it in Polar', async (_, change) => {
    at.pass(15);
    await at.look();
    const seenAt = new Date().toISOString();
    at.pass(15);
    await at.deliver();
    const before = { ...endpoint() };
    change();
    await at.look();
    expect(await gapNoted()).toEqual({ since: seenAt, known: 'look' });
    at.polar.endpoints.splice(0, 1, before);
    at.pass(15);
    await at.look();
    change();
    await at.look();
    expect(await gapNoted()).toEqual({ since: seenAt, known: 'look' });
  });

  it('leaves no gap where it is changed only', async () => {
    Object.assign(endpoint(), { format: 'slack' });
    await at.look();
    expect(await gapNoted()).toBeUndefined();
  });

  it('may send more than our events', async () => {
    endpoint().events.push('checkout.created');
    expect((await at.look()).found).toEqual([]);
  });
});

describe("Polar's own mails", () => {
  const organizationId = () => at.polar.organizations[0]?.id ?? '';
  const inPolar = (changes: Readonly<Record<string, boolean>>) =>
    void at.polar.state.emailSettings.set(organizationId(), changes);

  it('are found changed, look after look, until a person has taken them as they are', async () => {
    const connection = await at.connect();
    expect((await at.look()).found).toEqual([]);
    inPolar({ subscription_cycled: false, order_shipped: true });
    const detail = 'subscription_cycled on to off, order_shipped unknown to on';
    expect(await at.look()).toEqual({ found: [['emails-changed', detail]], ran: well(1) });
    expect((await at.look()).found).toEqual([['emails-changed', detail]]);
    await acceptEmails(at.parts(), connection);
    expect((await at.look()).found).toEqual([]);
  });

  it('are found changed no more once they are as before', async () => {
    await at.connect();
    inPolar({ order_confirmation: false });
    expect((await at.look()).found).toHaveLength(1);
    inPolar({ order_confirmation: true });
    expect((await at.look()).found).toEqual([]);
  });

  it('are noted at the first look at a connection of version 0.1.0', async () => {
    const { emails: _, ...old } = await at.connect();
    await at.db.send(new PutCommand({ TableName: at.table, Item: { name: 'connection', ...old } }));
    inPolar({ order_confirmation: false });
    expect((await at.look()).found).toEqual([]);
    const noted = await at.connections.read();
    expect(noted).toMatchObject({ ...old, emails: { switches: { order_confirmation: false } } });
    inPolar({ order_confirmation: true });
    expect((await at.look()).found).toEqual([['emails-changed', 'order_confirmation off to on']]);
  });

  it('are not missed when Polar does not tell them: the rest is looked at', async () => {
    await at.connect();
    at.polar.state.organizations = [];
    expect(await at.look()).toEqual({ found: [], ran: well() });
    expect(at.lines.join()).toContain("watch did not see Polar's own mails");
  });
});

describe('a previous webhook secret', () => {
  const [current, previous] = [
    'polar_whs_the-one-that-counts-now',
    'polar_whs_the-one-before-it-1',
  ];
  const put = (document: object) => at.values.put('WebhookSecret', JSON.stringify(document));
  const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

  it('gets an end an hour ahead where a person left it out, connected or not', async () => {
    await put({ current, previous });
    await at.look();
    const ending = { current, previous, previousUntil: inAnHour() };
    expect(at.webhookSecret()).toEqual(ending);
    at.pass(15);
    await at.look();
    expect(at.webhookSecret()).toEqual(ending);
    expect(at.lines.join()).not.toContain('polar_whs_');
  });

  it('has no end while Polar signs with it, and gets one once Polar signs with the current one', async () => {
    await at.connect();
    const [endpoint] = at.polar.endpoints;
    await put({ current, previous: endpoint?.secret });
    await at.look();
    expect(at.webhookSecret()).toEqual({ current, previous: endpoint?.secret });
    Object.assign(endpoint ?? {}, { secret: current });
    await at.look();
    expect(at.webhookSecret()).toMatchObject({ previousUntil: inAnHour() });
  });

  it('gets another end where nobody can read the one it has', async () => {
    await put({ current, previous, previousUntil: 'tomorrow' });
    await at.look();
    expect(at.webhookSecret()).toMatchObject({ previousUntil: inAnHour() });
  });

  it.each([
    ['it is the only one', { current: '', previous }],
    ['there is none', { current, previous: '' }],
    ['it has an end', { current, previous, previousUntil: '2026-01-01T00:00:00Z' }],
    ['the current one is still to be filled in', { current: 'polar_whs_or_whsec_…', previous }],
  ])('is left as it is where %s', async (_, document) => {
    await put(document);
    await at.look();
    expect(at.webhookSecret()).toEqual(document);
  });

  it('waits for the next look while somebody changes the connection', async () => {
    await put({ current, previous });
    await at.parts().inTurn(() => at.look());
    expect(at.webhookSecret()).toEqual({ current, previous });
    await at.look();
    expect(at.webhookSecret()).toMatchObject({ previousUntil: inAnHour() });
  });
});

describe('deliveries that fail', () => {
  beforeEach(() => at.connect());

  it('ring at three in a row, and no more once one gets through', async () => {
    await at.fail();
    await at.fail();
    expect((await at.look()).found).toEqual([['given-up', '2']]);
    await at.fail();
    expect(await at.look()).toMatchObject({
      found: [
        ['failing', '3 in a row, 3 of the last ten'],
        ['given-up', '3'],
      ],
      ran: [{ failedInARow: 3, failedOfTen: 3 }],
    });
    const id = await at.deliver();
    await at.record(id);
    expect(await at.look()).toMatchObject({
      found: [['given-up', '3']],
      ran: [{ failedInARow: 0, failedOfTen: 3 }],
    });
  });

  it('ring at five of the last ten that are over, in whatever order', async () => {
    for (let event = 0; event < 5; event += 1) {
      await at.fail();
      await at.deliver();
    }
    const found = [
      ['failing', '0 in a row, 5 of the last ten'],
      ['given-up', '5'],
    ];
    expect(await at.look()).toMatchObject({ found, ran: [{ failedOfTen: 5 }] });
    await at.deliver();
    await at.deliver();
    expect(await at.look()).toMatchObject({ ran: [{ failedOfTen: 4 }] });
  });

  it('ring before Polar disables the endpoint', async () => {
    const seen: string[][] = [];
    for (let event = 0; event < 10; event += 1) {
      await at.fail();
      seen.push((await at.look()).found.map(([finding]) => finding));
    }
    const first = (finding: string) => seen.findIndex((found) => found.includes(finding));
    expect(first('failing')).toBe(2);
    expect(first('disabled')).toBe(9);
  });

  it('count once for each event, and not while Polar is still trying', async () => {
    await at.fail({ attempts: 5, isStillTrying: true });
    await at.fail({ attempts: 10 });
    expect(await at.look()).toMatchObject({
      found: [['given-up', '1']],
      ran: [{ failedInARow: 1, failedEvents: 2 }],
    });
  });

  it('ring where Polar was still trying when the endpoint was disabled: it does not go on by itself', async () => {
    const id = await at.fail({ attempts: 2, isStillTrying: true });
    Object.assign(at.polar.state.events.find((one) => one.id === id) ?? {}, { skipped: true });
    expect((await at.look()).found).toEqual([['given-up', '1']]);
  });

  it('are no failure when the event got through later', async () => {
    const tried = await at.fail({ isStillTrying: true });
    const givenUp = await at.fail({ attempts: 10 });
    await at.polar.redeliver(tried);
    await at.polar.redeliver(givenUp);
    expect(await at.look()).toMatchObject({
      found: [],
      ran: [{ failedInARow: 0, failedOfTen: 0, failedEvents: 0 }],
    });
  });

  it('are no failure when the event had been delivered before', async () => {
    const id = await at.deliver();
    at.receiver.goDown();
    await at.polar.redeliver(id);
    at.receiver.comeBack();
    expect(await at.look()).toMatchObject({ found: [], ran: [{ failedEvents: 0 }] });
  });

  it('are counted by one look each', async () => {
    await at.look();
    at.pass(1);
    await at.fail();
    at.pass(14);
    expect(await at.look()).toMatchObject({ ran: [{ failedEvents: 1 }] });
    at.pass(15);
    expect(await at.look()).toMatchObject({ ran: [{ failedEvents: 0 }] });
  });

  it('ring for a day when Polar gave one up', async () => {
    await at.fail();
    at.pass(23 * 60);
    expect((await at.look()).found).toEqual([['given-up', '1']]);
    at.pass(2 * 60);
    expect((await at.look()).found).toEqual([]);
  });
});

describe('what Polar delivered', () => {
  beforeEach(() => at.connect());

  it('is missed when nothing was recorded here twenty minutes later', async () => {
    const id = await at.deliver();
    at.pass(19);
    expect((await at.look()).found).toEqual([]);
    at.pass(2);
    expect((await at.look()).found).toEqual([['not-received', id]]);
  });

  it('is not missed once it, or a later one, is recorded', async () => {
    const id = await at.deliver();
    await at.record(id);
    at.pass(30);
    expect((await at.look()).found).toEqual([]);
    await at.deliver();
    at.pass(1);
    await at.record('a later one');
    at.pass(30);
    expect((await at.look()).found).toEqual([]);
  });

  it('is missed although a backfill left records since', async () => {
    const id = await at.deliver();
    at.pass(10);
    await at.record('backfill-of-a-customer');
    at.pass(20);
    expect((await at.look()).found).toEqual([['not-received', id]]);
  });

  it('is not missed behind the records of a large import', async () => {
    const id = await at.deliver();
    await at.record(id);
    at.pass(10);
    const shard = shardOf(id);
    const made = Array.from({ length: 10_000 }, (_, nth) => `backfill-${nth}`);
    const inFront = made.filter((one) => shardOf(one) === shard);
    await Promise.all(inFront.map(at.record));
    at.pass(20);
    expect(inFront.length).toBeGreaterThan(1_000);
    expect((await at.look()).found).toEqual([]);
  });

  it('is missed although something was recorded before it', async () => {
    await at.record(await at.deliver());
    at.pass(60);
    const id = await at.deliver();
    at.pass(30);
    expect((await at.look()).found).toEqual([['not-received', id]]);
  });

  it('is found in the records of the day before', async () => {
    await at.record(await at.deliver());
    at.pass(23 * 60);
    expect((await at.look()).found).toEqual([]);
  });

  it('is not missed when it is a redelivery of what was recorded long ago', async () => {
    const id = await at.deliver();
    await at.record(id);
    at.pass(50 * 60);
    await at.polar.redeliver(id);
    at.pass(30);
    expect((await at.look()).found).toEqual([]);
  });

  it('is not missed when it is of a type that we ignore', async () => {
    endpoint().events.push('checkout.created');
    await at.polar.emit({ type: 'checkout.created' });
    at.pass(30);
    expect((await at.look()).found).toEqual([]);
  });

  it('is not missed when it happened before Polar was connected to us', async () => {
    await at.deliver();
    at.pass(5);
    await at.connect();
    at.pass(30);
    expect((await at.look()).found).toEqual([]);
  });
});
