import { isDeepStrictEqual } from 'node:util';
import type { Context } from 'hono';
import { html } from 'hono/html';
import { alsoMailing } from '#shared/audience/also-mailing.ts';
import { type StoppedAt, stoppedBy } from '#shared/audience/runs/steps-gone.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { checkWorkflow } from '#shared/mail/check/check-workflow.ts';
import { mailsTwice } from '#shared/mail/moments.ts';
import { draftOf, moveWarnings, type Saving } from '#shared/mail/workflow-drafts.ts';
import { everyElement } from '../kit/email-elements.ts';
import { emailSources } from '../kit/email-frame.ts';
import { policyWith } from '../kit/guard.ts';
import { type ConsoleEnv, type Flash, type Html, page } from '../kit/page.ts';
import { workflowPath, workflowsPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { facts, problemFlash, table, time } from '../kit/shown.ts';
import { editForm } from './edit-form.ts';
import { eventOf, type Look, usualLook } from './preview.ts';
import {
  alsoMailingNotes,
  checkNotes,
  noProblems,
  overlapNote,
  problemSummary,
  problemsOf,
  stopLabel,
  stopsNote,
  triggerNote,
} from './problems.ts';
import {
  conditionLists,
  isWhole,
  type TypedCondition,
  type TypedWorkflow,
  typedOf,
  writtenOf,
} from './typed-workflow.ts';
import type { WorkflowParts } from './workflow-parts.ts';
import { readWorkflowPost } from './workflow-post.ts';

/** Someone else saved in between: what is there now beside what was typed, and what can be done. */
export function conflictView(present: Workflow, typed: TypedWorkflow, path: string): Html {
  const now = asTexts(typedOf(draftOf(present)));
  const yours = asTexts(typed);
  const rows = [...new Set([...now.keys(), ...yours.keys()])].flatMap((label) => {
    const [there, here] = [now.get(label) ?? '', yours.get(label) ?? ''];
    return there === here ? [] : [[label, multiline(there), multiline(here)]];
  });
  return html`${problemFlash(html`<p>Someone else changed this workflow in the meantime, so yours isn’t saved yet. It’s now version ${present.version} (${present.status}), saved ${time(present.updatedAt)}.</p>
<p>Below is what you typed. <strong>Save mine over it</strong> replaces what’s there now; or <a href="${path}">discard mine and edit what’s there now</a>.</p>`)}
${
  rows.length > 0
    ? table('Where the two differ', ['What', 'There now', 'Yours'], rows)
    : html`<p>What you typed is the same as what’s there now.</p>`
}`;
}

/** Everything that was typed, by what it is called in the form. */
function asTexts(typed: TypedWorkflow): Map<string, string> {
  const { steps } = typed;
  const several = steps.length > 1;
  const texts = steps.flatMap((step): [string, string][] => {
    if (step.kind === 'wait') return [[step.id, `${step.count} ${step.unit} ${step.end}`]];
    const { email, onlyIf } = step;
    const label = (name: string) => (several ? `${step.id}: ${name}` : name);
    return [
      [label('Only if'), linesOf(onlyIf)],
      [label('Kind'), email.kind],
      [label('From'), email.from],
      [label('Reply-to'), email.replyTo],
      [label('Subject'), email.subject],
      [label('Preheader'), email.preheader],
      [label('Body'), email.body],
    ];
  });
  return new Map([
    ['Name', typed.name],
    ['Event', typed.event],
    ['Trigger only if', linesOf(typed.conditions)],
    ['Audience', linesOf(typed.audience)],
    ['How often', typed.frequency],
    ['Hours', typed.maxAgeHours],
    ['Ends early when', linesOf(typed.exitWhen)],
    ['Steps', steps.map(({ id }) => id).join('\n')],
    ...texts,
  ]);
}

function linesOf(conditions: readonly TypedCondition[]): string {
  return conditions
    .map(({ property, operator, value }) =>
      [property, operator.replaceAll('-', ' '), value].filter(Boolean).join(' '),
    )
    .join('\n');
}

function multiline(text: string): Html {
  return text === ''
    ? html`<span class="soft">nothing</span>`
    : html`<span class="lines">${text}</span>`;
}

type Edited = Readonly<{
  present: Workflow;
  typed: TypedWorkflow;
  /** Of which a save would make the next one. */
  version: number;
  example?: string | undefined;
  /** The id of the email that the preview shows. */
  shown?: string;
  look?: Look;
  frequencyNote?: string | undefined;
  /** Nothing but the preview is looked at. */
  isLive?: boolean;
  /** Why this is shown instead of being saved. */
  instead?: 'refused' | 'conflict' | 'stops';
  /** How many wait at steps that go. */
  stopped?: readonly StoppedAt[];
}>;

/** The form of a workflow with what was typed into it, right or wrong, and a preview of it. */
export async function editPage(c: Context<ConsoleEnv>, edited: Edited, parts: WorkflowParts) {
  const { present, typed, version, example, instead, stopped = [], look = usualLook } = edited;
  const written = writtenOf(typed);
  const [surroundings, all] = await Promise.all([
    parts.surroundings(),
    edited.isLive ? [] : parts.workflows.all(),
  ]);
  const check = checkWorkflow(written, surroundings);
  const { settings, brand, polar: portal } = surroundings;
  const isAccepted = check.kind === 'accepted';
  const sends = typed.steps.filter(({ kind }) => kind === 'send');
  const shown = (sends.find(({ id }) => id === edited.shown) ?? sends[0])?.id ?? '';
  const workflow = isAccepted ? { ...present, ...check.draft, steps: check.steps } : undefined;
  const wanted = {
    written,
    workflow,
    settings,
    brand,
    portal,
    example,
    shown,
  };
  const typedPreview = await parts.preview(wanted);
  const isBroken = typedPreview.email.kind === 'nothing';
  const preview = isBroken
    ? { ...(await parts.preview({ ...wanted, written: draftOf(present) })), isOfSaved: true }
    : typedPreview;
  const problems = problemsOf(check, typed);
  const switchedOff = triggerNote(eventOf(typed), settings);
  const path = workflowPath(present);
  const isConflict = instead === 'conflict';
  const statuses = { conflict: 409, refused: 422, stops: 409 } as const;
  const shownHtml = preview.email.kind === 'rendered' ? preview.email.html : '';
  const { unsubscribeUrl } = parts;
  const isOverlapping =
    isAccepted && !edited.isLive && mailsTwice(check.draft, portal?.emails?.switches);
  const maySwitch = isOverlapping ? await parts.maySwitchEmails() : undefined;
  // What is typed later is shown on this page, too.
  const sources = emailSources(shownHtml + everyElement({ settings, brand, unsubscribeUrl }));
  c.header('content-security-policy', policyWith(sources));
  return page(c, {
    title: `Edit ${present.name}`,
    section: 'workflows',
    above: { href: path, title: present.name },
    status: instead ? statuses[instead] : 200,
    body: html`${isConflict ? conflictView(present, typed, `${path}/edit`) : ''}
${problemSummary(instead === 'refused' ? problems : noProblems)}
${stopsNote(stopped, present)}
${isAccepted && !switchedOff ? html`${overlapNote(c, check.draft, { polar: portal, maySwitch, isActive: present.status === 'active' })}${alsoMailingNotes(alsoMailing(present.workflowId, check.draft, all))}` : ''}
${checkNotes(check, surroundings)}
${present.status === 'active' ? html`<p class="soft">It’s active: what you save goes live immediately, as version ${present.version + 1}.</p>` : ''}
${editForm(c, {
  typed,
  problems,
  preview,
  sources,
  look,
  isChanged: !isDeepStrictEqual(typed, typedOf(draftOf(present))),
  version,
  shown,
  saveLabel: saveLabels[instead ?? 'refused'],
  isSure: instead === 'stops',
  triggerNote: switchedOff,
  frequencyNote: edited.frequencyNote,
  mailFrom: parts.mailFrom,
  senders: parts.senders,
})}`,
  });
}

const saveLabels = { conflict: 'Save mine over it', refused: 'Save', stops: stopLabel };

type Saved = Extract<Saving, { kind: 'saved' }>;

/** What became of a save, and which version is live now. The page that comes next shows the warnings. */
export function savedFlash(before: Workflow, { workflow, obstacles }: Saved): Flash {
  const { version, status } = workflow;
  if (version === before.version) {
    const next = status === 'active' ? '' : ' Activate it to send its emails.';
    return { kind: 'done', text: `No changes to save.${next}` };
  }
  if (before.status === 'active' && status === 'paused') {
    const why = obstacles.join(' ');
    return {
      kind: 'problem',
      text: `Saved as version ${version}, and paused, because it can’t be active: ${why}`,
      isDone: true,
    };
  }
  const live =
    status === 'active'
      ? 'It’s live: events received 30 seconds from now or later send it.'
      : `It’s ${status === 'draft' ? 'a draft' : 'paused'}: nothing is sent until you activate it.`;
  return {
    kind: 'done',
    text: [`Saved as version ${version}. ${live}`, ...moveWarnings(before, workflow)].join(' '),
  };
}

/** Saves what was typed, or shows the form again: with a preview, with another row, or with what is in the way. */
export async function editPost(c: Context<ConsoleEnv>, workflowId: string, parts: WorkflowParts) {
  const { act, version, isSure, ...form } = readWorkflowPost(c.get('form'), parts.newTag);
  const present = await parts.workflows.find(workflowId);
  if (!present) return removedMeanwhile(c, form.typed);
  if (act !== 'save') return editPage(c, { present, ...form, version }, parts);
  const conflict = (now: Workflow) =>
    editPage(c, { present: now, ...form, version: now.version, instead: 'conflict' }, parts);
  if (present.version !== version) return conflict(present);
  const refused = () => editPage(c, { present, ...form, version, instead: 'refused' }, parts);
  const isComplete = conditionLists(form.typed).every(([, rows]) => rows.every(isWhole));
  if (!isComplete) return refused();
  const stopped = isSure ? [] : await stoppedBy(present, form.typed.steps, parts.waitingAt);
  if (stopped.length > 0) {
    return editPage(c, { present, ...form, version, instead: 'stops', stopped }, parts);
  }
  const saving = await parts.drafts.save(present, writtenOf(form.typed));
  switch (saving.kind) {
    case 'saved':
      c.set('acted', { version: saving.workflow.version });
      return goOn(c, workflowPath(present), savedFlash(present, saving));
    case 'refused':
      return refused();
    case 'conflict': {
      const now = await parts.workflows.find(workflowId);
      return now ? conflict(now) : removedMeanwhile(c, form.typed);
    }
  }
}

function removedMeanwhile(c: Context<ConsoleEnv>, { name, steps }: TypedWorkflow) {
  const emails = steps.flatMap((step) => (step.kind === 'send' ? [step.email] : []));
  return page(c, {
    title: 'This workflow was removed',
    section: 'workflows',
    above: { href: workflowsPath, title: 'Workflows' },
    status: 404,
    body: html`<p>Someone removed it while you were editing, so nothing was saved. Here is what you typed, to copy:</p>
${facts([['Name', name]])}
${emails.map(
  ({ subject, body }) => html`${facts([['Subject', subject]])}
<pre tabindex="0">${body}</pre>`,
)}`,
  });
}
