import { runCommand } from '#infra/local/command.ts';
import { audienceCommand } from './audience-command.ts';
import { withAdvice } from './aws-advice.ts';

await runCommand(() =>
  withAdvice(() => audienceCommand(process.argv.slice(2), process.stdout, process.stderr)),
);
