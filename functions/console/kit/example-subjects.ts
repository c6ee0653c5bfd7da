import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { sendsOf, type Workflow } from '#shared/audience/workflow.ts';
import { subjectsWithin } from '#shared/mail/render-email.ts';
import { sampleVariables } from '#shared/mail/test-email.ts';
import type { Portal } from '#shared/polar/portal.ts';

/** Of all on a page, whatever they compute: nobody waits longer for them. */
export const longestForSubjectsMs = 1_000;

type Look = Readonly<{
  settings: Settings;
  brand: Brand;
  portal: Portal | undefined;
  now: Date;
}>;

/**
 * The subjects of a workflow's emails as people get them, with example values, by step: nobody has to read Liquid. Where
 * no example can be made, as of a condition that somebody wrote into the table, or not in time, they are as they are written.
 * `subjectOf`: the same one for all workflows of a page, which share its time.
 */
export function exampleSubjects(
  workflow: Workflow,
  look: Look,
  subjectOf = subjectsWithin(longestForSubjectsMs),
): ReadonlyMap<string, string> {
  try {
    return renderedSubjects(workflow, look, subjectOf);
  } catch {
    return new Map(sendsOf(workflow).map(({ id, email }) => [id, email.subject]));
  }
}

function renderedSubjects(
  workflow: Workflow,
  { settings, brand, portal, now }: Look,
  subjectOf: ReturnType<typeof subjectsWithin>,
): ReadonlyMap<string, string> {
  const { event } = workflow.trigger;
  const variables = sampleVariables(workflow, 'ada@example.com', now, portal, brand);
  const letterhead = { brand, postalAddress: settings.postalAddress, event };
  return new Map(
    sendsOf(workflow).map(({ id, email, compiled }) => {
      const subject = subjectOf({ compiled, variables, writing: settings, letterhead });
      return [id, subject ?? email.subject] as const;
    }),
  );
}
