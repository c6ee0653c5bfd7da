import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { localClock } from '#infra/local/clock/local-clock.ts';
import { type FunctionSpec, lambdaFunction } from '#infra/local/lambda/lambda-function.ts';
import { functionInAFolder } from '#test/support/process/function-in-a-folder.ts';
import { descendantsOf, isRunning } from '#test/support/process/process-tree.ts';

function local(spec: FunctionSpec) {
  const lambda = lambdaFunction(spec);
  onTestFinished(lambda.stop);
  return lambda;
}

const misbehaving = `
  export const handler = async (event) => {
    if (event.do === 'hang') for (;;);
    if (event.do === 'wait') await new Promise(() => setInterval(() => {}, 1_000));
    if (event.do === 'crash') process.exit(3);
    if (event.do === 'throw') throw new TypeError('no good');
    return { pid: process.pid };
  };`;

describe('a function on this machine', () => {
  test('gets the event and a context as in Lambda', async () => {
    const spec = await functionInAFolder(
      `export const handler = async (event, context) => {
         console.log('hello from ' + context.functionName);
         return { event, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis(), id: context.awsRequestId };
       };`,
    );
    const lambda = local(spec);
    expect(await lambda.invoke({ some: 'event' })).toEqual({
      kind: 'answer',
      payload: {
        event: { some: 'event' },
        arn: spec.arn,
        left: expect.toSatisfy((left: number) => left > 0 && left <= 10_000),
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    await vi.waitFor(() => expect(spec.output).toEqual(['hello from Stack-Tested']), 60_000);
  });

  test('loads no undici unless its code does, which would take most of its start', async () => {
    const code = `export const handler = async () => process.moduleLoadList;`;
    const loaded = await local(await functionInAFolder(code)).invoke({});
    expect(loaded).toMatchObject({
      kind: 'answer',
      payload: expect.arrayContaining(['NativeModule http']),
    });
    expect(JSON.stringify(loaded)).not.toContain('undici');
  });

  test('has the time that its stack has at each invocation, and as long as in Lambda', async () => {
    const code = `export const handler = async (event, context) => [
      Date.now(), new Date().getTime(), context.getRemainingTimeInMillis(),
    ];`;
    const clock = localClock();
    const lambda = local({ ...(await functionInAFolder(code)), clock });
    for (const days of [0, 3, 400]) {
      clock.moveTo(new Date(Date.now() + days * 86_400_000));
      const earliest = clock.now().getTime();
      const isNow = (at: number) => at >= earliest && at <= clock.now().getTime();
      expect(await lambda.invoke({})).toEqual({
        kind: 'answer',
        payload: [
          expect.toSatisfy(isNow),
          expect.toSatisfy(isNow),
          expect.toSatisfy((left: number) => left > 0 && left <= 10_000),
        ],
      });
    }
  });

  test('that throws fails its invocation and keeps its process', async () => {
    const lambda = local(await functionInAFolder(misbehaving));
    const before = await lambda.invoke({});
    expect(await lambda.invoke({ do: 'throw' })).toEqual({
      kind: 'error',
      type: 'TypeError',
      message: 'no good',
    });
    expect(await lambda.invoke({})).toEqual(before);
  });

  test.each([
    ['is stuck in a loop', 'hang', 'Task timed out after 1.00 seconds'],
    ['waits for ever', 'wait', 'Task timed out after 1.00 seconds'],
    ['ends its process', 'crash', 'Runtime exited with status 3.'],
  ])(
    'that %s fails its invocation, and the next one gets a new process',
    async (_, act, message) => {
      const lambda = local(await functionInAFolder(misbehaving, { timeoutSeconds: 1 }));
      const before = await lambda.invoke({});
      expect(await lambda.invoke({ do: act })).toMatchObject({ kind: 'error', message });
      const after = await lambda.invoke({});
      expect(after.kind).toBe('answer');
      expect(after).not.toEqual(before);
    },
  );

  test('runs two invocations side by side and lets more wait', async () => {
    const code = 'export const handler = async () => process.pid;';
    const lambda = local(await functionInAFolder(code));
    const results = await Promise.all(Array.from({ length: 8 }, () => lambda.invoke({})));
    expect(results.every(({ kind }) => kind === 'answer')).toBe(true);
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(2);
  });

  test.each([
    ['does not parse', 'export const handler = {', /Unexpected/],
    ['fails while it loads', 'throw new Error("EVENTS_QUEUE_URL is not set");', /EVENTS_QUEUE_URL/],
    ['imports what was not bundled', 'import "left-out"; export const handler = 1;', /left-out/],
    ['exports no handler', 'export const main = () => 1;', /exports no function "handler"/],
  ])('whose bundle %s fails its invocation and says so', async (_, code, problem) => {
    const spec = await functionInAFolder(code);
    expect(await local(spec).invoke({})).toMatchObject({
      kind: 'error',
      message: expect.stringMatching(problem),
    });
    expect(spec.output).toEqual([expect.stringMatching(problem)]);
    expect(spec.output[0]).toMatch(/^The code cannot be loaded: /);
  });

  test('has no process until it is called', async () => {
    const before = descendantsOf(process.pid);
    // Those of other tests may end meanwhile.
    const begun = () =>
      descendantsOf(process.pid).filter((one) => !before.includes(one) && isRunning(one));
    const lambda = local(await functionInAFolder('export const handler = () => process.pid;'));
    expect(begun()).toEqual([]);
    const { payload } = Object(await lambda.invoke({}));
    expect(begun()).toEqual([payload]);
  });
});
