import { describe, expect, it } from 'vitest';
import { readWorkflowFile, workflowFile } from '#infra/commands/workflows/files/workflow-file.ts';
import type { Condition } from '#shared/audience/conditions.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { checkWorkflow } from '#shared/mail/check/check-workflow.ts';
import type { WorkflowDraft } from '#shared/mail/check/written-draft.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { readySequences } from '#shared/mail/ready-made/sequences.ts';

const head = {
  trigger: { event: 'order.paid' as const, conditions: [] },
  ...{ frequency: 'every-time' as const, maxAgeHours: 72, audience: [], exitWhen: [] },
};
const email = { kind: 'transactional' as const, subject: 'Hi', preheader: '', body: 'Thanks.' };
const send = { kind: 'send' as const, id: 'first', onlyIf: [], email };
const draft: WorkflowDraft = { name: 'Receipt', ...head, steps: [send] };

function readAgain(of: WorkflowDraft): unknown {
  const read = readWorkflowFile(workflowFile(of));
  return read.kind === 'read' ? read.written : read.problem;
}

function problemOf(text: string) {
  const read = readWorkflowFile(text);
  return read.kind === 'refused' ? read.problem : undefined;
}

describe('a workflow as a file', () => {
  const drafts = [...readyMade, ...readySequences].map((one): [string, WorkflowDraft] => {
    const { name, title, event, conditions, frequency } = one;
    const isSequence = 'steps' in one;
    return [
      name,
      {
        ...head,
        ...{ name: title, frequency, trigger: { event, conditions: [...conditions] } },
        exitWhen: isSequence ? [...one.exitWhen] : [],
        steps: isSequence ? [...one.steps] : [{ ...send, id: 'email', email: one.email }],
      },
    ];
  });

  it.each(drafts)('is read as it was written: %s', (_, one) => {
    expect(readAgain(one)).toEqual(one);
    const check = checkWorkflow(readAgain(one), { settings: defaultSettings, hasSender: true });
    expect(check.kind).toBe('accepted');
  });

  it('reads as people write it', () => {
    const steps: WorkflowDraft['steps'] = [
      { kind: 'wait', id: 'wait-1', until: { date: 'trialEnd', offsetHours: -72 } },
      { ...send, onlyIf: [{ property: 'status', operator: 'is-not', value: 'paid' }] },
      { kind: 'wait', id: 'wait-2', for: { hours: 36 } },
      { ...send, id: 'second', email: { ...email, subject: 'Yes: no', from: 'a@example.com' } },
    ];
    const exitWhen = [
      {
        property: 'subscription.status' as const,
        operator: 'is-one-of' as const,
        values: ['active', 'paused'],
      },
    ];
    const several = { ...draft, exitWhen, steps };
    expect(workflowFile(several)).toBe(`---
name: Receipt
event: order.paid
frequency: every-time
maxAgeHours: 72
exitWhen:
  - subscription.status is one of active, paused
steps:
  - wait: wait-1
    until: 3 days before trialEnd
  - send: first
    onlyIf:
      - status is not paid
    kind: transactional
    subject: Hi
  - wait: wait-2
    for: 36 hours
  - send: second
    kind: transactional
    subject: "Yes: no"
    from: a@example.com
---

## Mail first

Thanks.

## Mail second

Thanks.
`);
    expect(readAgain(several)).toEqual(several);
  });

  it.each<Condition>([
    { property: 'productName', operator: 'is', value: 'set' },
    { property: 'productName', operator: 'is', value: 'one of a, b' },
    { property: 'productName', operator: 'is', value: ' spaced ' },
    { property: 'productName', operator: 'is-one-of', values: ['a, b'] },
    { property: 'productName', operator: 'is', value: ' ' },
    { property: 'productName', operator: 'is-one-of', values: ['two\nlines', 'b'] },
    { property: 'productName', operator: 'is-not-set' },
    { property: 'productName', operator: 'is-set' },
    { property: 'amount', operator: 'is', value: '1900' },
  ])('keeps what a condition means: %j', (condition) => {
    const conditions = [condition];
    const one = { ...draft, trigger: { event: 'order.paid' as const, conditions } };
    expect(readAgain(one)).toEqual(one);
  });

  it.each(['- a\n\n---\n\n- b', '## Mail us\n\nOr call.', '---\nx\n---', 'a\n\n\n## Mail  first'])(
    'keeps the body %j',
    (body) => {
      const one = { ...draft, steps: [{ ...send, email: { ...email, body } }] };
      expect(readAgain(one)).toEqual(one);
    },
  );

  const text = workflowFile(draft);

  it.each([
    ['nothing', '', /^It must begin with YAML between two lines of ---/],
    ['no end of the front', text.replace('\n---\n', '\n'), /^It must begin with YAML/],
    ['no YAML', text.replace('name: Receipt', 'name: [Receipt'), /is no YAML: /],
    ['a word in front', '---\nword\n---\n', /^There is nothing between/],
    [
      'no steps',
      text.replace('steps:', 'stps:'),
      /^There is no list "steps"\. What "export" writes/,
    ],
    ['a step of no kind', text.replace('send: first', 'sent: first'), /^Each step begins with/],
    [
      'a section too few',
      text.replace('## Mail first', ''),
      /^The section ## Mail first is missing/,
    ],
    ['a section twice', `${text}\n## Mail first\n`, /^There are two sections ## Mail first/],
    ['text before it', text.replace('## Mail', 'Hello\n\n## Mail'), /^There is text before/],
    [
      'a time',
      text.replace('send: first', 'wait: a\n    for: 3 dayz'),
      /^"3 dayz" is no time: write 3 days/,
    ],
    [
      'a date',
      text.replace('send: first', 'wait: a\n    until: 3 days of May'),
      /^"3 days of May" is no date/,
    ],
    [
      'a condition',
      text.replace('steps:', 'exitWhen: [never]\nsteps:'),
      /^"never" is no condition/,
    ],
    ['no list', text.replace('steps:', 'exitWhen: never\nsteps:'), /^exitWhen must be a list/],
  ])('says what is wrong: %s', (_, written, problem) => {
    expect(problemOf(written)).toMatch(problem);
  });

  it('leaves what else is wrong to the check', () => {
    const read = readWorkflowFile(text.replace('kind:', 'knd:'));
    const written = read.kind === 'read' ? read.written : undefined;
    const check = checkWorkflow(written, { settings: defaultSettings, hasSender: true });
    expect(check).toMatchObject({
      kind: 'refused',
      problems: ['steps.0.email.kind is missing.', 'steps.0.email has no knd.'],
    });
  });
});
