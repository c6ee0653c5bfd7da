import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Advice } from '#infra/terminal/advice.ts';
import { localMailFrom } from '../local-account.ts';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** What `-c` says of a deployment. Here mail costs nothing and annoys nobody, so it need not be slow. */
const localContext = {
  stage: 'local',
  mailFrom: localMailFrom,
  mailsPerSecond: '50',
};

/** The CDK's rules, cdk-nag's and CloudFormation's schemas, which `npm run synth` checks, would take longer than all the rest. */
const withoutRules = { '@aws-cdk/core:validateAgainstDefaultRules': false };
const withoutValidation = { CDK_VALIDATION: 'false' };

/**
 * Writes the cloud assembly of the stage `local`, template and bundles, into a directory: what
 * `cdk synth` would make. Takes seconds. Throws Advice with the compiler's own words if it fails.
 */
export async function synthesise(
  directory: string,
  context: Readonly<Record<string, string>> = localContext,
): Promise<void> {
  const app = spawn(process.execPath, ['infra/app.ts'], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...withoutValidation,
      CDK_OUTDIR: directory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...withoutRules }),
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
    `The stack couldn't be built, so there's nothing to start. Fix this and start again ("npm run check" may tell more):\n\n${essence(Buffer.concat(output).toString())}`,
  );
}

/** The lines about the mistake, without the progress reports before it and the stacks after it. */
function essence(output: string): string {
  const lines = output.split('\n').filter((line) => !/^npm |^\s*$|^\s+at /.test(line));
  const first = lines.findIndex((line) => /^file:|error/i.test(line));
  const rest = lines.slice(Math.max(0, first));
  const end = rest.findIndex((line) => /^node:\S+:\d+$|^Node\.js v/.test(line));
  return rest
    .slice(0, end === -1 ? 15 : Math.min(end, 15))
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}
