import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';
import { heapLimits } from '#infra/local/local-account.ts';

const answerSchema = z.object({
  cpuMs: z.array(z.number()),
  wallMs: z.array(z.number()),
  answers: z.array(z.unknown()),
  peakMb: z.number(),
});
export type Handled = z.infer<typeof answerSchema>;

export type WarmProcess = Readonly<{
  /** Handles events one after another. */
  handle: (events: readonly unknown[]) => Promise<Handled>;
  stop: () => Promise<void>;
}>;

/** A process of its own for one bundle (or the `floor`), in which nothing but the handler costs anything. */
export async function startWarmProcess(
  runner: string,
  bundle: string,
  environment: Readonly<Record<string, string>>,
): Promise<WarmProcess> {
  const child = fork(runner, [bundle], {
    env: environment,
    execArgv: heapLimits(environment),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  const next = async (): Promise<unknown> => {
    const answer = once(child, 'message').then(([message]) => message);
    const ended = gone.then(() => Promise.reject(new Error(`${bundle} ended by itself.`)));
    return Promise.race([answer, ended]);
  };
  await next();
  return {
    async handle(events) {
      const answer = next();
      child.send({ events });
      return answerSchema.parse(await answer);
    },
    async stop() {
      child.disconnect();
      child.kill();
      await gone;
    },
  };
}
