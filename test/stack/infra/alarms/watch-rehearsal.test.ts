import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { startWatch } from '#test/stack/functions/watch/watch-at-work.ts';
import { alarmsOf, type Seen } from '#test/support/cloud/cloud-watch.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { lambdaOf } from '../constructs/lambda-of.ts';
import { watchAlarms } from './told-elsewhere.ts';

const template = stageTemplate();
const alarms = alarmsOf(template);
const group = lambdaOf(template, 'watch').properties.LoggingConfig.LogGroup.Ref;

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: Awaited<ReturnType<typeof startWatch>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startWatch(dynamo.client);
  onTestFinished(() => at.stop());
  await at.connect();
});

const endpoint = () => Object(at.polar.endpoints[0]);

const causes: Record<(typeof watchAlarms)[number], () => Promise<unknown>> = {
  endpointdisabled: async () => Object.assign(endpoint(), { enabled: false }),
  endpointchanged: async () => Object.assign(endpoint(), { url: 'https://elsewhere.example/x' }),
  deliveriesfailing: async () => {
    for (const _ of [1, 2, 3]) await at.fail();
  },
  deliveriesgivenup: () => at.fail({ attempts: 10 }),
  webhooksnotreceived: async () => {
    await at.deliver();
    at.pass(25);
  },
  polarnotasked: async () => at.polar.goDown(),
  polaremailschanged: async () =>
    at.polar.state.emailSettings.set(at.polar.organizations[0]?.id ?? '', {
      order_confirmation: false,
    }),
};

it.each(watchAlarms)(
  'the alarm %s comes true by a real cause, and by no other look',
  async (name) => {
    const seen = async (): Promise<Seen> => {
      at.lines.length = 0;
      await at.look();
      return { lines: { [group]: at.lines.map((line) => JSON.parse(line)) } };
    };
    expect(alarms.isBreached(name, await seen())).toBe(false);
    await causes[name]();
    expect(alarms.isBreached(name, await seen())).toBe(true);
  },
);
