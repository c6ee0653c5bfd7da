import { isMailable } from '#shared/audience/email-address.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { sendTestEmail, testEmail } from '#shared/mail/test-email.ts';
import type { Saving } from '#shared/mail/workflow-drafts.ts';
import type { Flash } from '../console-env.ts';
import type { WorkflowParts } from './workflow-parts.ts';

const overtaken = problem(
  'Someone else changed the workflow meanwhile, so nothing was done. Look at it, and try again.',
);

/** Lets a workflow send, as the person saw it: in this version. */
export async function activate(
  workflow: Workflow,
  version: number,
  { drafts }: WorkflowParts,
): Promise<Flash> {
  if (workflow.status === 'active') return done('It is active already.');
  if (workflow.version !== version) return overtaken;
  const saving = await drafts.activate(workflow);
  return flashOf(
    saving,
    'It is active: events that come in from now on send it. It may take half a minute until the first one does.',
    'It cannot be activated.',
  );
}

export async function pause(
  workflow: Workflow,
  version: number,
  { drafts }: WorkflowParts,
): Promise<Flash> {
  if (workflow.status !== 'active') return done('It sends nothing as it is.');
  if (workflow.version !== version) return overtaken;
  return flashOf(
    await drafts.pause(workflow),
    'It is paused. Emails of it that are still queued will be blocked.',
    'It cannot be paused.',
  );
}

/** Removes it as the person saw it: in this version. Where it is not, `flash` is to be shown on its page. */
export async function remove(
  { workflowId, name }: Workflow,
  version: number,
  { workflows }: WorkflowParts,
): Promise<{ isRemoved: boolean; flash: Flash }> {
  const isRemoved = Number.isInteger(version) && (await workflows.remove({ workflowId, version }));
  const flash = isRemoved
    ? done(`${name} is removed. The ledger keeps the emails that it sent.`)
    : problem(
        'Someone else changed the workflow meanwhile, so it was not removed. This is how it is now: remove it from here if it still has to go.',
      );
  return { isRemoved, flash };
}

/** Sends the email as it is saved, with made-up values. */
export async function sendTest(workflow: Workflow, to: string, parts: WorkflowParts) {
  if (!isMailable(to)) return problem('That is no email address that a test could be sent to.');
  const { mailFrom, unsubscribeUrl, now, send } = parts;
  const settings = await parts.settings();
  const made = testEmail({ workflow, to, settings, mailFrom, unsubscribeUrl, now: now() });
  switch (made.kind) {
    case 'no-sender':
      return problem('No sender is set up. Deploy with -c mailFrom=example.com (see the README).');
    case 'blocked':
      return problem(`With made-up values it cannot be rendered: ${made.reason}`);
    case 'made': {
      const sending = await sendTestEmail(made.mail, send);
      if (sending.kind === 'not-sent') return problem(sending.sentence);
      return done(`Sent to ${to}: ${made.mail.subject}`);
    }
  }
}

function flashOf(saving: Saving, success: string, failure: string): Flash {
  switch (saving.kind) {
    case 'conflict':
      return overtaken;
    case 'refused':
      return problem([failure, ...saving.problems].join(' '));
    case 'saved':
      return done([success, ...saving.warnings.map((warning) => `Note: ${warning}`)].join('\n'));
  }
}

function done(text: string): Flash {
  return { kind: 'done', text };
}

function problem(text: string): Flash {
  return { kind: 'problem', text };
}
