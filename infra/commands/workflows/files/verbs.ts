import { inOrder } from '#infra/commands/workflows/short-ids.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { Output } from '#infra/terminal/output.ts';
import type { AlsoMailing } from '#shared/audience/also-mailing.ts';
import { stoppedBy, stoppedText, type WaitingAt } from '#shared/audience/runs/steps-gone.ts';
import type { Workflow, Workflows } from '#shared/audience/workflow.ts';
import type { MailSurroundings } from '#shared/mail/check/check-workflow.ts';
import type { Saving, WorkflowDrafts } from '#shared/mail/workflow-drafts.ts';
import { type Effect, effectOf } from './effect.ts';
import { workflowFolder } from './folder.ts';
import type { PastEvents } from './past-events.ts';
import {
  alsoMailingAfter,
  differsIn,
  type FolderFile,
  folderFile,
  isWork,
  type Planned,
  planId,
  planOf,
  readFolderFile,
  type Stack,
  withVersion,
} from './plan.ts';
import { alsoMailingLines, lookedAtLines, plannedDocument, plannedLines } from './plan-text.ts';

type FileParts = Readonly<{
  workflows: Pick<Workflows, 'all' | 'versions' | 'removed'>;
  drafts: Pick<WorkflowDrafts, 'create' | 'save' | 'activate' | 'pause'>;
  surroundings: () => Promise<MailSurroundings>;
  /** Counts people at a step. */
  waitingAt: WaitingAt;
  /** Records of events of these types. */
  pastEvents: (types: ReadonlySet<string>) => Promise<PastEvents>;
  /** Which stack it is. */
  title: string;
  /** A command of the workflows as it is typed. */
  npm: (command: string) => string;
  /** What names the stack in commands. */
  deployment: Readonly<{ options: string }>;
  /** Asks the person. */
  confirmed: (question: string) => Promise<boolean>;
}> &
  Output;

type Plan = Readonly<{
  id: string;
  files: readonly FolderFile[];
  planned: readonly Planned[];
  /** By id, of those that send then. */
  beside: ReadonlyMap<string, readonly AlsoMailing[]>;
}>;

/** What `npm run workflows` does with a folder of files. All throw Advice about what cannot be done. */
export function fileVerbs(parts: FileParts) {
  const { workflows, drafts, surroundings, title, npm, confirmed } = parts;
  const { options } = parts.deployment;
  const { print, document } = parts;

  async function plan(path: string): Promise<Plan> {
    const files = await workflowFolder(path).read();
    const stack = await stackBeside(files);
    const around = await surroundings();
    const planned = planOf(files, stack, around);
    const beside = alsoMailingAfter(planned, stack, around);
    return { id: planId(files, stack, title), files, planned, beside };
  }

  async function stackBeside(files: readonly FolderFile[]): Promise<Stack> {
    const all = await workflows.all();
    const present = all.map(async (workflow) => {
      const file = files.find(({ workflowId }) => workflowId === workflow.workflowId);
      const read = file && readFolderFile(file.text);
      const seen = read?.kind === 'read' ? read.version : undefined;
      if (seen === undefined || seen === workflow.version) return { workflow };
      const kept = await workflows.versions(workflow.workflowId);
      return { workflow, base: kept.find(({ version }) => version === seen) };
    });
    const ids = new Set(all.map(({ workflowId }) => workflowId));
    const areAllThere = files.every(({ workflowId }) => ids.has(workflowId));
    const removed = areAllThere ? [] : await workflows.removed();
    return {
      present: await Promise.all(present),
      removed: removed.map(({ workflowId }) => workflowId),
    };
  }

  /** Takes the steps of one, and gives it as it is afterwards. */
  async function applied(planned: ToApply): Promise<Workflow> {
    const { workflowId, written, after } = planned;
    if (planned.kind === 'new') {
      return withStatus(saved(workflowId, await drafts.create(workflowId, written)), after);
    }
    const { before } = planned;
    const isToPause = before.status === 'active' && after.status === 'paused';
    const first = isToPause ? saved(workflowId, await drafts.pause(before)) : before;
    return withStatus(saved(workflowId, await drafts.save(first, written)), after);
  }

  async function withStatus(workflow: Workflow, { status }: Workflow): Promise<Workflow> {
    if (workflow.status === status) return workflow;
    const act = status === 'active' ? drafts.activate : drafts.pause;
    return saved(workflow.workflowId, await act(workflow));
  }

  /** Notes the new version in the file, unless somebody changed that meanwhile. */
  async function note(path: string, { workflowId, text }: FolderFile, version: number) {
    const folder = workflowFolder(path);
    const now = (await folder.read()).find((file) => file.workflowId === workflowId);
    if (now?.text !== text) {
      return print(`${workflowId}.md was changed meanwhile. Write "version: ${version}" into it.`);
    }
    await folder.note({ workflowId, text: withVersion(text, version) });
  }

  /** A line for each workflow in which people wait at steps that would go. */
  async function stopsOf(toApply: readonly ToApply[]): Promise<string[]> {
    const changed = toApply.flatMap((one) => (one.kind === 'changed' ? [one] : []));
    const lines = changed.map(async ({ before, after }) => {
      const stopped = await stoppedBy(before, after.steps, parts.waitingAt);
      if (stopped.length === 0) return [];
      const where = stopped.map(stoppedText).join(', ');
      return [`${before.workflowId}: stops people who wait at steps that go (${where})`];
    });
    return (await Promise.all(lines)).flat();
  }

  return {
    /** Writes a file for each workflow. */
    async exportTo(path: string) {
      const all = inOrder(await workflows.all());
      if (all.length === 0) throw new Advice('There are no workflows yet, so nothing was written.');
      const folder = workflowFolder(path);
      const files = all.map((workflow) => {
        return { workflowId: workflow.workflowId, text: folderFile(workflow) };
      });
      const changed = await folder.write(files);
      for (const { workflowId, version } of all) {
        const what = changed.includes(workflowId) ? 'written' : 'as it was';
        print(`${workflowId}.md  version ${version}, ${what}`);
      }
      const ids = new Set(all.map(({ workflowId }) => workflowId));
      for (const { workflowId } of await folder.read()) {
        if (!ids.has(workflowId)) print(`${workflowId}.md  left alone: no such workflow is there`);
      }
      print(`\nEdit them, and see what that would change:\n${npm(`plan ${typed(path)}`)}`);
    },

    /** Says what applying the files would change, and changes nothing. */
    async plan(path: string): Promise<'nothing' | 'work' | 'problems'> {
      const { id, planned, beside } = await plan(path);
      const toApply = planned.filter(isToApply);
      const types = toApply.flatMap((one) => [
        one.after.trigger.event,
        ...(one.kind === 'changed' ? [one.before.trigger.event] : []),
      ]);
      const past = toApply.length > 0 ? await parts.pastEvents(new Set(types)) : undefined;
      const effects = new Map<string, Effect>();
      for (const one of past ? toApply : []) {
        const before = one.kind === 'changed' ? one.before : undefined;
        effects.set(one.workflowId, effectOf(before, one.after, past?.events ?? []));
      }
      const hasProblems = planned.some(({ kind }) => kind === 'problems');
      const verdict = hasProblems ? 'problems' : planned.some(isWork) ? 'work' : 'nothing';
      const isApplicable = verdict === 'work' && toApply.length > 0;
      if (document) {
        document({
          plan: isApplicable ? id : null,
          workflows: planned.map((one) =>
            plannedDocument(one, effects.get(one.workflowId), beside.get(one.workflowId)),
          ),
          events: past
            ? { count: past.events.length, since: past.since, lookedSince: past.lookedSince }
            : null,
        });
        return verdict;
      }
      for (const one of planned) {
        const { workflowId } = one;
        const effect = effects.get(workflowId);
        plannedLines(one, effect, { beside: beside.get(workflowId), options }).forEach(print);
      }
      (await stopsOf(toApply)).forEach(print);
      if (past) ['', ...lookedAtLines(past)].forEach(print);
      print(`\n${totalsOf(planned)} Nothing was changed.`);
      if (hasProblems) print('Nothing can be applied before the problems are solved.');
      if (isApplicable) print(`\nNext:\n${npm(`apply ${typed(path)} --plan ${id}`)}`);
      return verdict;
    },

    /** Does what this plan says, once a person agrees. */
    async apply(path: string, wanted: string, isSure: boolean, mayStop = false) {
      const { id, files, planned, beside } = await plan(path);
      const changed = differsIn(wanted, id);
      if (changed) {
        throw new Advice(
          `${changedSides[changed]} changed since that plan, or it is a plan of another folder or stage. Nothing was done. Plan again:\n${npm(`plan ${typed(path)}`)}`,
        );
      }
      if (planned.some(({ kind }) => kind === 'problems')) {
        throw new Advice(
          `A file has problems, so nothing was done. See which:\n${npm(`plan ${typed(path)}`)}`,
        );
      }
      const toApply = planned.filter(isToApply);
      if (toApply.length === 0) return print('There is nothing to apply.');
      for (const one of toApply) {
        print(`${one.workflowId}: ${one.kind}, then ${one.after.status}`);
        alsoMailingLines(beside.get(one.workflowId)).forEach(print);
      }
      const stops = mayStop ? [] : await stopsOf(toApply);
      stops.forEach(print);
      if (stops.length > 0 && isSure) {
        throw new Advice(
          `People would be stopped, and --yes doesn't agree to that. Nothing was done. To apply it, and stop them:\n${npm(`apply ${typed(path)} --plan ${wanted} --yes --stop-waiting`)}`,
        );
      }
      const also = stops.length > 0 ? ', and stop those who wait at steps that go' : '';
      const question = `Apply ${toApply.length === 1 ? 'this workflow' : `these ${toApply.length} workflows`}${also}?`;
      if (!isSure && !(await confirmed(question))) return print('Nothing was applied.');
      let count = 0;
      for (const one of toApply) {
        try {
          const { version, status } = await applied(one);
          count += 1;
          actedOn({ count });
          print(`${one.workflowId} is saved as version ${version}; it is ${status}.`);
          const file = files.find(({ workflowId }) => workflowId === one.workflowId);
          if (file) await note(path, file, version);
        } catch (error) {
          if (!(error instanceof Advice)) throw error;
          const rest = `${count} of ${toApply.length} were applied.`;
          throw new Advice(`${error.message} ${rest} Plan again:\n${npm(`plan ${typed(path)}`)}`);
        }
      }
      print('\nThe files have the new versions. Commit them.');
    },
  };
}

type ToApply = Extract<Planned, { kind: 'new' | 'changed' }>;

const isToApply = (planned: Planned): planned is ToApply =>
  planned.kind === 'new' || planned.kind === 'changed';

function saved(workflowId: string, saving: Saving): Workflow {
  switch (saving.kind) {
    case 'saved':
      return saving.workflow;
    case 'conflict':
      throw new Advice(`Somebody else changed ${workflowId} meanwhile, so it was left alone.`);
    case 'refused':
      throw new Advice(`${workflowId} cannot be saved. ${saving.problems.join(' ')}`);
  }
}

const changedSides = {
  files: 'The files',
  stack: 'Workflows of the stack',
  both: 'The files and workflows of the stack',
} as const;

const kindsInOrder = [
  ['new', 'new'],
  ['changed', 'changed'],
  ['drift', 'with drift'],
  ['problems', 'with problems'],
  ['unchanged', 'unchanged'],
  ['no-file', 'without a file'],
] as const;

function totalsOf(planned: readonly Planned[]): string {
  const totals = kindsInOrder.flatMap(([kind, words]) => {
    const count = planned.filter((one) => one.kind === kind).length;
    return count > 0 ? [`${count} ${words}`] : [];
  });
  return totals.length > 0 ? `${totals.join(', ')}.` : 'There are no workflows and no files.';
}

/** A path as a shell takes it. */
function typed(path: string): string {
  return /^[\w./:-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
