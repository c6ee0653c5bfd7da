import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { stoppedBy } from '#shared/audience/runs/steps-gone.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { Present } from '#shared/mail/workflow-drafts.ts';
import { differences, historyOf } from '#shared/mail/workflow-history.ts';
import { act, textOf } from '../kit/fields.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { workflowPath, workflowsPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { badge, empty, facts, table, time } from '../kit/shown.ts';
import { conditionText, statusBadge } from '../kit/words.ts';
import { stopLabel, stopsNote } from './problems.ts';
import { unknownWorkflow } from './reading-pages.ts';
import type { WorkflowParts } from './workflow-parts.ts';

const section = 'workflows';
const above = { href: workflowsPath, title: 'Workflows' };

const versionsPath = (workflow: Pick<Workflow, 'workflowId'>) =>
  `${workflowPath(workflow)}/versions`;

const fieldWords: Readonly<Record<string, string>> = {
  status: 'Status',
  name: 'Name',
  event: 'Event',
  conditions: 'Conditions',
  frequency: 'Sends',
  maxAgeHours: 'Hours at most',
  kind: 'Kind',
  from: 'From',
  replyTo: 'Reply-to',
  subject: 'Subject',
  preheader: 'Preheader',
  body: 'Body',
};

const fieldName = (field: string) => fieldWords[field] ?? field;

/** The versions of a workflow, also of one that was removed, and the way back to each. */
export function versionPages(parts: WorkflowParts) {
  const { workflows, drafts } = parts;
  const app = new Hono<ConsoleEnv>();

  app.get('/removed', async (c) => {
    const removed = await workflows.removed();
    return page(c, { title: 'Removed workflows', section, above, body: removedView(removed) });
  });

  app.get('/:workflowId/versions', async (c) => {
    const found = await versionsOf(c);
    if (!found) return unknownWorkflow(c);
    const { newest } = found.present;
    return page(c, {
      title: `Versions of ${newest.name}`,
      section,
      above: aboveOf(found.present),
      body: versionsView(found),
    });
  });

  app.get('/:workflowId/versions/:version', async (c) => {
    const found = await versionsOf(c);
    const wanted = found?.kept.find(({ version }) => String(version) === c.req.param('version'));
    if (!found) return unknownWorkflow(c);
    const { newest } = found.present;
    if (!wanted) return noSuchVersion(c, newest);
    return page(c, {
      title: `${newest.name}, version ${wanted.version}`,
      section,
      above: { href: versionsPath(newest), title: 'Versions' },
      body: versionView(c, wanted, found.present),
    });
  });

  app.post('/:workflowId/restore', async (c) => {
    const found = await versionsOf(c);
    const form = c.get('form');
    const wanted = found?.kept.find(({ version }) => String(version) === textOf(form, 'wanted'));
    if (!found) return unknownWorkflow(c);
    const { newest } = found.present;
    if (!wanted) return noSuchVersion(c, newest);
    const path = versionsPath(newest);
    if (String(newest.version) !== textOf(form, 'version')) {
      return goOn(c, path, { kind: 'problem', text: overtaken });
    }
    const isSure = textOf(form, 'sure') !== '';
    const stopped = isSure ? [] : await stoppedBy(newest, wanted.steps, parts.waitingAt);
    if (stopped.length > 0) {
      return page(c, {
        title: `Restore version ${wanted.version}?`,
        section,
        above: { href: path, title: 'Versions' },
        status: 409,
        body: html`${stopsNote(stopped, newest)}
<div class="row">
${act(c, stopLabel, `${workflowPath(newest)}/restore`, { tone: 'danger', fields: { wanted: String(wanted.version), version: String(newest.version), sure: 'yes' } })}
<a class="button" href="${path}">Keep it as it is</a>
</div>`,
      });
    }
    const saving = await drafts.restore(wanted, found.present);
    switch (saving.kind) {
      case 'conflict':
        return goOn(c, path, { kind: 'problem', text: overtaken });
      case 'refused': {
        const why = saving.problems.join(' ');
        const text = `Version ${wanted.version} can’t be restored as it is. ${why}`;
        return goOn(c, path, { kind: 'problem', text });
      }
      case 'saved':
        c.set('acted', { version: saving.workflow.version });
        return goOn(c, workflowPath(newest), {
          kind: 'done',
          text: restoredText(saving.workflow, wanted, found.present),
        });
    }
  });

  async function versionsOf(c: Context<ConsoleEnv>): Promise<Versions | undefined> {
    const workflowId = c.req.param('workflowId') ?? '';
    const [there, kept] = await Promise.all([
      workflows.find(workflowId),
      workflows.versions(workflowId),
    ]);
    const [newest] = kept;
    return newest && { present: { newest, isRemoved: !there }, kept };
  }

  return app;
}

type Versions = Readonly<{ present: Present; kept: readonly Workflow[] }>;

const overtaken =
  'Someone else changed the workflow in the meantime, so nothing was done. Check its versions, and try again.';

function restoredText(saved: Workflow, wanted: Workflow, { newest, isRemoved }: Present): string {
  if (saved.version === newest.version) return 'Nothing changed: it’s already that version.';
  const back = `Version ${wanted.version} restored as version ${saved.version}.`;
  return isRemoved
    ? `${back} The workflow is ${saved.status}: it sends nothing until you activate it.`
    : back;
}

function noSuchVersion(c: Context<ConsoleEnv>, newest: Workflow) {
  const path = versionsPath(newest);
  return page(c, {
    ...{ title: 'Version not found', section, status: 404 },
    above: { href: path, title: 'Versions' },
    body: empty(
      `${newest.name} doesn’t have this version, or it wasn’t kept.`,
      html`<p><a href="${path}">See all versions</a></p>`,
    ),
  });
}

function aboveOf({ newest, isRemoved }: Present) {
  return isRemoved
    ? { href: `${workflowsPath}/removed`, title: 'Removed workflows' }
    : { href: workflowPath(newest), title: newest.name };
}

function removedView(removed: readonly Workflow[]): Html {
  if (removed.length === 0) return empty('No workflow was removed.');
  return html`<p>Open one to bring it back. It comes back as a draft, or paused if it was active.</p>
${table(
  'Removed workflows',
  ['Name', 'Event', 'Last saved', 'Version'],
  removed.map((workflow) => [
    html`<a href="${versionsPath(workflow)}">${workflow.name}</a>`,
    workflow.trigger.event,
    time(workflow.updatedAt),
    String(workflow.version),
  ]),
)}`;
}

function versionsView({ present: { newest, isRemoved }, kept }: Versions): Html {
  const rows = historyOf(kept).map(({ version, savedAt, status, name, changed }) => [
    html`<a href="${versionsPath(newest)}/${version}">${version}</a>${version === newest.version && !isRemoved ? html` ${badge('now', 'good')}` : ''}`,
    time(savedAt),
    statusBadge({ status }),
    name,
    changedText(version, changed),
  ]);
  return html`${isRemoved ? html`<p class="note">This workflow was removed. To bring it back, open a version and choose <em>Bring it back</em>.</p>` : ''}
${table('Versions, newest first', ['Version', 'Saved', 'Status', 'Name', 'Changed'], rows)}
${kept.at(-1)?.version === 1 ? '' : html`<p class="soft small">Versions that 0.1.0 replaced weren’t kept.</p>`}`;
}

function changedText(version: number, changed: readonly string[] | null): string {
  if (version === 1) return 'New';
  if (changed === null) return 'Unknown: the version before it wasn’t kept.';
  return changed.map(fieldName).join(', ') || 'Nothing in its content';
}

function sameText(wanted: Workflow, { newest, isRemoved }: Present): string {
  if (!isRemoved) return 'It’s the same as the workflow now.';
  return wanted.version === newest.version
    ? 'This is the last version.'
    : 'It’s the same as the last version.';
}

function versionView(c: Context<ConsoleEnv>, wanted: Workflow, present: Present): Html {
  const { newest, isRemoved } = present;
  const different = differences(wanted, newest).filter(({ field }) => field !== 'status');
  const rows = different.map(({ field, from, to }) => [
    fieldName(field),
    html`<span class="lines">${valueText(from)}</span>`,
    html`<span class="lines">${valueText(to)}</span>`,
  ]);
  const fields = { wanted: String(wanted.version), version: String(newest.version) };
  const label = isRemoved ? 'Bring it back' : 'Restore this version';
  const last = isRemoved ? 'In the last version' : 'Now';
  return html`<div class="card">${facts([
    ['Saved', time(wanted.updatedAt)],
    ['Status then', statusBadge(wanted)],
    ['Event', wanted.trigger.event],
  ])}</div>
${
  different.length === 0
    ? html`<p>${sameText(wanted, present)}</p>`
    : html`<h2>What differs</h2>${table('What differs', ['What', `In version ${wanted.version}`, last], rows)}`
}
${
  different.length > 0 || isRemoved
    ? html`<div class="row">${act(c, label, `${workflowPath(newest)}/restore`, { tone: 'primary', fields })}
<p class="small soft">It’s saved as a new version. ${isRemoved ? 'Nothing is sent until you activate it.' : `The workflow stays ${newest.status}.`}</p></div>`
    : ''
}`;
}

function valueText(value: unknown): string {
  if (value === undefined || value === '') return 'none';
  if (!Array.isArray(value)) return String(value);
  return value.map(conditionText).join('\n') || 'none';
}
