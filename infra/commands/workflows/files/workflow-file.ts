import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'yaml';
import { type Condition, conditionText } from '#shared/audience/conditions.ts';
import { type WaitStep, waitText } from '#shared/audience/workflow.ts';
import { reasonOf } from '#shared/failure.ts';
import type { WorkflowDraft } from '#shared/mail/check/written-draft.ts';

const fence = '---\n';

/**
 * A workflow as a person edits it: Markdown with all but the bodies as YAML in front, and a section for each email. What
 * is empty is left out.
 */
export function workflowFile(draft: WorkflowDraft): string {
  const { name, trigger, audience, frequency, maxAgeHours, exitWhen, steps } = draft;
  const head = {
    name,
    event: trigger.event,
    ...listed('conditions', trigger.conditions),
    ...listed('audience', audience),
    frequency,
    maxAgeHours,
    ...listed('exitWhen', exitWhen),
    steps: steps.map(writtenStep),
  };
  const sections = steps.flatMap((step) =>
    step.kind === 'send' ? [`\n${headingOf(step.id)}\n\n${trimmed(step.email.body)}\n`] : [],
  );
  return `${fence}${stringify(head, { lineWidth: 0 })}${fence}${sections.join('')}`;
}

function listed(name: string, conditions: readonly Condition[]): Record<string, unknown> {
  return conditions.length > 0 ? { [name]: conditions.map(writtenCondition) } : {};
}

/** As text, where that can be read as just this. */
function writtenCondition(condition: Condition): unknown {
  const text = conditionText(condition);
  return isDeepStrictEqual(conditionIn(text), condition) ? text : condition;
}

function writtenStep(step: WorkflowDraft['steps'][number]): Record<string, unknown> {
  if (step.kind === 'send') {
    const { body: _, preheader, ...email } = step.email;
    const { onlyIf } = step;
    return {
      send: step.id,
      ...listed('onlyIf', onlyIf),
      ...email,
      ...(preheader !== '' && { preheader }),
    };
  }
  const wait: WaitStep | undefined = step.for
    ? { kind: 'wait', id: step.id, for: step.for }
    : step.until && { kind: 'wait', id: step.id, until: step.until };
  if (!wait) return { wait: step.id };
  return { wait: step.id, ['for' in wait ? 'for' : 'until']: waitText(wait) };
}

const headingOf = (id: string) => `## Mail ${id}`;
const trimmed = (text: string) => text.replace(/^\n+|\n+$/g, '');

type ReadFile =
  | Readonly<{ kind: 'read'; written: unknown }>
  | Readonly<{ kind: 'refused'; problem: string }>;

/** What a person wrote in such a file, not checked yet. */
export function readWorkflowFile(given: string): ReadFile {
  const text = given.replaceAll('\r\n', '\n');
  const end = text.indexOf(`\n${fence}`, fence.length - 1);
  if (!text.startsWith(fence) || end < 0)
    return refused(`It must begin with YAML between two lines of ${fence.trim()}.`);
  try {
    const head: unknown = parse(text.slice(fence.length, end + 1));
    return read(head, text.slice(end + 1 + fence.length));
  } catch (error) {
    if (error instanceof Unreadable) return refused(error.message);
    return refused(`What is between the lines of --- is no YAML: ${reasonOf(error)}`);
  }
}

class Unreadable extends Error {}

const refused = (problem: string): ReadFile => ({ kind: 'refused', problem });

function read(head: unknown, rest: string): ReadFile {
  if (!isRecord(head)) throw new Unreadable('There is nothing between the lines of ---.');
  const { event, conditions, audience, exitWhen, steps, ...others } = head;
  const written = asList(steps, 'steps').map(readStep);
  const bodies = bodiesIn(
    rest,
    written.flatMap(({ kind, id }) => (kind === 'send' ? [String(id)] : [])),
  );
  return {
    kind: 'read',
    written: {
      ...others,
      trigger: { event, conditions: readConditions(conditions, 'conditions') },
      audience: readConditions(audience, 'audience'),
      exitWhen: readConditions(exitWhen, 'exitWhen'),
      steps: written.map((step) =>
        step.kind === 'send'
          ? { ...step, email: { ...step.email, body: bodies.get(String(step.id)) } }
          : step,
      ),
    },
  };
}

/** Of any section that no email has, the heading is a part of the body before it. */
function bodiesIn(text: string, ids: readonly string[]): Map<string, string> {
  const bodies = new Map<string, string[]>();
  let lines: string[] = [];
  const before = lines;
  for (const line of text.split('\n')) {
    const id = ids.find((one) => headingOf(one) === line.trimEnd());
    if (id === undefined) {
      lines.push(line);
      continue;
    }
    if (bodies.has(id)) throw new Unreadable(`There are two sections ${headingOf(id)}.`);
    lines = [];
    bodies.set(id, lines);
  }
  const missing = ids.find((id) => !bodies.has(id));
  if (missing !== undefined) throw new Unreadable(`The section ${headingOf(missing)} is missing.`);
  if (before.some((line) => line.trim() !== '')) {
    throw new Unreadable('There is text before the first section of an email.');
  }
  return new Map([...bodies].map(([id, body]) => [id, trimmed(body.join('\n'))]));
}

function readStep(step: unknown) {
  if (!isRecord(step) || 'send' in step === 'wait' in step) {
    throw new Unreadable('Each step begins with "send" or with "wait", and its id.');
  }
  if ('wait' in step) {
    const { wait, for: time, until, ...others } = step;
    return {
      ...{ kind: 'wait' as const, id: wait, ...others },
      ...(time !== undefined && { for: { hours: hoursIn(time) } }),
      ...(until !== undefined && { until: untilIn(until) }),
    };
  }
  const { send, onlyIf, ...email } = step;
  return {
    ...{ kind: 'send' as const, id: send, onlyIf: readConditions(onlyIf, 'onlyIf') },
    email: { preheader: '', ...email },
  };
}

const hoursOf: Readonly<Record<string, number>> = { hour: 1, day: 24, week: 168 };

function hoursIn(written: unknown): number {
  const [, number, unit = ''] = /^(\d{1,5}) (hour|day|week)s?$/.exec(String(written)) ?? [];
  const hours = hoursOf[unit];
  if (number === undefined || hours === undefined) {
    throw new Unreadable(
      `${JSON.stringify(written)} is no time: write 3 days, 12 hours or 2 weeks.`,
    );
  }
  return Number(number) * hours;
}

function untilIn(written: unknown) {
  const parts = /^(?:(.+) (before|after) )?(\w+)$/.exec(String(written));
  if (!parts) {
    throw new Unreadable(`${JSON.stringify(written)} is no date: write 3 days before trialEnd.`);
  }
  const [, time, side, date] = parts;
  const hours = time === undefined ? 0 : hoursIn(time);
  return { date, offsetHours: side === 'before' && hours > 0 ? -hours : hours };
}

function readConditions(written: unknown, name: string): unknown[] {
  return asList(written ?? [], name).map((one) =>
    typeof one === 'string' ? readCondition(one) : one,
  );
}

function readCondition(text: string) {
  const condition = conditionIn(text);
  if (condition) return condition;
  throw new Unreadable(`${JSON.stringify(text)} is no condition: write status is past_due.`);
}

/** `status is not past_due`, as `conditionText` writes it. */
function conditionIn(text: string) {
  const parts = /^(\S+) is (not set|set|one of (.+)|not (.+)|(.+))$/.exec(text.trim());
  if (!parts) return undefined;
  const [, property, comparison, several, other, value] = parts;
  if (comparison === 'not set') return { property, operator: 'is-not-set' };
  if (comparison === 'set') return { property, operator: 'is-set' };
  if (several !== undefined) {
    return { property, operator: 'is-one-of', values: several.split(',').map((one) => one.trim()) };
  }
  if (other !== undefined) return { property, operator: 'is-not', value: other };
  return { property, operator: 'is', value };
}

function asList(written: unknown, name: string): unknown[] {
  if (Array.isArray(written)) return written;
  throw new Unreadable(
    written === undefined
      ? `There is no list "${name}". What "export" writes shows how it looks.`
      : `${name} must be a list.`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
