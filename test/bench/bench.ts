import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { synthesise } from '#infra/local/assembly/synthesis.ts';
import { readTemplate } from '#infra/local/assembly/template.ts';
import { benchCalls, callsTable } from './calls.ts';
import { benchCold, coldTable } from './cold.ts';
import { benchDrain, drainTable } from './drain.ts';
import { benchIdle, idleTable } from './idle.ts';
import { benchPages, pagesTable } from './pages/pages.ts';
import { benchRuns, runsTable } from './runs.ts';
import { measuredSizes, scaleRows, scaleTable } from './scale.ts';
import { benchWarm, warmTable } from './warm.ts';

const parts = ['cold', 'warm', 'calls', 'cost', 'scale', 'drain', 'runs', 'pages'] as const;
const usage = `npm run bench -- [${parts.join('] [')}] [--runs 15] [--full] [--assembly <cdk.out of the stage local>]

Measures and judges nothing. Without parts, all of them. --full drains 100,000 events as well (ten to fifteen minutes), and lets 10,000 runs go on
that are due in one minute instead of 1,000 (six minutes or more: the clock strikes once a minute). It fills the tables behind
the pages with 100,000 contacts and a million events instead of 10,000 and 100,000 (half an hour or more, and 15 GB of disk).
Writes bench.json.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '15' },
    full: { type: 'boolean', default: false },
    assembly: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((part) => !parts.some((known) => known === part));
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n\n${usage}` : usage);
  process.exit(values.help ? 0 : 1);
}
const isWanted = (part: (typeof parts)[number]) =>
  positionals.length === 0 || positionals.includes(part);

const directory = await mkdtemp(join(tmpdir(), 'polar-audience-bench-'));
const results: Record<string, unknown> = { node: process.version, at: new Date().toISOString() };
try {
  const assembly = values.assembly ?? join(directory, 'assembly');
  if (values.assembly === undefined) {
    console.log('Building the stack …');
    await synthesise(assembly);
  }
  if (isWanted('cold')) {
    const runs = Number(values.runs);
    const rows = await benchCold({ assembly, directory, runs });
    report('cold', `Cold start, medians of ${runs} interleaved starts`, rows, coldTable(rows));
  }
  if (isWanted('warm')) {
    const rows = await benchWarm({ assembly, directory });
    const table = warmTable([...rows.ingest, ...rows.worker]);
    report('warm', 'Warm processor time per event', rows, table);
  }
  if (isWanted('calls')) {
    const rows = await benchCalls({ assembly });
    report('calls', 'Calls and units per webhook, counted on the wire', rows, callsTable(rows));
  }
  if (isWanted('cost')) {
    const stages = await benchIdle({ assembly, directory });
    report(
      'cost',
      'What a stage costs a month in which nothing happens',
      stages,
      idleTable(stages),
    );
  }
  if (isWanted('scale')) {
    const folder = join(directory, 'busy');
    await synthesise(folder, { stage: 'prod', maxConcurrency: '10' });
    const sizes = await measuredSizes();
    const rows = scaleRows(await readTemplate(folder), sizes);
    const title = 'Ten million contacts, a hundred events a second, a million waiting runs';
    report('scale', title, { sizes, rows }, scaleTable(rows, sizes));
  }
  if (isWanted('drain')) {
    const sizes = values.full ? [1_000, 10_000, 100_000] : [1_000, 10_000];
    const rows = await benchDrain(assembly, sizes);
    report('drain', 'A full queue through the local stack', rows, drainTable(rows));
  }
  if (isWanted('runs')) {
    const due = values.full ? 10_000 : 1_000;
    const rows = [await benchRuns(assembly, due, (line) => console.log(`  ${line}`))];
    report('runs', 'Runs that are due in one minute, on the local stack', rows, runsTable(rows));
  }
  if (isWanted('pages')) {
    const contacts = values.full ? 100_000 : 10_000;
    const rounds = Number(values.runs);
    const onProgress = (line: string) => console.log(`  ${line}`);
    const rows = await benchPages({ assembly, directory, contacts, rounds, onProgress });
    const title = `Pages of the console, with 1,000 contacts and ${contacts.toLocaleString('en-US')}, ten events each`;
    report('pages', title, rows, pagesTable(rows));
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
await writeFile('bench.json', `${JSON.stringify(results, undefined, 2)}\n`);
console.log('\nWritten to bench.json.');

function report(part: string, title: string, result: unknown, table: string): void {
  results[part] = result;
  console.log(`\n${title}\n\n${table}`);
}
