import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import {
  type Answer,
  contentOf,
  operationOf,
  passedOn,
  reply,
} from '#test/support/polar/passed-on.ts';
import { firstKeyOnly, mayBePartial, refusal, type TroubledService } from './throttling.ts';

/** `paused`: calls arrive, and nothing happens before it is over · `throttled`: most calls are refused · `deaf`: some replies are lost. */
export const moods = ['paused', 'throttled', 'deaf'] as const;
export type Mood = (typeof moods)[number];

export type TroubleProxy = Awaited<ReturnType<typeof startTroubleProxy>>;

type Options = Readonly<{
  random: () => number;
  /** Of each call that the emulator answered, whether or not the caller heard of it. */
  onAnswer?: (call: Readonly<{ operation: string; body: Buffer; answer: Answer }>) => void;
}>;

/** The share of calls that a throttled service refuses, and of replies that are lost to the deaf. */
const share = { throttled: 0.7, deaf: 0.3 };

/** Stands in front of an emulator, and makes it pause, throttle or lose replies for a while. */
export async function startTroubleProxy(
  service: TroubledService,
  target: string,
  { random, onAnswer = () => {} }: Options,
) {
  const agent = new Agent({ keepAlive: true });
  let mood: Mood | undefined;
  let pause = Promise.resolve();
  let harmed = 0;

  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = operationOf(incoming);
    const body = await contentOf(incoming);
    if (mood === 'paused') harmed += 1;
    await pause;
    const isThrottled = mood === 'throttled' && random() < share.throttled;
    if (isThrottled) harmed += 1;
    // DynamoDB reads what it can of a batch and says what it left.
    const isPart = isThrottled && mayBePartial(operation, body) && random() < 0.5;
    if (isThrottled && !isPart) return reply(response, refusal(service, operation, body));
    const [sent, finish] = isPart ? firstKeyOnly(body) : [body, (answer: Answer) => answer];
    const answer = finish(await passedOn(incoming, sent, target, agent));
    onAnswer({ operation, body, answer });
    if (mood === 'deaf' && random() < share.deaf) {
      harmed += 1;
      return void incoming.socket.destroy();
    }
    reply(response, answer);
  };

  const server = await serveOnLoopback(pass, 0, `the trouble of ${service}`);
  return {
    service,
    address: server.address,
    /** How many calls were held back, refused or left without their reply. */
    harmed: () => harmed,
    /** Makes trouble until `over`. Calls that were held back go on then, also those whose caller has given up. */
    async trouble(kind: Mood, over: Promise<void>): Promise<void> {
      mood = kind;
      if (kind === 'paused') pause = over;
      await over;
      mood = undefined;
    },
    async stop() {
      await server.stop();
      agent.destroy();
    },
  };
}
