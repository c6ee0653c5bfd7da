import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '#shared/audience/person/contact-csv.ts';

test.each([
  ['=1+1', `"'=1+1"`],
  ['+49 30 1234', `"'+49 30 1234"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['＝1+1', `"'＝1+1"`],
  ['＠cmd', `"'＠cmd"`],
  ['\t=1', `"'\t'=1"`],
  ['\rAnn', `"'\rAnn"`],
  [' =1+1', `" '=1+1"`],
  ['\u200b=1+1', `"\u200b'=1+1"`],
  ['Ann;=1+1', `"Ann;'=1+1"`],
  ['Ann\n=1+1', `"Ann\n'=1+1"`],
])('the cell %j is no formula: %j', (cell, line) => {
  expect(csvLine([cell])).toBe(`${line}\r\n`);
});

test('a cell of tabs alone costs what its length costs, so that nobody can make an export stand still', () => {
  expect(csvLine(['\t'.repeat(1_000_000)])).toBe(`"'${'\t'.repeat(1_000_000)}"\r\n`);
});

test.each([
  ['Ann', '"Ann"'],
  ['Ann "the" Smith, jr.', '"Ann ""the"" Smith, jr."'],
  ['ann+shop@example.com', '"ann+shop@example.com"'],
  ['Jean-Luc = one', '"Jean-Luc = one"'],
  [undefined, '""'],
])('the cell %j stays as it is: %s', (cell, line) => {
  expect(csvLine([cell])).toBe(`${line}\r\n`);
});

test('a reader that knows RFC 4180 gets back what was written, but for apostrophes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (cells) => {
      const read = cellsOf(csvLine(cells));
      const plain = (text: string) => text.replaceAll("'", '');
      expect(read.map(plain)).toEqual(cells.map(plain));
    }),
  );
});

test('no cell begins as a formula, however it is split', () => {
  const nasty = fc.string({
    unit: fc.constantFrom('=', '+', '-', '@', '＝', ';', '\t', '\r', '\n', ' ', '"', 'a', '|'),
  });
  fc.assert(
    fc.property(nasty, (cell) => {
      const [read = ''] = cellsOf(csvLine([cell]));
      for (const part of read.split(/[;|\t\r\n]/)) expect(part).not.toMatch(/^\s*[=+\-@＝]/);
    }),
  );
});

/** One line of RFC 4180 in which every cell is quoted. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"]|"")*)"(?:,|\r\n$)/g)].map(([, cell = '']) =>
    cell.replaceAll('""', '"'),
  );
}
