import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { workflowsCommand } from './workflows-command.ts';

await runCommand(() => withAdvice(() => workflowsCommand(process.argv.slice(2), console.log)));
