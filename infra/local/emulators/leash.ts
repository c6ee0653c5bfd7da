import { spawn } from 'node:child_process';

/*
 * Runs a program for as long as this process's standard input is open. The parent holds the other
 * end, so the program ends with the parent even when that one was killed and could not clean up.
 */
const [command = '', ...args] = process.argv.slice(2);
const program = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
program.on('error', () => process.exit(127));
program.on('exit', (code) => process.exit(code ?? 1));
process.stdin.resume().on('close', () => program.kill());
process.on('SIGTERM', () => program.kill());
