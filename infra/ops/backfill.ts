import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { backfillCommand } from './backfill-command.ts';

await runCommand(() => withAdvice(() => backfillCommand(process.argv.slice(2), console.log)));
