import { isDeepStrictEqual } from 'node:util';
import { Advice } from '#infra/terminal/advice.ts';
import type { EditedFile } from '#infra/terminal/editor.ts';
import { columns } from '#infra/terminal/lines.ts';
import type { Output } from '#infra/terminal/output.ts';
import type { Workflow, Workflows } from '#shared/audience/workflow.ts';
import { draftOf, type Saving, type WorkflowDrafts } from '#shared/mail/workflow-drafts.ts';
import { readWorkflowFile, workflowFile } from './workflow-file.ts';

export type VersionParts = Readonly<{
  workflows: Pick<Workflows, 'versions'>;
  drafts: Pick<WorkflowDrafts, 'save'>;
  /** By its id or the beginning of it. Throws Advice where there is none. */
  named: (id: string) => Promise<Workflow>;
  /** A command of the workflows as it is typed. */
  npm: (command: string) => string;
  /** Puts a text where a person can edit it. */
  fileToEdit: (name: string, text: string) => Promise<EditedFile>;
  /** Asks the person. */
  confirmed: (question: string) => Promise<boolean>;
}> &
  Output;

/** What `npm run workflows` does with the versions of one. All throw Advice about what cannot be done. */
export function versionVerbs(parts: VersionParts) {
  const { workflows, drafts, named, npm, fileToEdit, confirmed, print, document } = parts;

  /** Also of one that was removed, by its whole id. */
  async function versionsOf(id: string): Promise<readonly Workflow[]> {
    const kept = await workflows.versions(id);
    return kept.length > 0 ? kept : workflows.versions((await named(id)).workflowId);
  }

  async function versionOf(id: string, version: number): Promise<Workflow> {
    const found = (await versionsOf(id)).find((one) => one.version === version);
    if (found) return found;
    throw new Advice(
      `No version ${version} of it is kept. See which are:\n${npm(`history ${id}`)}`,
    );
  }

  function saved({ workflow, warnings, obstacles }: Saved, before: Workflow): void {
    for (const warning of warnings) print(`Note: ${warning}`);
    const { workflowId, version, status } = workflow;
    const isNew = version !== before.version;
    print(isNew ? `${workflowId} is saved as version ${version}; it is ${status}.` : unchanged);
    if (!isNew) return;
    if (status !== before.status) print(`It was paused: ${obstacles.join(' ')}`);
    else if (status === 'active') print('Emails that are due from now on are made from it.');
  }

  return {
    versionOf,

    /** The newest versions first, each with what it changed. */
    async history(id: string) {
      const kept = await versionsOf(id);
      const versions = kept.map((one, at) => historyOf(one, kept[at + 1]));
      if (document) return document({ workflowId: kept[0]?.workflowId ?? id, versions });
      for (const line of historyLines(versions)) print(line);
      const earlier = versions[1];
      if (!earlier) return;
      print(`\nTo read an earlier one, or put it back:`);
      print(npm(`show ${id} --version ${earlier.version}`));
      print(npm(`restore ${id} ${earlier.version}`));
    },

    /** Saves what was written of an earlier version as the next one. Whether it is active does not change. */
    async restore(id: string, version: number) {
      const present = await named(id);
      const wanted = await versionOf(present.workflowId, version);
      const saving = await drafts.save(present, draftOf(wanted));
      if (saving.kind === 'refused') {
        throw new Advice(
          `Version ${version} cannot be put back as it is. ${saving.problems.join(' ')}`,
        );
      }
      if (saving.kind === 'conflict') throw new Advice(overtaken);
      saved(saving, present);
    },

    /** Saves what the person makes of it in their editor, and asks until it can be saved. */
    async edit(id: string) {
      const present = await named(id);
      const text = workflowFile(draftOf(present));
      const file = await fileToEdit(`${present.workflowId}.md`, text);
      for (;;) {
        const read = readWorkflowFile(await file.edit());
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
  'Someone else changed it meanwhile, so nothing was saved. Look at it, and try again.';

const unchanged = 'Nothing was changed.';

const keptIn = ({ path }: EditedFile) => `Your text is in ${path}.`;

/** What differs from the version before it; `null` where that was not kept. */
function historyOf(workflow: Workflow, previous: Workflow | undefined) {
  const { version, updatedAt, status, name } = workflow;
  const before = previous?.version === version - 1 ? previous : undefined;
  const changed = before ? changedFields(before, workflow) : null;
  return { version, savedAt: updatedAt, status, name, changed: version === 1 ? [] : changed };
}

function changedFields(before: Workflow, after: Workflow): string[] {
  const [from, to] = [written(before), written(after)];
  return Object.keys({ ...from, ...to }).filter((name) => !isDeepStrictEqual(from[name], to[name]));
}

function written({ status, ...workflow }: Workflow): Record<string, unknown> {
  const { trigger, email, ...rest } = draftOf({ status, ...workflow });
  return { status, ...rest, ...trigger, ...email };
}

function historyLines(versions: readonly ReturnType<typeof historyOf>[]): string[] {
  const rows = versions.map(({ version, savedAt, status, name, changed }) => {
    const first = version === 1 ? 'new' : 'nothing that was written';
    const what = changed ? changed.join(', ') || first : 'not known: the one before was not kept';
    return [String(version), savedAt, status, name, what];
  });
  return columns([['VERSION', 'SAVED', 'STATUS', 'NAME', 'CHANGED'], ...rows]);
}
