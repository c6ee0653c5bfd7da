import { counted, seconds } from '#infra/commands/words.ts';
import { calledInFull, warningLines } from '#infra/commands/workflows/text.ts';
import { maskedAddress } from '#infra/terminal/lines.ts';
import { type AlsoMailing, alsoMailingText } from '#shared/audience/also-mailing.ts';
import type { Difference } from '#shared/mail/workflow-history.ts';
import { oneLine } from '#shared/safe-text.ts';
import type { Effect, EffectMail } from './effect.ts';
import type { PastEvents } from './past-events.ts';
import type { Planned } from './plan.ts';

const mostLines = 8;
const mostExamples = 3;
const longestValue = 100;

type Beside = Readonly<{
  /** Other workflows that mail the same people. */
  beside?: readonly AlsoMailing[] | undefined;
  /** What names the deployment in commands. */
  options?: string;
}>;

/** What a plan says of one workflow. */
export function plannedLines(
  planned: Planned,
  effect: Effect | undefined,
  { beside, options = '' }: Beside = {},
): string[] {
  const { workflowId } = planned;
  return [
    oneLine(`${workflowId}: ${headOf(planned)}`),
    ...detailsOf(planned).map((line) => `  ${line}`),
    ...notesOf(planned, options).map((line) => `  ${line}`),
    ...alsoMailingLines(beside),
    ...(effect ? effectLines(effect).map((line) => `  ${line}`) : []),
  ];
}

function notesOf(planned: Planned, options: string): string[] {
  if (planned.kind === 'problems') return planned.warnings.map((one) => `Note: ${oneLine(one)}`);
  const workflow = 'after' in planned ? planned.after : planned.before;
  return warningLines(workflow, planned.warnings.map(oneLine), options);
}

/** Which others mail the people of a workflow, too. */
export function alsoMailingLines(beside: readonly AlsoMailing[] = []): string[] {
  return beside.map((one) => `  Note: ${oneLine(alsoMailingText(one, calledInFull(one)))}`);
}

function headOf(planned: Planned): string {
  switch (planned.kind) {
    case 'new':
      return `new, as ${planned.after.status}`;
    case 'changed':
      return `changed (version ${planned.before.version}, ${planned.before.status})`;
    case 'unchanged':
      return 'unchanged';
    case 'drift':
      return `drift: the file is of version ${planned.seen}, and the stack has version ${planned.before.version}. It is left alone.`;
    case 'no-file':
      return 'no file. It stays as it is.';
    case 'problems':
      return 'cannot be applied';
  }
}

function detailsOf(planned: Planned): string[] {
  const { workflowId } = planned;
  switch (planned.kind) {
    case 'changed':
      return planned.changes.flatMap(differenceLines);
    case 'drift':
      return [
        ...(planned.elsewhere
          ? ['Changed elsewhere:', ...planned.elsewhere.flatMap(differenceLines)]
          : ['What was changed elsewhere is not known: that version was not kept.']),
        'The file would change:',
        ...planned.changes.flatMap(differenceLines),
        `To keep what is there, export it again. To overwrite it, write "version: ${planned.before.version}" into the file.`,
      ];
    case 'no-file':
      return [`To remove it: npm run workflows -- remove ${workflowId}`];
    case 'problems':
      return planned.problems.map(({ field, text }) =>
        oneLine([`${workflowId}.md`, field, text].filter(Boolean).join(': ')),
      );
    default:
      return [];
  }
}

/** A field with what goes and what comes; of a long text the lines that differ. */
function differenceLines({ field, from, to }: Difference): string[] {
  const [before, after] = [valueLines(from), valueLines(to)];
  const isSameAt = (one: number, other: number) => before.at(one) === after.at(other);
  const shorter = Math.min(before.length, after.length);
  let [start, end] = [0, 0];
  while (start < shorter && isSameAt(start, start)) start += 1;
  while (end < shorter - start && isSameAt(-end - 1, -end - 1)) end += 1;
  const lines = [
    ...before.slice(start, before.length - end).map((line) => `- ${line}`),
    ...after.slice(start, after.length - end).map((line) => `+ ${line}`),
  ].map((line) => `    ${oneLine(line)}`);
  const more = lines.length - mostLines;
  return [
    `  ${field}:`,
    ...lines.slice(0, mostLines),
    ...(more > 0 ? [`    … and ${more} more ${more === 1 ? 'line' : 'lines'}`] : []),
  ];
}

function valueLines(value: unknown): string[] {
  if (value === undefined) return [];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.split('\n').map((line) => shortened(line));
}

function shortened(line: string): string {
  const characters = [...line];
  return characters.length > longestValue ? `${characters.slice(0, longestValue).join('')}…` : line;
}

function effectLines({ before, after, gone, added, isOnceActive, assumed }: Effect): string[] {
  const when = isOnceActive ? ' once it is active' : '';
  const count = `Mails for those events${when}: ${after}, before ${before}.`;
  const same = gone.length + added.length === 0 ? ' They are the same ones.' : '';
  return [
    before + after === 0 ? `No mail for those events${when}.` : `${count}${same}`,
    ...mailLines('would not have gone', gone),
    ...mailLines('would have gone in addition', added),
    ...(assumed.length > 0 ? [`Assumed that ${assumed.join(', and that ')}.`] : []),
  ];
}

function mailLines(what: string, mails: readonly EffectMail[]): string[] {
  if (mails.length === 0) return [];
  const examples = mails.slice(-mostExamples).map(exampleOf);
  return [
    `${mails.length} ${what}, such as`,
    ...examples.map(({ webhookId, type, occurredAt, email, step }) =>
      oneLine(`  ${seconds(occurredAt)}  ${type}  ${email ?? 'no address'}  ${step}  ${webhookId}`),
    ),
  ];
}

function exampleOf(mail: EffectMail) {
  return { ...mail, email: mail.email === undefined ? undefined : maskedAddress(mail.email) };
}

/** Which events the counts are of, and what they leave out. */
export function lookedAtLines({ events, since, lookedSince }: PastEvents): string[] {
  const all = `Judged by ${counted(events.length, 'recorded event')} since ${seconds(lookedSince)}.`;
  const rest =
    lookedSince > since
      ? ` There are too many before, back to ${seconds(since)}: they were not looked at.`
      : '';
  return [
    `${all}${rest}`,
    'Consent, bounces, limits and mails of earlier times were not looked at.',
  ];
}

/** The same for a program. */
export function plannedDocument(
  planned: Planned,
  effect: Effect | undefined,
  beside: readonly AlsoMailing[] = [],
) {
  const { workflowId, kind, warnings } = planned;
  return {
    ...{ workflowId, kind, warnings },
    ...('before' in planned && { version: planned.before.version, status: planned.before.status }),
    ...('after' in planned && {
      statusAfter: planned.after.status,
      alsoMailing: beside.map((one) => one.workflowId),
    }),
    ...('changes' in planned && { changes: planned.changes }),
    ...('seen' in planned && { seen: planned.seen, elsewhere: planned.elsewhere ?? null }),
    ...('problems' in planned && { problems: planned.problems }),
    ...(effect && { effect: effectDocument(effect) }),
  };
}

function effectDocument({ gone, added, ...counts }: Effect) {
  return {
    ...counts,
    gone: { count: gone.length, examples: gone.slice(-mostExamples).map(exampleOf) },
    added: { count: added.length, examples: added.slice(-mostExamples).map(exampleOf) },
  };
}
