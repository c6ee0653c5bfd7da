import type { Workflow } from '../audience/workflow.ts';
import type { Workflows } from '../aws/dynamo-workflows.ts';
import {
  checkWorkflow,
  type MailSurroundings,
  type WorkflowCheck,
  type WorkflowDraft,
} from './check-workflow.ts';
import type { ReadyMade } from './ready-made.ts';

/** `conflict`: someone else changed the workflow meanwhile, so nothing was saved. All texts are sentences for people. */
export type Saving =
  | { kind: 'saved'; workflow: Workflow; warnings: string[]; obstacles: string[] }
  | { kind: 'refused'; problems: string[] }
  | { kind: 'conflict' };

export type WorkflowDrafts = Readonly<{
  /** Saves a ready-made workflow as a draft, under an id that no workflow had before. */
  add(readyMade: ReadyMade): Promise<Saving>;
  /** Compiles a workflow as it was read anew, and lets it send. Refused while it has problems or obstacles. */
  activate(workflow: Workflow): Promise<Saving>;
  /** Also what is queued already is not sent any more. */
  pause(workflow: Workflow): Promise<Saving>;
}>;

type Parts = Readonly<{
  workflows: Pick<Workflows, 'save'>;
  surroundings: () => Promise<MailSurroundings>;
  now: () => Date;
  /** A few random letters and digits. */
  newTag: () => string;
}>;

const usualMaxAgeHours = 72;
const mostTags = 5;

/** What people do with workflows, wherever they do it. */
export function workflowDrafts({ workflows, surroundings, now, newTag }: Parts): WorkflowDrafts {
  const check = async (draft: WorkflowDraft) => checkWorkflow(draft, await surroundings());

  async function save(workflow: Workflow, checked?: Accepted): Promise<Saving> {
    if (!(await workflows.save(workflow))) return { kind: 'conflict' };
    const { warnings = [], obstacles = [] } = checked ?? {};
    return { kind: 'saved', workflow, warnings, obstacles };
  }

  const next = (workflow: Workflow, change: Partial<Workflow>): Workflow => ({
    ...workflow,
    ...change,
    version: workflow.version + 1,
    updatedAt: now().toISOString(),
  });

  return {
    async add(readyMade) {
      const checked = await check(draftFrom(readyMade));
      if (checked.kind === 'refused') return checked;
      const at = now().toISOString();
      let saving: Saving = { kind: 'conflict' };
      // The ledger never forgets, so a new workflow must not have the id of one that was removed.
      for (let tags = 0; tags < mostTags && saving.kind === 'conflict'; tags++) {
        const workflow: Workflow = {
          workflowId: `${readyMade.name}-${newTag()}`,
          version: 1,
          status: 'draft',
          ...checked.draft,
          compiled: checked.compiled,
          createdAt: at,
          updatedAt: at,
        };
        saving = await save(workflow, checked);
      }
      return saving;
    },

    async activate(workflow) {
      const checked = await check(draftOf(workflow));
      if (checked.kind === 'refused') return checked;
      if (checked.obstacles.length > 0) return { kind: 'refused', problems: checked.obstacles };
      return save(next(workflow, { status: 'active', compiled: checked.compiled }), checked);
    },

    pause: (workflow) => save(next(workflow, { status: 'paused' })),
  };
}

type Accepted = Extract<WorkflowCheck, { kind: 'accepted' }>;

function draftFrom({ title, event, conditions, frequency, email }: ReadyMade): WorkflowDraft {
  return {
    name: title,
    trigger: { event, conditions: [...conditions] },
    frequency,
    maxAgeHours: usualMaxAgeHours,
    email,
  };
}

function draftOf({ name, trigger, frequency, maxAgeHours, email }: Workflow): WorkflowDraft {
  return { name, trigger, frequency, maxAgeHours, email };
}
