import { html } from 'hono/html';
import { fateOf } from '#shared/audience/emails/email-fate.ts';
import type { RunNow } from '#shared/audience/runs/outlook.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { Happening } from '#shared/store/audience/contact-history.ts';
import { reasonText } from '../kit/email-view.ts';
import { fateBadge } from '../kit/fates.ts';
import type { Html } from '../kit/page.ts';
import { emailPath, eventPath, workflowPath } from '../kit/paths.ts';
import { ofStep, runBadge, runPath, whereRunIs } from '../kit/run-view.ts';
import { empty, table, time } from '../kit/shown.ts';
import { originBadge, outcomeBadge, shortened } from '../kit/words.ts';

type EventHappening = Extract<Happening, { kind: 'event' }>;
type EmailHappening = Extract<Happening, { kind: 'email' }>;

const longestReason = 400;

type Beside = Readonly<{
  /** Of the workflows that there still are, by id. */
  names: ReadonlyMap<string, string>;
  /** By which of the events the contact came to be. */
  added: ReadonlySet<string>;
  /** Whether mail is not held now: what was held of the emails goes out. */
  isReleased: boolean;
}>;

/**
 * Events as they happened, newest first, each with the emails that it asked for. An email whose event is not among them
 * has an entry of its own.
 */
export function timelineView(happenings: readonly Happening[], beside: Beside): Html {
  if (happenings.length === 0) {
    return empty('No events or emails yet, or they have expired.');
  }
  const events = new Set(happenings.flatMap((one) => (one.kind === 'event' ? one.webhookId : [])));
  const emails = happenings.filter((one) => one.kind === 'email');
  const entries = happenings.flatMap((one) => {
    if (one.kind === 'email') return events.has(one.webhookId) ? [] : [emailEntry(one, beside)];
    const caused = emails.filter(({ webhookId }) => webhookId === one.webhookId).reverse();
    return [html`${eventEntry(one, beside)}${caused.length > 0 && mailList(caused, beside)}`];
  });
  return html`<ol class="timeline">${entries.map((entry) => html`<li>${entry}</li>`)}</ol>`;
}

function mailList(emails: readonly EmailHappening[], beside: Beside): Html {
  return html`<ul class="caused">${emails.map((one) => html`<li>${emailEntry(one, beside)}</li>`)}</ul>`;
}

/** `workflow` is absent once it was removed. */
type RunOfContact = RunNow & Readonly<{ workflow: Workflow | undefined }>;

/** The ways of a contact through workflows of several steps. */
export function runsView(runs: readonly RunOfContact[]): Html {
  const rows = runs.map((one) => [
    html`<a href="${runPath(one.run.runId)}">${shortened(one.workflow?.name ?? one.run.workflowId)}</a>`,
    runBadge(one.run),
    whereRunIs(one, one.workflow),
    time(one.run.beganAt),
  ]);
  return html`<section class="card" aria-labelledby="runs"><h2 id="runs">Sequences</h2>
${table('Runs of this contact, waiting ones first', ['Workflow', 'State', 'Where', 'Began'], rows)}
</section>`;
}

function eventEntry(
  { webhookId, type, occurredAt, outcome, reason }: EventHappening,
  { added }: Beside,
): Html {
  return html`<p><a href="${eventPath(webhookId)}">${type}</a> ${originBadge(webhookId)} ${outcome !== 'unchanged' && outcomeBadge(outcome, added.has(webhookId))}</p>
<p class="soft small">${time(occurredAt)}${reason && html` · ${shortened(reason, longestReason)}`}</p>`;
}

function emailEntry(email: EmailHappening, { names, isReleased }: Beside): Html {
  const { workflowId, webhookId, createdAt } = email;
  const reason = reasonText(email, isReleased);
  const name = names.get(workflowId);
  const workflow = name === undefined ? 'a workflow that was removed' : shortened(name);
  return html`<p><a href="${emailPath(email)}">Email</a> of <a href="${workflowPath({ workflowId })}">${workflow}</a>${ofStep(email)} ${fateBadge(email, isReleased)}</p>
<p class="soft small">${time(createdAt)}${reason && html` · ${shortened(reason, longestReason)}`}${fates(email)}\u00a0· <a href="${eventPath(webhookId)}">why</a></p>`;
}

/** What SES told of it since. What its badge says and happened within the minute has been said. */
function fates(email: EmailHappening): Html[] {
  const { createdAt, feedback } = email;
  const known = [
    ['delivered', 'delivered', feedback?.deliveredAt],
    ['bounced', 'bounced', feedback?.bouncedAt],
    ['complained', 'reported as spam', feedback?.complainedAt],
    ['rejected', 'rejected', feedback?.rejectedAt],
  ] as const;
  return known.flatMap(([fate, word, at]) => {
    if (!at) return [];
    const when = whenAfter(at, createdAt);
    if (when === '' && fate === fateOf(email)) return [];
    return [html` · <span class="whole">${word} ${when}</span>`];
  });
}

const clockMs = 12 * 3_600_000;

/** A time beside an earlier one: nothing within the same minute, and no day as long as it can be no other one. */
function whenAfter(at: string, before: string): Html | string {
  if (at.slice(0, minuteLength) === before.slice(0, minuteLength)) return '';
  const isSoon = Date.parse(at) - Date.parse(before) < clockMs;
  return time(at, isSoon ? { form: 'clock' } : {});
}

/** 2026-11-20T10:00 */
const minuteLength = 16;
