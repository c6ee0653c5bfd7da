import type { Context } from 'hono';
import { html } from 'hono/html';
import type { WorkflowNumbers } from '#shared/audience/counts/counts.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { sendsOf, type Workflow } from '#shared/audience/workflow.ts';
import type { PolarMails } from '#shared/mail/check/check-workflow.ts';
import type { OpenCount } from '#shared/store/runs/open-runs.ts';
import { numberText } from '../kit/numbers.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { workflowPath, workflowsPath } from '../kit/paths.ts';
import { empty, link, table, time } from '../kit/shown.ts';
import { frequencyWords, kindWords } from '../kit/words.ts';
import { overlapBadge } from './problems.ts';
import { liveBadge } from './reading-pages.ts';
import { twoWeeksCell } from './two-weeks.ts';
import type { WorkflowParts } from './workflow-parts.ts';

const toRemoved = html`<p class="small"><a href="${workflowsPath}/removed">Removed workflows</a></p>`;

type List = Readonly<{
  settings: Settings;
  listed: readonly Workflow[];
  total: number;
  /** Whether any were removed. */
  hasRemoved: boolean;
  next?: number | undefined;
  polar: PolarMails | undefined;
  numbersOf: (workflowId: string) => WorkflowNumbers;
  /** By id, of those where people wait at all. */
  waiting: ReadonlyMap<string, OpenCount>;
}>;

/** The workflows, with what each did lately and how many people wait in it. */
function workflowList(list: List): Html {
  const { listed, total, hasRemoved, next, settings, polar, numbersOf, waiting } = list;
  if (total === 0) {
    return empty(
      'No workflows yet. A workflow emails customers when something happens in Polar.',
      html`<p><a class="button primary" href="${workflowsPath}/new">New workflow</a></p>${hasRemoved ? toRemoved : ''}`,
    );
  }
  const more = next === undefined ? '' : link(workflowsPath, { page: String(next) });
  return html`${table(
    'Workflows',
    ['Name', 'Status', 'Event', 'Sends', 'Last 14 days', 'Changed'],
    listed.map((workflow) => [
      html`<div class="named"><a href="${workflowPath(workflow)}">${workflow.name}</a></div>`,
      html`${liveBadge(workflow, settings)}${waitingText(waiting.get(workflow.workflowId))}`,
      html`<span class="whole">${workflow.trigger.event}</span>${overlapBadge(workflow, polar, { isBrief: true })}`,
      html`<div class="words whole"><span>${frequencyWords[workflow.frequency]}</span><br><span class="small soft">${[...new Set(sendsOf(workflow).map(({ email }) => kindWords[email.kind]))].join(', ')}</span></div>`,
      twoWeeksCell(numbersOf(workflow.workflowId)),
      time(workflow.updatedAt),
    ]),
    { of: 'flows' },
  )}
${more && html`<p class="pages"><a class="button" href="${more}">Next</a></p>`}
${hasRemoved ? toRemoved : ''}`;
}

/** Nothing where nobody waits. A plus says that only the newest were counted. */
function waitingText(open: OpenCount | undefined): Html {
  if (!open || open.count === 0) return html``;
  return html`<br><span class="small soft whole">${numberText(open.count)}${open.isComplete ? '' : '+'} waiting</span>`;
}

const workflowsAPage = 25;

/** The workflows, the newest last. */
export async function listPage(c: Context<ConsoleEnv>, parts: WorkflowParts) {
  const [found, { settings, polar }, numbersOf] = await Promise.all([
    parts.workflows.all(),
    parts.surroundings(),
    parts.numbers(),
  ]);
  const all = found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const given = c.req.query('page') ?? '';
  const number = /^[1-9]\d{0,3}$/.test(given) ? Number(given) : 1;
  const listed = all.slice((number - 1) * workflowsAPage, number * workflowsAPage);
  const next = all.length > number * workflowsAPage ? number + 1 : undefined;
  const [waiting, removed] = await Promise.all([
    parts.waitingIn(listed),
    parts.removed(all, c.get('flash') !== undefined),
  ]);
  const body = workflowList({
    listed,
    total: all.length,
    hasRemoved: removed.length > 0,
    next,
    settings,
    polar,
    numbersOf,
    waiting,
  });
  const beside =
    all.length > 0 && html`<a class="button primary" href="${workflowsPath}/new">New workflow</a>`;
  return page(c, { title: 'Workflows', section: 'workflows', body, ...(beside && { beside }) });
}
