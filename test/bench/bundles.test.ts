import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTemplate } from '#infra/local/assembly/template.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { codeBytes, type ShippedFunction, shippedFunctions } from './shipped-bundles.ts';

let functions: ShippedFunction[];

beforeAll(async () => {
  functions = await shippedFunctions(await readTemplate(await localAssembly()));
}, 180_000);

function bundleOf(name: string): string {
  const found = functions.find((one) => one.name === name);
  if (!found) throw new Error(`The stack has no function ${name}.`);
  return found.bundle;
}

const nowhere = 'http://127.0.0.1:9';

/** Loads a bundle in a fresh process, with node:http loaded as Lambda's runtime does. Gives Node's own modules in it. */
function modulesOf(bundle: string): string[] {
  const program = `
    require('node:http').Agent;
    import(${JSON.stringify(join(bundle, 'index.mjs'))}).then(() => {
      process.stdout.write(process.moduleLoadList.join('\\n'));
      process.exit();
    });`;
  // Every variable that a function may ask for has a value.
  const names =
    readFileSync(join(bundle, 'index.mjs'), 'utf8').match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? [];
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: {
      ...Object.fromEntries(names.map((name) => [name, name.includes('_URL') ? nowhere : '1'])),
      AWS_REGION: 'us-east-1',
    },
  });
  if (status !== 0) throw new Error(`The bundle cannot be loaded: ${stderr.slice(-1_000)}`);
  return stdout.split('\n');
}

describe('a bundle', () => {
  it('of ingest, which Polar waits for, has at most 90 KB', async () => {
    expect(await codeBytes(bundleOf('ingest'))).toBeLessThanOrEqual(90_000);
  });

  it('of the console loads a section when somebody opens it, and for the first page at most 700 KB', async () => {
    const bundle = bundleOf('console');
    const [start, first, workflows] = await Promise.all([
      codeBytes(bundle),
      codeBytes(bundle, 'overview-pages'),
      codeBytes(bundle, 'workflow-pages'),
    ]);
    expect(first).toBeGreaterThan(start);
    expect(first).toBeLessThanOrEqual(700_000);
    expect(workflows).toBeGreaterThan(first + 200_000);
  });

  it.each(['ingest', 'worker', 'mailer', 'feedback', 'unsubscribe'])(
    'of %s loads no undici, which would cost more than all the rest',
    (name) => {
      const modules = modulesOf(bundleOf(name));

      expect(modules).toContain('NativeModule https');
      expect(modules.filter((module) => module.includes('undici'))).toEqual([]);
    },
  );

  it('of ingest loads what packs a large body only when one comes', () => {
    const modules = modulesOf(bundleOf('ingest'));

    expect(modules).toContain('NativeModule crypto');
    expect(modules).not.toContain('NativeModule zlib');
  });

  it.each(['ingest', 'worker', 'watch', 'console'])(
    'of %s is in ASCII where it is large: V8 takes two bytes for each character of any other code',
    (name) => {
      const bundle = bundleOf(name);
      const code = readdirSync(bundle)
        .filter((file) => file.endsWith('.mjs'))
        .map((file) => readFileSync(join(bundle, file), 'utf8'));
      const largest = code.toSorted((a, b) => b.length - a.length)[0] ?? '';

      expect(largest.length).toBeGreaterThan(60_000);
      expect(largest.match(/.{0,40}[^\0-\x7f].{0,40}/)?.[0]).toBeUndefined();
    },
  );

  it('brings credentials from the environment, and no other source of them', () => {
    const code = readFileSync(join(bundleOf('worker'), 'index.mjs'), 'utf8');

    expect(code).toContain('AWS_SECRET_ACCESS_KEY');
    expect(code).not.toMatch(/sso_start_url|credential_process|AWS_WEB_IDENTITY_TOKEN_FILE/);
  });

  it('hashes with the runtime’s own SHA-256', () => {
    const code = readFileSync(join(bundleOf('ingest'), 'index.mjs'), 'utf8');

    expect(code).toContain('createSecretKey');
    expect(code).not.toContain('fast-sha256');
  });
});
