import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { templateOf } from '#infra/local/assembly/template.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { type IdleLine, idleLines, sumOf } from './idle.ts';
import { measuredIdleCalls } from './idle-measured.ts';

let bills: Record<'usual' | 'lean' | 'dashboard', IdleLine[]>;
beforeAll(() => {
  const bill = (options: Parameters<typeof stageTemplate>[0]) =>
    idleLines(templateOf('Stack', stageTemplate(options).toJSON()), measuredIdleCalls);
  bills = {
    usual: bill({}),
    lean: bill({ lean: true }),
    dashboard: bill({ dashboard: true }),
  };
});

const documentOf = (path: string) =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('a stage in which nothing happens', () => {
  it.each([
    ['$8 by default', 'usual' as const, 8],
    ['$5 with -c lean=true', 'lean' as const, 5],
  ])('costs less a month than %s', (_, stage, most) => {
    expect(sumOf(bills[stage])).toBeLessThan(most);
  });

  it('pays for no metric of its own, and for each that a dashboard shows', () => {
    const metrics = Object.entries(bills).map(([stage, lines]) => [
      stage,
      lines.find(({ what }) => what.startsWith('custom metrics'))?.how,
    ]);

    expect(Object.fromEntries(metrics)).toEqual({ usual: '0', lean: '0', dashboard: '3' });
  });

  it('pays for no key of its own', () => {
    expect(bills.usual.find(({ what }) => what.startsWith('keys'))?.dollars).toBe(0);
  });

  it.each(['README.md', 'ARCHITECTURE.md', 'test/README.md'])('costs what %s says', (path) => {
    const sums = [bills.usual, bills.lean].map((lines) => sumOf(lines).toFixed(2));
    const pattern = /\$(\d+\.\d\d) a month, \$(\d+\.\d\d) with `-c lean=true`/;

    expect(pattern.exec(documentOf(path))?.slice(1)).toEqual(sums);
  });
});
