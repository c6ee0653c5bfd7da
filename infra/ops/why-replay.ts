import type { EventRecord, ReplayEntry } from '#shared/audience/event-record.ts';
import { columns } from './columns.ts';
import type { WhyRows } from './why-rows.ts';
import { didText, type WhyHow } from './why-text.ts';
import { consideredLines } from './why-workflow.ts';

/** What each replay of an event did, the newest last. */
export async function replaysLines(
  record: EventRecord,
  rows: WhyRows,
  how: WhyHow,
): Promise<string[]> {
  const { replays = [], replayCount = 0 } = record;
  const older = replayCount - replays.length;
  const told = await Promise.all(replays.map((entry) => replayLines(entry, record, rows, how)));
  return [
    ...(older > 0 ? ['', `${older} older replays are not kept one by one.`] : []),
    ...told.flatMap((lines) => ['', ...lines]),
  ];
}

async function replayLines(
  entry: ReplayEntry,
  { webhookId, type }: EventRecord,
  rows: WhyRows,
  how: WhyHow,
): Promise<string[]> {
  const { replayId, at, by, outcome, reason, triggers, workflows = [], settingsVersion } = entry;
  const head = columns([
    ['replay', replayId],
    ['asked', `${at}, by ${by}, ${modeText(entry)}`],
    ['outcome', `${outcome}${reason ? `: ${reason}` : ''}`],
    ...(outcome === 'skipped' ? [] : [['did', didText(entry)]]),
    ['settings', `version ${settingsVersion}`],
  ]);
  const mails = await consideredLines(workflows, webhookId, rows, how);
  if (mails.length > 0) return [...head, ...mails];
  if (!triggers || outcome === 'skipped') return head;
  return [...head, `No email: no active workflow waited for ${type} at that time.`];
}

/** How an event was run again. */
function modeText({ triggers, again }: Pick<ReplayEntry, 'triggers' | 'again'>): string {
  if (!triggers) return 'contact only, without workflows';
  return again ? 'with workflows, emails that went before too' : 'with workflows';
}
