import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { deadLettersCommand } from './dead-letters-command.ts';

await runCommand(() => withAdvice(() => deadLettersCommand(process.argv.slice(2), console.log)));
