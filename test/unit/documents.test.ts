import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'infra/RUNBOOK.md',
  'test/README.md',
].map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

describe.each(documents)('$path', ({ path, text }) => {
  it('names only files and folders that exist', () => {
    expect(pathsIn(text).filter((named) => !existsSync(join(root, named)))).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const known = new Set([...Object.keys(packageJson.scripts), '<command>']);

    expect(scriptsIn(text).filter((name) => !known.has(name))).toEqual([]);
  });

  it('has only links that lead somewhere', () => {
    expect(linksIn(text).filter((link) => !leadsSomewhere(link, path))).toEqual([]);
  });

  it('holds nothing of the machine it was written on', () => {
    expect(text).not.toMatch(/(^|[\s"'`(])\/(home|root|tmp|work|Users)\//m);
  });
});

describe('README.md', () => {
  it('has at most 200 lines', () => {
    const [readme] = documents;

    expect(readme?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  });

  it('has a picture of at most 200 KB', () => {
    const picture = readFileSync(join(root, '.github/console.png'));

    expect(picture.byteLength).toBeLessThanOrEqual(200 * 1_024);
  });
});

describe('what reads documents', () => {
  it('finds the paths, scripts and links in them', () => {
    const text = [
      '## A *title*, twice',
      'See `shared/audience/decide.ts`, `infra/` and `npm run why -- <id>`.',
      '[x](test/README.md#proofs) `npm run -s emails -- list`',
      '```sh',
      'npm run replay',
      'infra/nowhere.ts',
      '```',
    ].join('\n');

    expect(pathsIn(text)).toEqual(['shared/audience/decide.ts', 'infra/']);
    expect(scriptsIn(text)).toEqual(['why', 'emails', 'replay']);
    expect(linksIn(text)).toEqual(['test/README.md#proofs']);
    expect(anchorsIn(`${text}\n${text}`)).toEqual(['a-title-twice', 'a-title-twice-1']);
  });

  it('tells a link that leads nowhere', () => {
    expect(leadsSomewhere('ARCHITECTURE.md#permissions', 'README.md')).toBe(true);
    expect(leadsSomewhere('../ARCHITECTURE.md#permissions', 'infra/RUNBOOK.md')).toBe(true);
    expect(leadsSomewhere('ARCHITECTURE.md#no-such-title', 'README.md')).toBe(false);
    expect(leadsSomewhere('NOWHERE.md', 'README.md')).toBe(false);
  });
});

/** Backticked texts that begin with one of our folders, or name one of our files at the top. */
function pathsIn(text: string): string[] {
  const quoted = [...withoutBlocks(text).matchAll(/`([^`\s<>*…]+)`/g)].map(([, one = '']) => one);
  return quoted.filter((one) =>
    /^((infra|functions|shared|test|\.github)\/|(package|cdk|biome|tsconfig)\.json$|[A-Z]+\.md$|vitest\.config\.ts$)/.test(
      one,
    ),
  );
}

function scriptsIn(text: string): string[] {
  const runs = text.matchAll(/npm run (?:-s |--silent )?([\w:<>-]+)/g);
  return [...runs].map(([, name = '']) => name);
}

function linksIn(text: string): string[] {
  const links = [...withoutBlocks(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, to = '']) => to);
  return links.filter((to) => !/^https?:/.test(to));
}

function leadsSomewhere(link: string, from: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : relative(root, join(root, dirname(from), file));
  if (!existsSync(join(root, path))) return false;
  if (anchor === undefined) return true;
  return anchorsIn(readFileSync(join(root, path), 'utf8')).includes(anchor);
}

/** The anchors that GitHub makes of headings; the second of a name gets a number. */
function anchorsIn(text: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\p{Pc} -]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

function withoutBlocks(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
}
