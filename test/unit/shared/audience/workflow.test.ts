import { describe, expect, it } from 'vitest';
import {
  firstSend,
  needsRun,
  storedWorkflow,
  storedWorkflowSchema,
  type Workflow,
} from '#shared/audience/workflow.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';

const { workflow: approved } = approvedMail();
if (!approved) throw new Error('approvedMail has no workflow');
const plain = approved;
const send = firstSend(plain);
const wait = { kind: 'wait' as const, id: 'wait', for: { hours: 72 } };

/** As version 0.1.0 wrote it. */
const { audience: _, exitWhen: _e, steps: _s, ...rest } = plain;
const row = { ...rest, email: send.email, compiled: send.compiled };

describe('the row of a workflow', () => {
  it('of one email alone is what version 0.1.0 wrote, and is read as one step', () => {
    expect(storedWorkflow(plain)).toEqual(row);
    expect(storedWorkflowSchema.parse(row)).toEqual(plain);
  });

  it.each<[string, Partial<Workflow>]>([
    ['several steps', { steps: [wait, send] }],
    ['another id of its step', { steps: [{ ...send, id: 'other' }] }],
    ['an end', { exitWhen: [{ property: 'externalId', operator: 'is-set' }] }],
    ['an audience', { audience: [{ property: 'externalId', operator: 'is-set' }] }],
    [
      'a step with a condition',
      { steps: [{ ...send, onlyIf: [{ property: 'amount', operator: 'is-set' }] }] },
    ],
  ])('with %s has all of it', (_, change) => {
    const workflow = { ...plain, ...change };
    expect(storedWorkflow(workflow)).toEqual(workflow);
    expect(storedWorkflowSchema.parse(storedWorkflow(workflow))).toEqual(workflow);
  });

  it.each([
    ['neither steps nor an email', rest],
    ['a step of no kind', { ...plain, steps: [{ id: 'x' }] }],
    ['a wait without an end', { ...plain, steps: [{ kind: 'wait', id: 'x' }, send] }],
  ])('with %s is refused', (_, wrong) => {
    expect(storedWorkflowSchema.safeParse(wrong).success).toBe(false);
  });
});

it('a run is needed for more than one email that goes at once', () => {
  expect(needsRun(plain)).toBe(false);
  expect(needsRun({ steps: [send, wait] })).toBe(true);
  expect(needsRun({ steps: [wait, send] })).toBe(true);
  expect(needsRun({ steps: [send, { ...send, id: 'second' }] })).toBe(true);
});
