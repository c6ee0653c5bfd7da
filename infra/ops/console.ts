import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { consoleCommand } from './console-command.ts';

await runCommand(() => withAdvice(() => consoleCommand(process.argv.slice(2), console.log)));
