import type { Workflow } from '#shared/audience/workflow.ts';
import type { Saving } from '#shared/mail/workflow-drafts.ts';
import type { Flash } from '../console-env.ts';

type Saved = Extract<Saving, { kind: 'saved' }>;

/** What became of a save, and which version is live now. */
export function savedFlash(before: Workflow, { workflow, warnings, obstacles }: Saved): Flash {
  const { version, status } = workflow;
  if (version === before.version) return { kind: 'done', text: 'Nothing was changed.' };
  const notes = warnings.map((warning) => `\nNote: ${warning}`).join('');
  if (before.status === 'active' && status === 'paused') {
    const why = obstacles.join(' ');
    return {
      kind: 'problem',
      text: `Saved as version ${version}, and paused, because it may not be active: ${why}${notes}`,
    };
  }
  const live =
    status === 'active'
      ? `It is live: events that come in from now on send it; it may take half a minute until the first one does.`
      : `It is ${status === 'draft' ? 'a draft' : 'paused'}: nothing is sent before it is activated.`;
  return { kind: 'done', text: `Saved as version ${version}. ${live}${notes}` };
}
