import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Advice } from './advice.ts';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Writes the cloud assembly of the stage `local`, template and bundles, into a directory: what
 * `cdk synth` would make. Takes seconds. Throws Advice with the compiler's own words if it fails.
 */
export async function synthesise(directory: string): Promise<void> {
  const app = spawn(process.execPath, ['infra/app.ts'], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: directory,
      CDK_CONTEXT_JSON: JSON.stringify({ stage: 'local' }),
    },
  });
  const output: Buffer[] = [];
  app.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  app.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    app.on('error', reject);
    app.on('close', resolve);
  });
  if (code === 0) return;
  throw new Advice(
    `The stack could not be built, so there is nothing to start. Correct this and start again ("npm run check" may tell more):\n\n${essence(Buffer.concat(output).toString())}`,
  );
}

/** The lines about the mistake, without the progress reports and stacks around it. */
function essence(output: string): string {
  const lines = output
    .split('\n')
    .filter(
      (line) => !/^npm |^Bundling asset |^\s+at |^\s*$|^Node\.js v|^\s+\.\.\.node /.test(line),
    );
  const first = lines.findIndex((line) => /error/i.test(line));
  return lines
    .slice(Math.max(0, first))
    .slice(0, 15)
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}
