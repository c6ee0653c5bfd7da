import { beforeAll, describe, expect, it } from 'vitest';
import { templateOf } from '#infra/local/assembly/template.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { measuredSizes, type ScaleRow, type Sizes, scaleRows } from './scale.ts';

let rows: readonly ScaleRow[];
let sizes: Sizes;
beforeAll(async () => {
  const template = templateOf('Stack', stageTemplate({ maxConcurrency: 10 }).toJSON());
  sizes = await measuredSizes();
  rows = scaleRows(template, sizes);
});

describe('ten million contacts, a hundred events a second and a million waiting runs', () => {
  it('are within what each part can, but for a million runs that are due in one hour', () => {
    // How much memory there is depends on the machine.
    const beyond = rows.filter(
      ({ part, asked, can }) => asked > can && !part.startsWith('backfill'),
    );

    expect(beyond.map(({ part }) => part)).toEqual(['clock, runs all due in one hour']);
  });

  it('make no partition as hot as half of what DynamoDB takes', () => {
    const partitions = rows.filter(({ unit }) => unit === 'write units');

    expect(partitions.length).toBeGreaterThan(3);
    expect(partitions.filter(({ asked, can }) => asked > can / 2)).toEqual([]);
  });
});

it('the rows of a customer with a subscription take one write unit each', () => {
  expect(sizes.customer).toBeLessThanOrEqual(1_024);
  expect(sizes.event).toBeLessThanOrEqual(1_024);
});
