import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { whyCommand } from './why-command.ts';

await runCommand(() => withAdvice(() => whyCommand(process.argv.slice(2), console.log)));
