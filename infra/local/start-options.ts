import { type Act, parsed, program, wholeNumber } from '#infra/terminal/command-line.ts';
import { localPorts } from './local-resources.ts';
import type { Ports } from './local-stack.ts';

const usualPort = 4700;

export type StartOptions = Readonly<{
  ports: Ports;
  /** The port of the local Polar; undefined: none is wanted. */
  polarPort: number | undefined;
  fresh: boolean;
  demo: boolean;
  watch: boolean;
  exit: boolean;
}>;

/** The words of `npm start`. Help goes to `print`. */
export function startProgram(act: Act<StartOptions>, print?: (line: string) => void) {
  const portOf = wholeNumber('--port', 1, 65_529);
  return program('npm start', print)
    .description(
      'Runs Polar Audience on this machine: no Docker, no AWS account. Ctrl-C ends it. All data is kept in .local/.',
    )
    .option('--demo', 'send it a purchase and show what that made, and the mail it sent')
    .option('--polar', 'start a local Polar beside it: customers, sign-in, webhooks and faults')
    .option('--fresh', 'empty .local/ before')
    .addOption(
      parsed(
        '--port <port>',
        'serve webhooks on this port, and DynamoDB, SQS, Secrets Manager, mail, the local Polar and the console on the six after it',
        portOf,
      ).default(usualPort),
    )
    .option('--watch', 'rebuild a function when its source changes; the next call runs it')
    .option('--exit', 'end by itself once it is up and has shown the demo')
    .action(({ port, polar, fresh = false, demo = false, watch = false, exit = false }) => {
      const { polar: polarPort, ...ports } = localPorts(port);
      return act({
        ports,
        polarPort: polar ? polarPort : undefined,
        ...{ fresh, demo, watch, exit },
      });
    });
}
