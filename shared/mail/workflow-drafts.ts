import { isDeepStrictEqual } from 'node:util';
import { needsRun, plainStepId, type Workflow, type Workflows } from '#shared/audience/workflow.ts';
import {
  checkWorkflow,
  type MailSurroundings,
  type WorkflowCheck,
} from './check/check-workflow.ts';
import type { DraftProblem } from './check/draft-problem.ts';
import type { WorkflowDraft } from './check/written-draft.ts';
import type { ReadyMade } from './ready-made/ready-made.ts';
import type { ReadySequence } from './ready-made/sequences.ts';

/** `conflict`: someone else changed the workflow meanwhile, so nothing was saved. All texts are sentences for people. */
export type Saving =
  | { kind: 'saved'; workflow: Workflow; warnings: string[]; obstacles: string[] }
  /** `places`: those of the problems that are at one field. */
  | { kind: 'refused'; problems: string[]; places: readonly DraftProblem[] }
  | { kind: 'conflict' };

export type WorkflowDrafts = Readonly<{
  /** Saves a ready-made workflow as a draft, or a bare one, under an id that no workflow had before, and a free name. */
  add(readyMade?: ReadyMade | ReadySequence): Promise<Saving>;
  /** Saves what a person wrote as a draft of this id. `conflict`: there is one already. */
  create(workflowId: string, written: unknown): Promise<Saving>;
  /**
   * Saves what a person wrote as the next version of a workflow, unless it is what is there already. An active one
   * goes on with the new version; where obstacles keep that from being active, it is paused.
   */
  save(workflow: Workflow, written: unknown): Promise<Saving>;
  /** Compiles a workflow as it was just read, and lets it send. Refused while it has problems or obstacles. */
  activate(workflow: Workflow): Promise<Saving>;
  /** Also what is queued already is not sent any more. */
  pause(workflow: Workflow): Promise<Saving>;
  /**
   * Saves what was written of an earlier version as the next one. One that is there stays active or not; one that was
   * removed comes back as a draft, or paused where it was more than that.
   */
  restore(wanted: Workflow, present: Present): Promise<Saving>;
}>;

/** The newest version of a workflow, and whether that is there or was removed. */
export type Present = Readonly<{ newest: Workflow; isRemoved: boolean }>;

type Parts = Readonly<{
  workflows: Pick<Workflows, 'all' | 'save' | 'bringBack'>;
  surroundings: () => Promise<MailSurroundings>;
  now: () => Date;
  /** A few random letters and digits. */
  newTag: () => string;
}>;

const usualMaxAgeHours = 72;
const mostTags = 5;

/** What people do with workflows, wherever they do it. */
export function workflowDrafts({ workflows, surroundings, now, newTag }: Parts): WorkflowDrafts {
  const check = async (written: unknown) => checkWorkflow(written, await surroundings());

  async function write(workflow: Workflow, checked?: Accepted): Promise<Saving> {
    if (!(await workflows.save(workflow))) return { kind: 'conflict' };
    return savedAs(workflow, checked);
  }

  const first = (workflowId: string, checked: Accepted): Workflow => {
    const at = now().toISOString();
    const begun = { workflowId, version: 1, status: 'draft' } as const;
    return { ...begun, ...partsOf(checked), createdAt: at, updatedAt: at };
  };

  const next = (workflow: Workflow, change: Partial<Workflow>): Workflow => ({
    ...workflow,
    ...change,
    version: workflow.version + 1,
    updatedAt: now().toISOString(),
  });

  const drafts: WorkflowDrafts = {
    async add(readyMade: Beginning = bare) {
      const names = (await workflows.all()).map(({ name }) => name);
      const written = draftFrom({ ...readyMade, title: freeName(readyMade.title, names) });
      const checked = await check(written);
      if (checked.kind === 'refused') return checked;
      let saving: Saving = { kind: 'conflict' };
      // The ledger never forgets, so a new workflow must not have the id of one that was removed.
      for (let tags = 0; tags < mostTags && saving.kind === 'conflict'; tags++) {
        saving = await write(first(`${readyMade.name}-${newTag()}`, checked), checked);
      }
      return saving;
    },

    async create(workflowId, written) {
      const checked = await check(written);
      return checked.kind === 'refused' ? checked : write(first(workflowId, checked), checked);
    },

    async save(workflow, written) {
      const checked = await check(written);
      if (checked.kind === 'refused') return checked;
      const { obstacles, draft } = checked;
      const isLive = workflow.status === 'active';
      const status = isLive && obstacles.length > 0 ? 'paused' : workflow.status;
      const change = { ...partsOf(checked), status };
      if (isDeepStrictEqual({ ...workflow, ...change }, workflow))
        return savedAs(workflow, checked);
      const warnings = [...moveWarnings(workflow, draft), ...checked.warnings];
      return write(next(workflow, change), { ...checked, warnings });
    },

    async activate(workflow) {
      const checked = await check(draftOf(workflow));
      if (checked.kind === 'refused') return checked;
      const { obstacles } = checked;
      if (obstacles.length > 0) return { kind: 'refused', problems: obstacles, places: [] };
      return write(next(workflow, { status: 'active', ...partsOf(checked) }), checked);
    },

    pause: (workflow) => write(next(workflow, { status: 'paused' })),

    async restore(wanted, { newest, isRemoved }) {
      if (!isRemoved) return drafts.save(newest, draftOf(wanted));
      const checked = await check(draftOf(wanted));
      if (checked.kind === 'refused') return checked;
      const status = newest.status === 'draft' ? 'draft' : 'paused';
      const workflow = next(newest, { ...partsOf(checked), status });
      if (!(await workflows.bringBack(workflow))) return { kind: 'conflict' };
      return savedAs(workflow, checked);
    },
  };
  return drafts;
}

type Accepted = Extract<WorkflowCheck, { kind: 'accepted' }>;

/** What becomes of those for whom a workflow has begun, where it waits for another event from now on. */
export function moveWarnings(
  before: Pick<Workflow, 'status' | 'steps' | 'trigger'>,
  { trigger }: Pick<WorkflowDraft, 'trigger'>,
): string[] {
  const { status, steps } = before;
  if (status === 'draft' || trigger.event === before.trigger.event) return [];
  const onTheirWay = needsRun({ steps })
    ? ' People already at a wait go on with the new steps.'
    : '';
  return [
    `Emails for ${before.trigger.event} that are still queued or held will be blocked.${onTheirWay}`,
  ];
}

/** What checking made of a draft, as a workflow has it. */
function partsOf({ draft, steps }: Accepted) {
  return { ...draft, steps };
}

function savedAs(workflow: Workflow, checked?: Accepted): Extract<Saving, { kind: 'saved' }> {
  const { warnings = [], obstacles = [] } = checked ?? {};
  return { kind: 'saved', workflow, warnings, obstacles };
}

/** The name itself, or with the first number that makes it one that is not taken. Lists and notes tell workflows apart by it. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name} ${number}`)) number++;
  return `${name} ${number}`;
}

type Beginning = Omit<ReadyMade, 'description'> | Omit<ReadySequence, 'description'>;

/** What can be saved with as little in it as possible. */
const bare: Omit<ReadyMade, 'description'> = {
  name: 'workflow',
  title: 'New workflow',
  event: 'customer.created',
  conditions: [],
  frequency: 'once-per-contact',
  email: {
    kind: 'transactional',
    subject: 'Hello{% if contact.firstName %}, {{ contact.firstName }}{% endif %}',
    preheader: '',
    body: 'Hi {{ contact.firstName | default: "there" }},\n\n',
  },
};

function draftFrom(beginning: Beginning): WorkflowDraft {
  const { title, event, conditions, frequency } = beginning;
  const isSequence = 'steps' in beginning;
  return {
    name: title,
    trigger: { event, conditions: [...conditions] },
    frequency,
    maxAgeHours: usualMaxAgeHours,
    audience: [...(beginning.audience ?? [])],
    exitWhen: isSequence ? [...beginning.exitWhen] : [],
    steps: isSequence
      ? [...beginning.steps]
      : [{ kind: 'send', id: plainStepId, onlyIf: [], email: beginning.email }],
  };
}

/** What a person wrote of a workflow. */
export function draftOf(workflow: Workflow): WorkflowDraft {
  const { name, trigger, audience, frequency, maxAgeHours, exitWhen } = workflow;
  const steps = workflow.steps.map((step): WorkflowDraft['steps'][number] => {
    if (step.kind === 'wait') return step;
    const { compiled: _, ...written } = step;
    return written;
  });
  return { name, trigger, audience, frequency, maxAgeHours, exitWhen, steps };
}
