import { parseArgs } from 'node:util';
import { Advice } from '#infra/terminal/advice.ts';
import type { Ports } from './local-stack.ts';

const usualPort = 4700;

export const startHelp = `Runs Polar Audience on this machine: no Docker, no AWS account.

  npm start                 start it; Ctrl-C ends it
  npm start -- --demo       send it a purchase and show what that made, and the mail it sent
  npm start -- --fresh      empty .local/, where all data is kept, before
  npm start -- --port 5000  serve webhooks on port 5000, DynamoDB on 5001, SQS on 5002,
                            Secrets Manager on 5003 and mail on 5004, instead of ${usualPort} to
                            ${usualPort + 4}
  npm start -- --watch      rebuild a function when its source changes; the next call runs it
  npm start -- --exit       end by itself once it is up and has shown the demo
  npm start -- --help       show this`;

export type StartOptions = Readonly<{
  ports: Ports;
  fresh: boolean;
  demo: boolean;
  watch: boolean;
  exit: boolean;
}>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function startOptions(args: readonly string[]): StartOptions | undefined {
  const values = parsed(args);
  if (values.help) return undefined;
  return {
    ports: portsFrom(values.port),
    fresh: values.fresh ?? false,
    demo: values.demo ?? false,
    watch: values.watch ?? false,
    exit: values.exit ?? false,
  };
}

function parsed(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  try {
    const port = { type: 'string', default: String(usualPort) } as const;
    const options = { port, fresh: flag, demo: flag, watch: flag, exit: flag, help: flag };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new Advice(
      `${error instanceof Error ? error.message.split('. ')[0] : error}. "npm start -- --help" shows the options.`,
    );
  }
}

/** The last four follow the first, so that two stacks can be kept apart by one number. */
function portsFrom(given: string): Ports {
  const http = Number(given);
  if (!Number.isInteger(http) || http < 1 || http > 65_531) {
    throw new Advice(`--port must be a whole number from 1 to 65531, not "${given}".`);
  }
  return { http, dynamodb: http + 1, sqs: http + 2, secretsManager: http + 3, ses: http + 4 };
}
