import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { recoverCommand } from './recover-command.ts';

await runCommand(() => withAdvice(() => recoverCommand(process.argv.slice(2), console.log)));
