import { type Act, parsed, program, wholeNumber } from '#infra/terminal/command-line.ts';
import { localPorts } from './assembly/local-resources.ts';
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
      'Runs Polar Audience on this machine, without Docker or an AWS account. Data stays in .local/. Press Ctrl-C to stop.',
    )
    .option('--demo', 'send a purchase, and show what it led to and the mail that went out')
    .option('--polar', 'also start a local Polar: customers, sign-in, webhooks and faults')
    .option('--fresh', 'empty .local/ first')
    .addOption(
      parsed(
        '--port <port>',
        'the port for webhooks; DynamoDB, SQS, Secrets Manager, mail, the local Polar and the console take the six after it',
        portOf,
      ).default(usualPort),
    )
    .option('--watch', 'rebuild a function when its source changes')
    .option('--exit', "exit once it's up and has shown the demo")
    .action(({ port, polar, fresh = false, demo = false, watch = false, exit = false }) => {
      const { polar: polarPort, ...ports } = localPorts(port);
      return act({
        ports,
        polarPort: polar ? polarPort : undefined,
        ...{ fresh, demo, watch, exit },
      });
    });
}
