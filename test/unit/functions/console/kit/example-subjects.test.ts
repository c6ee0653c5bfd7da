import { expect, it } from 'vitest';
import { exampleSubjects } from '#functions/console/kit/example-subjects.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { sendsOf } from '#shared/audience/workflow.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';

const look = {
  settings: defaultSettings,
  brand: {},
  portal: undefined,
  now: new Date('2026-11-14T12:00:00Z'),
};

it.each(['abc', '9'.repeat(310)])(
  'where no amount is %s, a subject is as it is written',
  (value) => {
    const { workflow } = approvedMail();
    if (!workflow) throw new Error('approvedMail has no workflow');
    const conditions = [{ property: 'amount' as const, operator: 'is' as const, value }];
    const trigger = { event: 'order.paid' as const, conditions };
    const subjects = exampleSubjects({ ...workflow, trigger }, look);
    expect([...subjects]).toEqual(sendsOf(workflow).map(({ id, email }) => [id, email.subject]));
  },
);
