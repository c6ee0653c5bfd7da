import { describe, expect, it } from 'vitest';
import {
  differsIn,
  folderFile,
  type Planned,
  planId,
  planOf,
  type Stack,
  withVersion,
} from '#infra/commands/workflows/files/plan.ts';
import { plannedLines } from '#infra/commands/workflows/files/plan-text.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { checkWorkflow } from '#shared/mail/check/check-workflow.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { readySequences } from '#shared/mail/ready-made/sequences.ts';

const surroundings = { settings: defaultSettings, hasSender: true };
const times = { createdAt: '2026-11-01T00:00:00.000Z', updatedAt: '2026-11-02T00:00:00.000Z' };

const all = [...readyMade, ...readySequences].map((one): Workflow => {
  const { title, event, conditions, frequency } = one;
  const email = 'steps' in one ? undefined : one.email;
  const check = checkWorkflow(
    {
      ...{ name: title, frequency, maxAgeHours: 72 },
      trigger: { event, conditions: [...conditions] },
      ...('steps' in one ? { steps: one.steps, exitWhen: one.exitWhen } : { email }),
    },
    surroundings,
  );
  if (check.kind === 'refused') throw new Error(check.problems.join(' '));
  const { draft, steps } = check;
  const workflowId = `${one.name}-x7k2`;
  return { workflowId, version: 3, status: 'paused', ...draft, steps, ...times };
});

function named(name: string): Workflow {
  const found = all.find(({ workflowId }) => workflowId === `${name}-x7k2`);
  if (!found) throw new Error(`No ${name}`);
  return found;
}

const receipt = named('receipt');
const dunning = named('dunning');
const fileOf = (workflow: Workflow, edit = (text: string) => text) => {
  return { workflowId: workflow.workflowId, text: edit(folderFile(workflow)) };
};
const stackOf = (...workflows: Workflow[]): Stack => {
  return { present: workflows.map((workflow) => ({ workflow })), removed: [] };
};
const rename = (text: string) => text.replace(/^name: .*$/m, 'name: Bill');

function planned(of: Workflow, edit: (text: string) => string, stack = stackOf(of)): Planned {
  const [only, ...others] = planOf([fileOf(of, edit)], stack, surroundings);
  expect(others).toEqual([]);
  if (!only) throw new Error('Nothing was planned.');
  return only;
}

describe('what is planned of a workflow', () => {
  it.each(all.map((one) => [one.workflowId, one] as const))(
    'is nothing as it was exported: %s',
    (_, one) => {
      expect(planned(one, (text) => text)).toMatchObject({ kind: 'unchanged' });
    },
  );

  it('is nothing where only the empty lines around a body are not in the file', () => {
    const steps = receipt.steps.map((step) =>
      step.kind === 'send' ? { ...step, email: { ...step.email, body: '\nHi\n\n' } } : step,
    );
    expect(planned({ ...receipt, steps }, (text) => text)).toMatchObject({ kind: 'unchanged' });
  });

  it('names each field that changes, with the lines that differ', () => {
    const edit = (text: string) => `${rename(text)}\nSee you soon.\n`;
    const plan = planned(receipt, edit);
    expect(plan).toMatchObject({
      kind: 'changed',
      changes: [{ field: 'name', to: 'Bill' }, { field: 'body' }],
    });
    const lines = plannedLines(plan, undefined);
    expect(lines).toContain('receipt-x7k2: changed (version 3, paused)');
    expect(lines).toContain('      + See you soon.');
    expect(lines.filter((line) => line.includes('- '))).toHaveLength(1);
  });

  it('gives the command that switches on an optional event that is off', () => {
    const plan = planned(named('refund'), rename);
    const lines = plannedLines(plan, undefined, { options: ' --stage prod' });
    expect(lines).toContain(
      '    npm run settings -- set events.order.refunded.enabled on --stage prod',
    );
  });

  it('names the step whose text changes', () => {
    const plan = planned(dunning, (text) => text.replace(/subject: .*/, 'subject: Your card'));
    const [first] = dunning.steps;
    expect(plan).toMatchObject({ changes: [{ field: `${first?.id}.subject`, to: 'Your card' }] });
  });

  it('is its status, and that stays where the file has none', () => {
    const activate = (text: string) => text.replace('status: paused', 'status: active');
    expect(planned(receipt, activate)).toMatchObject({
      changes: [{ field: 'status', from: 'paused', to: 'active' }],
    });
    const none = (text: string) => text.replace('status: paused\n', '');
    expect(planned(receipt, none)).toMatchObject({ kind: 'unchanged' });
  });

  it('is a draft of a new one, unless its file says more', () => {
    const bare = (text: string) => text.replace(/version: 3\nstatus: paused\n/, '');
    expect(planned(receipt, bare, stackOf())).toMatchObject({
      kind: 'new',
      after: { status: 'draft' },
    });
    const active = (text: string) => bare(text).replace('---\n', '---\nstatus: active\n');
    expect(planned(receipt, active, stackOf())).toMatchObject({ after: { status: 'active' } });
  });

  it('is nothing where the stack has one without a file, and it is told', () => {
    const plan = planOf([fileOf(receipt)], stackOf(receipt, dunning), surroundings);
    expect(plan.map(({ workflowId, kind }) => [workflowId, kind])).toEqual([
      ['dunning-x7k2', 'no-file'],
      ['receipt-x7k2', 'unchanged'],
    ]);
  });
});

describe('drift', () => {
  const newer = { ...receipt, version: 5, name: 'Thanks' };

  it('is what somebody saved since the version in the file', () => {
    const stack = { present: [{ workflow: newer, base: receipt }], removed: [] };
    const plan = planned(receipt, (text) => text, stack);
    expect(plan).toMatchObject({
      kind: 'drift',
      seen: 3,
      elsewhere: [{ field: 'name', to: 'Thanks' }],
    });
    expect(plannedLines(plan, undefined).join('\n')).toContain('write "version: 5" into the file');
  });

  it('is also where that version was not kept', () => {
    expect(planned(receipt, (text) => text, stackOf(newer))).toMatchObject({
      kind: 'drift',
      elsewhere: undefined,
    });
  });

  it('is none where what was saved is what the file says, or what it was exported from', () => {
    const same = { ...receipt, version: 5 };
    expect(planned(receipt, (text) => text, stackOf(same))).toMatchObject({ kind: 'unchanged' });
    const stack = { present: [{ workflow: same, base: receipt }], removed: [] };
    expect(planned(receipt, rename, stack)).toMatchObject({ kind: 'changed' });
  });

  it('is settled by the version of now in the file', () => {
    const settled = (text: string) => withVersion(text, 5);
    expect(planned(receipt, settled, stackOf(newer))).toMatchObject({ kind: 'changed' });
  });
});

describe('a file cannot be applied', () => {
  const problem = (edit: (text: string) => string, of = receipt, stack = stackOf(of)) =>
    plannedLines(planned(of, edit, stack), undefined)
      .slice(1)
      .join('\n');

  it.each<[string, (text: string) => string, RegExp]>([
    ['without front matter', () => 'Hi', /receipt-x7k2\.md: It must begin with YAML/],
    ['without its version', (text) => text.replace('version: 3\n', ''), /version: It is missing/],
    [
      'with a version to come',
      (text) => withVersion(text, 9),
      /version: The stack has version 3 at/,
    ],
    [
      'with no version',
      (text) => text.replace('version: 3', 'version: new'),
      /version: The version must/,
    ],
    [
      'with no status',
      (text) => text.replace('paused', 'off'),
      /status: The status is draft, active or/,
    ],
    [
      'as a draft again',
      (text) => text.replace('paused', 'draft'),
      /status: It is paused and cannot/,
    ],
    [
      'with another event',
      (text) => text.replace('order.paid', 'order.payed'),
      /event: .*did you mean/,
    ],
  ])('%s', (_, edit, expected) => {
    expect(problem(edit)).toMatch(expected);
  });

  it('with a step at fault, which is named', () => {
    const [first] = dunning.steps;
    const edit = (text: string) => text.replace(/subject: .*/, 'subject: "{{ oops"');
    expect(problem(edit, dunning)).toContain(`dunning-x7k2.md: ${first?.id}.subject: `);
  });

  it('that makes marketing active without a postal address', () => {
    const edit = (text: string) => text.replace('paused', 'active');
    expect(problem(edit, named('welcome'))).toMatch(
      /status: It cannot be active\. Marketing email/,
    );
  });

  it('of a workflow that was removed', () => {
    const stack = { present: [], removed: [receipt.workflowId] };
    expect(problem((text) => text, receipt, stack)).toMatch(/was removed\. Bring it back/);
  });
});

it('a plan is of these texts, these versions and this stack', () => {
  const id = planId([fileOf(receipt)], stackOf(receipt), 'prod');
  const differs = (file: string, workflow: Workflow, title: string) =>
    differsIn(id, planId([{ ...fileOf(receipt), text: file }], stackOf(workflow), title));
  const { text } = fileOf(receipt);
  expect(differs(text, receipt, 'prod')).toBeUndefined();
  expect(differs(`${text}!`, receipt, 'prod')).toBe('files');
  expect(differs(text, { ...receipt, version: 4 }, 'prod')).toBe('stack');
  expect(differs(text, receipt, 'staging')).toBe('stack');
  expect(differs(`${text}!`, { ...receipt, version: 4 }, 'prod')).toBe('both');
});

it('a file takes another version, and stays as it was written', () => {
  expect(withVersion('---\nstatus: draft\nversion: 3 # ours\nname: A\n---\nversion: 1\n', 4)).toBe(
    '---\nversion: 4\nstatus: draft\nname: A\n---\nversion: 1\n',
  );
  expect(withVersion('---\r\nname: A\r\n---\r\n', 1)).toBe(
    '---\r\nversion: 1\r\nname: A\r\n---\r\n',
  );
  expect(withVersion('---\r\nversion: 1\r\nname: A\r\n---\r\n', 2)).toBe(
    '---\r\nversion: 2\r\nname: A\r\n---\r\n',
  );
});

it('says what becomes of emails on their way where a file moves its workflow to another event', () => {
  const move = (text: string) => text.replace('order.paid', 'order.refunded');
  expect(planned(receipt, move).warnings[0]).toBe(
    'Emails for order.paid that are still queued or held will be blocked.',
  );
});
