import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventVariables } from '#shared/mail/event-variables.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
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

  it('finds each name in the file that it says', () => {
    const absent = namesIn(text).filter(([name, file]) => !holdsWord(file, name));

    expect(absent).toEqual([]);
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

describe('ARCHITECTURE.md', () => {
  it('describes each event property as the editor does', () => {
    const described = Object.entries(eventVariables).map(([name, { description }]) => [
      name,
      description,
    ]);
    const rows = tableIn('ARCHITECTURE.md', 'Event properties');

    expect(rows.map(([name, , meaning]) => [name, meaning])).toEqual(described);
  });
});

describe('README.md', () => {
  it('lists each ready-made workflow with its event and kind', () => {
    const rows = tableIn('README.md', 'Mail when a subscription is created');

    expect(rows.map(([name, event, , kind]) => [name, event, kind])).toEqual(
      readyMade.map(({ name, event, email }) => [name, event, email.kind]),
    );
  });

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
      'See `shared/audience/decide.ts`, `infra/` and `npm run why -- <id>`, or `watch` in `a/b.ts`.',
      'Run `npx vitest run test/x.test.ts`, not `upgrade/x.ts`; `<name>.ts` and `…/x.ts` are no paths.',
      '[x](test/README.md#proofs) `npm run -s emails -- list`',
      '```sh',
      'npm run replay',
      'infra/nowhere.ts',
      '```',
    ].join('\n');

    expect(pathsIn(text)).toEqual([
      'shared/audience/decide.ts',
      'infra/',
      'a/b.ts',
      'test/x.test.ts',
      'upgrade/x.ts',
    ]);
    expect(namesIn(text)).toEqual([['watch', 'a/b.ts']]);
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

/**
 * Backticked words, also those of commands, that begin with one of our folders, name one of our files at the top, or are
 * a source file in some folder: a path that begins at its own document leads nowhere from here.
 */
function pathsIn(text: string): string[] {
  const quoted = [...withoutBlocks(text).matchAll(/`([^`]+)`/g)].map(([, one = '']) => one);
  return quoted
    .flatMap((one) => one.split(/\s+/))
    .filter((one) => !/[<>*…:]/.test(one))
    .filter((one) =>
      /^((infra|functions|shared|test|\.github)\/|(package|cdk|biome|tsconfig)\.json$|[A-Z]+\.md$|vitest\.config\.ts$|[\w./-]+\/[\w.-]+\.(ts|cjs)$)/.test(
        one,
      ),
    );
}

/** `name` in `file`. */
function namesIn(text: string): [name: string, file: string][] {
  const named = withoutBlocks(text).matchAll(/`(\w+)` in `([\w./-]+\.ts)`/g);
  return [...named].map(([, name = '', file = '']) => [name, file]);
}

function holdsWord(file: string, word: string): boolean {
  const path = join(root, file);
  return existsSync(path) && new RegExp(`\\b${word}\\b`).test(readFileSync(path, 'utf8'));
}

/** The cells, without backticks, of the first table below a heading. */
function tableIn(path: string, heading: string): string[][] {
  const text = documents.find((one) => one.path === path)?.text ?? '';
  const [, section = ''] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const [table = ''] = /^\|(?:.+\n)+/m.exec(section) ?? [];
  const [, , ...rows] = table.trimEnd().split('\n');
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
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
