import { runCommand } from '#infra/local/command.ts';
import { withAdvice } from './aws-advice.ts';
import { settingsCommand } from './settings-command.ts';

await runCommand(() => withAdvice(() => settingsCommand(process.argv.slice(2), console.log)));
