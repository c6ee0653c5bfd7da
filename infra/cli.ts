import { engineersProgram } from './commands/commands.ts';
import { endQuietlyWithReader, runCommand, withAdvice } from './terminal/advice.ts';
import { runProgram } from './terminal/command-line.ts';

const overview = `
"npm run <command> -- --help" shows the options of a command. Besides these, "npm start" runs the stack on this machine,
"npm run polar" sends webhooks to it, and "npm run clock" moves its time on.

Exit codes: 0 done, 1 failed, 2 where "status", "settings show", "connect --status", or a dry run of "backfill", "migrate",
"recover" or "replay" found something to do, or "recover" could not close the gap.`;

const program = engineersProgram().addHelpText('after', overview);
const [name, ...words] = process.argv.slice(2);
const args = name === 'help' ? [...words, '--help'] : process.argv.slice(2);

endQuietlyWithReader();
await runCommand(() => withAdvice(() => runProgram(program, args)));
