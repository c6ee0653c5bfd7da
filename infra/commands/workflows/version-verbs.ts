import type { Deployment } from '#infra/commands/deployment/deployment.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { EditedFile } from '#infra/terminal/editor.ts';
import { columns } from '#infra/terminal/lines.ts';
import type { Output } from '#infra/terminal/output.ts';
import { stoppedBy, stoppedText, type WaitingAt } from '#shared/audience/runs/steps-gone.ts';
import type { Workflow, Workflows } from '#shared/audience/workflow.ts';
import { readDraft } from '#shared/mail/check/written-draft.ts';
import {
  draftOf,
  type Present,
  type Saving,
  type WorkflowDrafts,
} from '#shared/mail/workflow-drafts.ts';
import { historyOf, type WorkflowVersion } from '#shared/mail/workflow-history.ts';
import { readWorkflowFile, workflowFile } from './files/workflow-file.ts';
import { oneNamed } from './short-ids.ts';
import { warningLines } from './text.ts';

type VersionParts = Readonly<{
  workflows: Pick<Workflows, 'find' | 'all' | 'versions' | 'removed'>;
  drafts: Pick<WorkflowDrafts, 'save' | 'restore'>;
  /** By its id or the beginning of it. Throws Advice where there is none. */
  named: (id: string) => Promise<Workflow>;
  deployment: Pick<Deployment, 'options'>;
  /** A command of the workflows as it is typed. */
  npm: (command: string) => string;
  /** Puts a text where a person can edit it. */
  fileToEdit: (name: string, text: string) => Promise<EditedFile>;
  /** Counts people at a step. */
  waitingAt: WaitingAt;
  /** Asks the person. */
  confirmed: (question: string) => Promise<boolean>;
}> &
  Output;

/** What `npm run workflows` does with the versions of one. All throw Advice about what cannot be done. */
export function versionVerbs(parts: VersionParts) {
  const { workflows, drafts, named, deployment, npm, fileToEdit, confirmed, print, document } =
    parts;

  /** Also one that was removed. One that is there is meant before one that was. */
  async function presentOf(id: string): Promise<Present> {
    const there = (await workflows.find(id)) ?? oneNamed(await workflows.all(), id);
    if (there) return { newest: await named(there.workflowId), isRemoved: false };
    const newest = oneNamed(await workflows.removed(), id);
    return newest ? { newest, isRemoved: true } : { newest: await named(id), isRemoved: false };
  }

  async function versionOf({ newest }: Present, version: number): Promise<Workflow> {
    const kept = await workflows.versions(newest.workflowId);
    const found = kept.find((one) => one.version === version);
    if (found) return found;
    const { workflowId } = newest;
    throw new Advice(
      `No version ${version} of it is kept. See which are:\n${npm(`history ${workflowId}`)}`,
    );
  }

  function saved({ workflow, warnings, obstacles }: Saved, before: Workflow): void {
    warningLines(workflow, warnings, deployment.options).forEach(print);
    const { workflowId, version, status } = workflow;
    const isNew = version !== before.version;
    print(isNew ? `${workflowId} is saved as version ${version}; it is ${status}.` : unchanged);
    if (!isNew) return;
    if (status !== before.status) print(`It was paused: ${obstacles.join(' ')}`);
    else if (status === 'active') print('Emails that are due from now on are made from it.');
  }

  return {
    async versionOf(id: string, version: number): Promise<Workflow> {
      return versionOf(await presentOf(id), version);
    },

    /** All workflows, those that were removed, too. */
    async historyOfAll() {
      const [there, removed] = await Promise.all([workflows.all(), workflows.removed()]);
      const rows = [
        ...there.map((one) => ({ ...one, isRemoved: false })),
        ...removed.map((one) => ({ ...one, isRemoved: true })),
      ].map(({ workflowId, name, version, status, updatedAt, isRemoved }) => {
        return { workflowId, name, version, savedAt: updatedAt, status, isRemoved };
      });
      if (document) return document({ workflows: rows });
      if (rows.length === 0) return print('There are no workflows, and none was removed.');
      const lines = rows.map(({ workflowId, name, version, savedAt, status, isRemoved }) => {
        return [workflowId, isRemoved ? 'removed' : status, String(version), savedAt, name];
      });
      for (const line of columns([['ID', 'STATUS', 'VERSION', 'SAVED', 'NAME'], ...lines])) {
        print(line);
      }
      const [last] = removed;
      if (!last) return;
      print('\nTo bring a removed one back:');
      print(npm(`restore ${last.workflowId} ${last.version}`));
    },

    /** The newest versions first, each with what it changed. */
    async history(id: string) {
      const { newest, isRemoved } = await presentOf(id);
      const { workflowId } = newest;
      const versions = historyOf(await workflows.versions(workflowId));
      if (document) return document({ workflowId, isRemoved, versions });
      if (isRemoved) print(`${workflowId} was removed.\n`);
      for (const line of historyLines(versions)) print(line);
      const earlier = isRemoved ? versions[0] : versions[1];
      if (!earlier) return;
      print(`\nTo read ${isRemoved ? 'one' : 'an earlier one'}, or put it back:`);
      print(npm(`show ${id} --version ${earlier.version}`));
      print(npm(`restore ${id} ${earlier.version}`));
    },

    /**
     * Saves what was written of an earlier version as the next one. One that was removed comes back, and sends nothing
     * until it is activated.
     */
    async restore(id: string, version: number, mayStop = false) {
      const present = await presentOf(id);
      const wanted = await versionOf(present, version);
      const command = `restore ${id} ${version}`;
      if (!(await areStopsFine(present.newest, wanted.steps, mayStop, command))) return;
      const saving = await drafts.restore(wanted, present);
      if (saving.kind === 'refused') {
        throw new Advice(
          `Version ${version} can’t be restored as it is. ${saving.problems.join(' ')}`,
        );
      }
      if (saving.kind === 'conflict') throw new Advice(overtaken);
      if (!present.isRemoved) return saved(saving, present.newest);
      const { workflowId, status } = saving.workflow;
      actedOn({ workflowId });
      print(`${workflowId} is back, as version ${saving.workflow.version}; it is ${status}.`);
      print(`Nothing is sent before you activate it:\n${npm(`activate ${workflowId}`)}`);
    },

    /** Saves what the person makes of it in their editor, and asks until it can be saved. */
    async edit(id: string, mayStop = false) {
      const present = await named(id);
      const text = workflowFile(draftOf(present));
      const file = await fileToEdit(`${present.workflowId}.md`, text);
      for (;;) {
        const edited = await file.edit();
        if (edited === text) {
          await file.remove();
          return print(unchanged);
        }
        const read = readWorkflowFile(edited);
        const draft = read.kind === 'read' ? readDraft(read.written) : undefined;
        if (draft?.kind === 'read') {
          const { steps } = draft.draft;
          if (!(await areStopsFine(present, steps, mayStop, `edit ${id}`, keptIn(file)))) {
            return print(keptIn(file));
          }
        }
        const saving = read.kind === 'read' ? await drafts.save(present, read.written) : undefined;
        if (saving?.kind === 'saved') {
          await file.remove();
          return saved(saving, present);
        }
        if (saving?.kind === 'conflict') throw new Advice(`${overtaken} ${keptIn(file)}`);
        const problems = read.kind === 'refused' ? [read.problem] : (saving?.problems ?? []);
        print(`It cannot be saved. ${problems.join(' ')}`);
        if (!(await again(file))) throw new Advice(`Nothing was saved. ${keptIn(file)}`);
      }
    },
  };

  /** Asks where people wait at steps that go. Throws Advice where nobody can answer. */
  async function areStopsFine(
    present: Workflow,
    steps: Parameters<typeof stoppedBy>[1],
    mayStop: boolean,
    command: string,
    hint = '',
  ): Promise<boolean> {
    const stopped = mayStop ? [] : await stoppedBy(present, steps, parts.waitingAt);
    if (stopped.length === 0) return true;
    const { workflowId } = present;
    const who = `People wait at steps of ${workflowId} that this takes away, and would get nothing more of it: ${stopped.map(stoppedText).join(', ')}.`;
    try {
      const isSure = await confirmed(`${who} Save it, and stop them?`);
      if (!isSure) print('Nothing was saved.');
      return isSure;
    } catch (error) {
      if (!(error instanceof Advice)) throw error;
      const how = `To save it, and stop them:\n${npm(`${command} --stop-waiting`)}`;
      throw new Advice(`${who} Nothing was saved. ${hint && `${hint} `}${how}`);
    }
  }

  async function again(file: EditedFile): Promise<boolean> {
    try {
      return await confirmed('Edit it again?');
    } catch (error) {
      if (error instanceof Advice) throw new Advice(`Nothing was saved. ${keptIn(file)}`);
      throw error;
    }
  }
}

type Saved = Extract<Saving, { kind: 'saved' }>;

const overtaken =
  'Someone else changed it meanwhile, so nothing was saved. Check it, and try again.';

const unchanged = 'Nothing was changed.';

const keptIn = ({ path }: EditedFile) => `Your text is in ${path}.`;

function historyLines(versions: readonly WorkflowVersion[]): string[] {
  const rows = versions.map(({ version, savedAt, status, name, changed }) => {
    const first = version === 1 ? 'new' : 'nothing that was written';
    const what = changed ? changed.join(', ') || first : 'not known: the one before was not kept';
    return [String(version), savedAt, status, name, what];
  });
  return columns([['VERSION', 'SAVED', 'STATUS', 'NAME', 'CHANGED'], ...rows]);
}
