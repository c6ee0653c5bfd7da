import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { draftOf } from '#shared/audience/settings/draft.ts';
import { standardEventTypes } from '#shared/polar/event-types.ts';
import { startPolarDesk } from '../polar/polar-desk.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;
beforeAll(async () => {
  desk = await startPolarDesk();
});
afterAll(() => desk.stop());
beforeEach(() => desk.startOver());

const page = '/console/settings';
const path = 'events.subscription.updated.enabled';
const eventsInPolar = () => desk.polar.endpoints.map(({ events }) => [...events].sort());
const these = (...more: readonly string[]) => [[...standardEventTypes, ...more].sort()];

/** Saves the form as it is, but for one box. */
async function save(field: string, isOn: boolean) {
  const { events, ...settings } = await desk.parts.settings();
  const draft = draftOf({ ...settings, events });
  const ticked = Object.entries({ ...draft, [field]: isOn ? 'on' : 'off' }).filter(
    ([name, value]) => !(/\.(enabled|trigger|fullName|externalId)$/.test(name) && value === 'off'),
  );
  return desk.submit(page, { ...Object.fromEntries(ticked), version: String(settings.version) });
}

describe('an optional event', () => {
  it('is shown with what it costs, apart from the standard ones', async () => {
    const { text } = await desk.get(page);
    expect(text).toContain('Optional events');
    expect(text).toContain(
      'Polar sends subscription.updated for every change to a subscription and every batch of metered usage; a million cost about $6.50.',
    );
  });

  it('goes into the endpoint in Polar when it is switched on, and out when it is switched off', async () => {
    await desk.connectByToken();
    const { text } = await save(path, true);
    expect(text).toContain('Saved one setting. It applies within 30 seconds.');
    expect(text).toContain('Added to the endpoint in Polar: subscription.updated.');
    expect(eventsInPolar()).toEqual(these('subscription.updated'));
    expect((await desk.get('/console/polar')).text).toContain('healthy');
    const off = await save(path, false);
    expect(off.text).toContain('Took out of the endpoint in Polar: subscription.updated.');
    expect(eventsInPolar()).toEqual(these());
  });

  it('that Polar did not take is saved all the same, and the page says so and what to do', async () => {
    await desk.connectByToken();
    desk.polar.goDown();
    const { text } = await save(path, true);
    expect(text).toContain('Saved one setting.');
    expect(text).toContain('but the endpoint in Polar still has the events of before.');
    expect((await desk.parts.settings()).events['subscription.updated'].enabled).toBe(true);
    const acts = (await desk.items('Acts')).filter(({ what }) => what === 'settings.set');
    expect(acts).toContainEqual(
      expect.objectContaining({
        outcome: 'done',
        reason: expect.stringContaining('still has the events of before'),
      }),
    );
    desk.polar.comeBack();
    const polar = await desk.get('/console/polar');
    expect(polar.text).toContain('does not send subscription.updated');
    await desk.submit('/console/polar/repair', {});
    expect(eventsInPolar()).toEqual(these('subscription.updated'));
    expect((await desk.get('/console/polar')).text).toContain('healthy');
  });

  it('that is on before Polar is connected is in the endpoint that connecting makes', async () => {
    const { text } = await save(path, true);
    expect(text).toContain('Polar is not connected, so no endpoint was changed');
    await desk.connectByToken();
    expect(eventsInPolar()).toEqual(these('subscription.updated'));
  });

  it('that the endpoint sends although it is off is told on the page, as no fault', async () => {
    await desk.connectByToken();
    desk.polar.endpoints[0]?.events.push('order.refunded');
    const { text } = await desk.get('/console/polar');
    expect(text).toContain('healthy');
    expect(text).toContain('also sends order.refunded, which is switched off in the settings.');
  });
});

it('other settings ask Polar nothing', async () => {
  await desk.connectByToken();
  const before = desk.polar.requests.length;
  await save('events.order.paid.trigger', false);
  expect(desk.polar.requests.length).toBe(before);
});
