import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const files = ['infra', 'functions', 'shared'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && /\.[cm]?ts$/.test(one.name))
    .map((one) => join(one.parentPath, one.name).slice(root.length)),
);

/** A place is a file, or a folder with all that is below it. */
const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`);

/** The rooms of ARCHITECTURE.md: the places of each, and which others it may import. Functions are a room each. */
const rooms = roomsOf(read('ARCHITECTURE.md'));

function roomsOf(text: string) {
  const [, section = ''] = text.split(/^## Rooms$/m);
  const [, table = ''] = section.split(/^\| room \|.*\n\|[-|]+\n/m);
  const [rows = ''] = table.split('\n\n');
  const placesIn = (cell: string) =>
    [...cell.matchAll(/`([^`]+?)\/?`/g)].map(([, place]) => `${place}`);
  return rows.split('\n').flatMap((row) => {
    const cells = row.split('|');
    const places = placesIn(`${cells[1]}`).filter((place) => !isIn(place, 'test'));
    const imports = `${cells.at(-2)}`;
    const mayImport = [...placesIn(imports), ...(/\bground\b/.test(imports) ? ['ground'] : [])];
    const isOneEach = imports.includes('never another function');
    const apart = isOneEach ? places.map((place) => [place]) : [places];
    return apart.filter((one) => one.length > 0).map((one) => ({ places: one, mayImport }));
  });
}

/** The room that a file lies in: of several, the innermost. */
function roomOf(path: string) {
  const around = rooms.flatMap((room) =>
    room.places.filter((place) => isIn(path, place)).map((place) => ({ room, place })),
  );
  return around.toSorted((a, b) => b.place.length - a.place.length)[0]?.room;
}

const importsOf = (path: string) => importsIn(path, read(path));

/** Without those of types alone, which are gone when the file is loaded. */
const loadedBy = (path: string) =>
  importsIn(path, read(path).replaceAll(/^import type [^;]+;/gm, ''));

const importsIn = (path: string, text: string) =>
  [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([#.][^']+)'/g)]
    .map(([, named = '']) =>
      named.startsWith('#') ? named.slice(1) : normalize(join(dirname(path), named)),
    )
    .filter((imported) => files.includes(imported));

/** Whether a file may import another: one of its own room, one that its room lists, or the ground where that is listed. */
function mayImport(path: string, imported: string): boolean {
  const room = roomOf(path);
  if (!room) return false;
  if (roomOf(imported) === room) return true;
  if (room.mayImport.includes('ground') && /^shared\/[^/]+$/.test(imported)) return true;
  return room.mayImport.some((place) => isIn(imported, place));
}

describe('the rooms', () => {
  it('have every file', () => {
    expect(files.length).toBeGreaterThan(300);
    expect(files.filter((path) => !roomOf(path))).toEqual([]);
  });

  it('import only what ARCHITECTURE.md lists for them', () => {
    const wrong = files.flatMap((path) =>
      importsOf(path)
        .filter((imported) => !mayImport(path, imported))
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  it('list nothing that they do not import', () => {
    const idle = rooms.flatMap((room) => {
      const imported = files.filter((path) => roomOf(path) === room).flatMap(importsOf);
      return room.mayImport
        .filter((place) => place !== 'ground' && !imported.some((path) => isIn(path, place)))
        .map((place) => `${room.places[0]} does not import ${place}`);
    });
    expect(idle).toEqual([]);
  });

  it('have no files that load one another in a circle', () => {
    expect(circleIn(files, loadedBy)).toEqual([]);
    const circle: Record<string, string[]> = { a: ['b'], b: ['c'], c: ['d', 'b'], d: [] };
    expect(circleIn(['a'], (path) => circle[path] ?? [])).toEqual(['b', 'c', 'b']);
  });

  it.each([
    ['shared/audience/decide.ts', 'shared/store/dynamo.ts', false],
    ['shared/store/dynamo.ts', 'shared/audience/decide.ts', true],
    ['infra/constructs/worker.ts', 'shared/audience/decide.ts', false],
    ['functions/worker/worker.ts', 'functions/mailer/mailer.ts', false],
    ['shared/polar/event.ts', 'shared/failure.ts', true],
    ['shared/failure.ts', 'shared/polar/event.ts', false],
  ])('tell whether %s may import %s: %s', (path, imported, expected) => {
    expect(mayImport(path, imported)).toBe(expected);
  });
});

/** A way from a file over imports back to itself; empty: there is none. */
function circleIn(paths: readonly string[], importedBy: (path: string) => string[]): string[] {
  const done = new Set<string>();
  const circleFrom = (path: string, way: readonly string[]): string[] => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const imported of importedBy(path)) {
      const circle = circleFrom(imported, [...way, path]);
      if (circle.length > 0) return circle;
    }
    done.add(path);
    return [];
  };
  for (const path of paths) {
    const circle = circleFrom(path, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
