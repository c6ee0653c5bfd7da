import { describe, expect, it } from 'vitest';
import { type FindLog, noting } from '#infra/commands/noting.ts';
import { Advice, endedByPerson } from '#infra/terminal/advice.ts';
import { person } from '#infra/terminal/person.ts';
import type { ActDraft } from '#shared/audience/operator-act.ts';

const draft: ActDraft = { what: 'hold', on: {}, sentence: 'Hold all mail.' };
const actor = { by: 'local', via: 'command' } as const;
const target = { local: true };

/** Keeps what is told to it, in order, beside what the command does. */
function memoryLog({ begins = true, ends = true } = {}) {
  const told: string[] = [];
  const findLog: FindLog = async () => ({
    actor,
    log: {
      async begin(given, by) {
        if (!begins) throw new Error('throttled');
        told.push(`begin ${given.what} by ${by.by}`);
        return { ...given, ...by, at: '2026-11-20T10:00:00.000Z', actId: '1', outcome: 'begun' };
      },
      async end(_, { outcome, reason }) {
        if (!ends) throw new Error('throttled');
        told.push([`end ${outcome}`, reason].filter(Boolean).join(': '));
      },
    },
  });
  return { told, findLog };
}

describe('a command', () => {
  it('is noted before it begins, and how it ended', async () => {
    const { told, findLog } = memoryLog();
    await noting(
      () => draft,
      async () => void told.push('run'),
      findLog,
    )({ target });
    expect(told).toEqual(['begin hold by local', 'run', 'end done']);
  });

  it.each([
    ['refused', new Advice('There is no such email.')],
    ['failed', new Error('The network is gone.')],
  ])('that throws is noted as %s, and throws all the same', async (outcome, error) => {
    const { told, findLog } = memoryLog();
    const command = noting(
      () => draft,
      () => Promise.reject(error),
      findLog,
    );
    await expect(command({ target })).rejects.toBe(error);
    expect(told).toEqual(['begin hold by local', `end ${outcome}: ${error.message}`]);
  });

  it('that is refused is noted with the reason, without what there is to choose from', async () => {
    const { told, findLog } = memoryLog();
    const advice = new Advice('There is no x. These are ready-made:\n\nTEMPLATE\nwelcome');
    const command = noting(
      () => draft,
      () => Promise.reject(advice),
      findLog,
    );
    await expect(command({ target })).rejects.toBe(advice);
    expect(told).toContain('end refused: There is no x.');
  });

  it('calls whoever runs it as the log does', async () => {
    const { findLog } = memoryLog();
    const persons: string[] = [];
    const run = async () => void persons.push(person());
    await noting(() => draft, run, findLog)({ target });
    expect(persons).toEqual([actor.by]);
  });

  it('that Ctrl-C ended may have done a part', async () => {
    const { told, findLog } = memoryLog();
    const before = process.exitCode;
    const interrupted = async () => {
      process.exitCode = endedByPerson;
    };
    await noting(() => draft, interrupted, findLog)({ target });
    process.exitCode = before;
    expect(told).toEqual(['begin hold by local', 'end failed: Ctrl-C ended it.']);
  });

  it('that only looks is not noted', async () => {
    const { told, findLog } = memoryLog();
    await noting(
      () => 'looks',
      async () => void told.push('run'),
      findLog,
    )({ target });
    expect(told).toEqual(['run']);
  });

  it('is not begun where it cannot be noted', async () => {
    const { told, findLog } = memoryLog({ begins: false });
    const command = noting(
      () => draft,
      async () => void told.push('run'),
      findLog,
    );
    await expect(command({ target })).rejects.toThrow(/so nothing was done/);
    expect(told).toEqual([]);
  });

  it('is done although its end cannot be noted', async () => {
    const { told, findLog } = memoryLog({ ends: false });
    await noting(
      () => draft,
      async () => void told.push('run'),
      findLog,
    )({ target });
    expect(told).toEqual(['begin hold by local', 'run']);
  });

  it('runs on a stack of a version that has no log', async () => {
    const told: string[] = [];
    await noting(
      () => draft,
      async () => void told.push('run'),
      async () => undefined,
    )({ target });
    expect(told).toEqual(['run']);
  });
});
