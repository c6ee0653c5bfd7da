import { expect, it, onTestFinished, vi } from 'vitest';
import { exampleSubjects, longestForSubjectsMs } from '#functions/console/kit/example-subjects.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { firstSend, sendsOf } from '#shared/audience/workflow.ts';
import { subjectsWithin } from '#shared/mail/render-email.ts';
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

it('shows subjects as they are written from the one on that takes longer than all of a page may', () => {
  // A second of rendering, by a clock that runs twenty times as fast.
  const now = performance.now.bind(performance);
  const fast = vi.spyOn(performance, 'now').mockImplementation(() => 20 * now());
  onTestFinished(() => fast.mockRestore());
  const { workflow } = approvedMail();
  if (!workflow) throw new Error('approvedMail has no workflow');
  const loops = Array.from({ length: 12 }, (_, index) => `{% for i${index} in d %}`).join('');
  const heavy = `{% assign d = "0,1,2,3,4,5,6,7,8,9" | split: "," %}${loops}${'{% endfor %}'.repeat(12)}Late`;
  const light = 'For {{ contact.firstName }}';
  const first = firstSend(workflow);
  const steps = [light, heavy, light].map((subject, index) => ({
    ...first,
    id: `step-${index}`,
    email: { ...first.email, subject },
    compiled: { ...first.compiled, subject },
  }));
  const subjectOf = subjectsWithin(longestForSubjectsMs);
  const subjectsOf = (some: typeof steps) => [
    ...exampleSubjects({ ...workflow, steps: some }, look, subjectOf).values(),
  ];
  expect(subjectsOf(steps)).toEqual(['For Ada', heavy, light]);
  // So are those of the next workflow on the page.
  expect(subjectsOf(steps.slice(0, 1))).toEqual([light]);
});
