import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { emailsCommand } from './emails-command.ts';

await runCommand(() => withAdvice(() => emailsCommand(process.argv.slice(2), console.log)));
