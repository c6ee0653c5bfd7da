import { expect, it } from 'vitest';
import { type Workflow, waitForSchema } from '#shared/audience/workflow.ts';
import { moveWarnings } from '#shared/mail/workflow-drafts.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';

const { workflow } = approvedMail();
if (!workflow) throw new Error('approvedMail has no workflow');
const moved = { trigger: { event: 'order.paid' as const, conditions: [] } } satisfies Pick<
  Workflow,
  'trigger'
>;
const wait = waitForSchema.parse({ kind: 'wait', id: 'wait-1', for: { hours: 24 } });

it.each<[string, Partial<Workflow>, readonly string[]]>([
  [
    'blocks what is on its way',
    {},
    ['Emails for customer.created that are still queued or held will be blocked.'],
  ],
  [
    'lets people at a wait go on',
    { status: 'paused', steps: [...workflow.steps, wait] },
    [
      'Emails for customer.created that are still queued or held will be blocked. People already at a wait go on with the new steps.',
    ],
  ],
  ['has nothing on its way while it is a draft', { status: 'draft' }, []],
  ['says nothing while it keeps its event', moved, []],
])('a workflow that is moved to another event %s', (_, patch, warnings) => {
  expect(moveWarnings({ ...workflow, ...patch }, moved)).toEqual(warnings);
});
