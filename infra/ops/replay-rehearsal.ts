import { Advice } from '#infra/local/advice.ts';
import type { Rehearsal } from '#shared/audience/rehearse-replay.ts';
import type { Replay } from '#shared/audience/replay.ts';
import type { EventChoice, RecordedEvent, RecordedEvents } from './replay-events.ts';
import type { ReplayMode } from './replay-options.ts';
import { noneText } from './replay-run.ts';
import { commandText, counted, outcomeLines, rehearsalLines } from './replay-text.ts';

export type RehearsalParts = Readonly<{
  events: RecordedEvents;
  rehearse: (replay: Replay) => Promise<Rehearsal>;
  address: (address: string) => string;
  by: string;
  now: () => Date;
  print: (line: string) => void;
  progress: (text: string) => void;
  isStopped: () => boolean;
  options: string;
}>;

const sideBySide = 8;

/** Keys that are remembered, so that an email for which several events ask counts once. */
const mostKeys = 100_000;

/** Prints what a replay of each chosen event would do if it were the only one, and changes nothing. */
export async function rehearseReplays(
  { choice, triggers, again }: ReplayMode & Readonly<{ choice: EventChoice }>,
  { events, rehearse, address, by, now, print, progress, isStopped, options }: RehearsalParts,
): Promise<void> {
  const outcomes = new Map<string, number>();
  const going = new Set<string>();
  let [looked, emails] = [0, 0];

  async function show({ webhookId }: RecordedEvent): Promise<() => void> {
    const at = now().toISOString();
    const replay = { replayId: 'rehearsal', webhookId, triggers, again, by, at };
    const rehearsal = await rehearse(replay);
    // Its record expired after it was listed.
    if (rehearsal.kind === 'no-record') return () => undefined;
    const { record, entry, mails } = rehearsal;
    return () => {
      looked += 1;
      outcomes.set(entry.outcome, (outcomes.get(entry.outcome) ?? 0) + 1);
      for (const { ledgerKey, goes } of mails) {
        if (!goes || going.has(ledgerKey)) continue;
        emails += 1;
        if (going.size < mostKeys) going.add(ledgerKey);
      }
      rehearsalLines(record, entry, mails, address).forEach(print);
    };
  }

  for await (const batch of events.chosen(choice)) {
    for (let start = 0; start < batch.length && !isStopped(); start += sideBySide) {
      const shown = await Promise.all(batch.slice(start, start + sideBySide).map(show));
      for (const one of shown) one();
      progress(`${looked} events looked at`);
    }
    if (isStopped()) break;
  }
  if (isStopped()) print('\nInterrupted.');
  else if (looked === 0) throw new Advice(noneText(choice));
  print(`\n${counted(looked, 'event')} looked at, each by itself. Nothing was changed.`);
  outcomeLines(outcomes).forEach(print);
  if (triggers) print(`${counted(emails, 'email')} would go.`);
  print(`\nNext:\n  ${commandText(choice, { triggers, again }, options)}`);
}
