import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { connectCommand } from './connect-command.ts';

await runCommand(() => withAdvice(() => connectCommand(process.argv.slice(2), console.log)));
