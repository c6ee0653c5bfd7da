import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { replayCommand } from './replay-command.ts';

await runCommand(() => withAdvice(() => replayCommand(process.argv.slice(2), console.log)));
