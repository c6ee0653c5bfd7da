import type { Context } from 'hono';
import { html } from 'hono/html';
import { addsContact, type ReplayEntry } from '#shared/audience/event-record.ts';
import type { Rehearsal, Replay } from '#shared/audience/replay/replay.ts';
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { eventPath } from '../kit/paths.ts';
import { outlookView } from '../kit/run-view.ts';
import { badge, table } from '../kit/shown.ts';
import { outcomeBadge, outcomeText } from '../kit/words.ts';
import { changesView, replayKind } from './event-view.ts';

type Rehearsed = Extract<Rehearsal, { kind: 'rehearsed' }>;
type Shown = Rehearsed &
  Readonly<{
    /** Those whose runs would begin, by id, with the subjects of their emails by step. */
    beginning: ReadonlyMap<
      string,
      Readonly<{ name: string; subjects: ReadonlyMap<string, string> }>
    >;
  }>;

/** Asks how to replay an event, and shows what that would do. */
export function replayView(c: Context<ConsoleEnv>, replay: Replay, rehearsed: Shown): Html {
  const { webhookId, triggers, again, replayId } = replay;
  const fields = {
    act: 'replay',
    replayId,
    ...(triggers && { triggers: 'on' }),
    ...(again && { again: 'on' }),
  };
  return html`<p>A replay runs the event again with today’s settings. It never replaces the contact’s newer data, and sends no email twice unless you choose to.</p>
${choices(replay)}
<h2>What it would do now <span class="soft small">${replayKind(replay)}</span></h2>
${previewView(rehearsed)}
<div class="row">${act(c, 'Replay now', eventPath(webhookId), { tone: doesSomething(rehearsed) ? 'primary' : '', fields })}
<a class="button" href="${eventPath(webhookId)}">Cancel</a></div>`;
}

/** Where nothing would happen, a replay is no more called for than going back. */
function doesSomething({ entry, mails, runs }: Shown): boolean {
  const isMailed = mails.some(({ goes }) => goes) || runs.length > 0;
  return isMailed || entry.changes.length > 0 || entry.erases === true;
}

function choices({ webhookId, triggers, again }: Replay): Html {
  const kind = (value: string, label: string, isChosen: boolean) =>
    html`<label class="check"><input type="radio" name="triggers" value="${value}"${isChosen ? html` checked` : ''}> <span>${label}</span></label>`;
  return html`<form class="card" method="get" action="${eventPath(webhookId)}">
<input type="hidden" name="ask" value="replay">
<fieldset class="field wide">
<legend>Run again</legend>
${kind('', 'Only what it does to the contact', !triggers)}
${kind('on', 'Workflows, too: emails that were never sent may go out', triggers && !again)}
${kind('again', 'Workflows, and emails that were sent before: the customer gets them again', again)}
</fieldset>
<p><button type="submit">Preview</button></p>
</form>`;
}

function previewView({ entry, mails, runs, beginning, record }: Shown): Html {
  const isAdded = addsContact(entry);
  const wouldBe = isAdded ? 'It would add a contact.' : 'It would change the contact.';
  return html`<p>${outcomeBadge(entry.outcome, isAdded)} ${entry.reason ?? (entry.outcome === 'applied' ? wouldBe : outcomeText(entry))}</p>
${entry.changes.length > 0 ? changesView(entry.changes, record.erased) : ''}
${entry.triggers ? mailsView(entry, { mails, runs, beginning }) : html`<p>No email goes out: no workflow sees it.</p>`}
${entry.erases ? html`<p class="note">It would again erase what’s known about the customer.</p>` : ''}`;
}

function mailsView(
  { workflows: considered = [] }: ReplayEntry,
  { mails, runs, beginning }: Pick<Shown, 'mails' | 'runs' | 'beginning'>,
): Html {
  if (considered.length === 0) return html`<p>No email: no active workflow waits for it.</p>`;
  const rows = considered.map(({ workflowId, name, ledgerKey, runId, reason }) => {
    if (runId !== undefined) return [name, badge('a run would begin', 'good')];
    const mail = mails.find((one) => one.ledgerKey === ledgerKey && one.workflowId === workflowId);
    const against = mail ? mail.reason : reason;
    return [
      name,
      mail?.goes ? badge('would be sent', 'good') : badge('would not be sent'),
      against,
    ];
  });
  return html`${table('Emails of the replay', ['Workflow', 'Email', 'Why not'], rows)}
${runs.map(({ workflowId, ahead }) => {
  const { name = workflowId, subjects = new Map() } = beginning.get(workflowId) ?? {};
  return html`<h3>What the run of ${name} would do</h3>
${outlookView(ahead, subjects)}`;
})}
<p class="soft">The mailer checks again before it sends.</p>`;
}
