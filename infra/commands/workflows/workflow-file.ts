import { reasonOf } from '#shared/failure.ts';
import { plainDraft, type WorkflowDraft } from '#shared/mail/check-workflow.ts';

const line = '\n---\n';

/** A workflow as a person edits it: all but the body as JSON, a line of three hyphens, and the body as it is. */
export function workflowFile(draft: WorkflowDraft): string {
  const plain = plainDraft(draft);
  if (!plain) return `${JSON.stringify(draft, null, 2)}${line}`;
  const { body, ...email } = plain.email;
  return `${JSON.stringify({ ...plain, email }, null, 2)}${line}${body}\n`;
}

export type ReadFile =
  | Readonly<{ kind: 'read'; written: unknown }>
  | Readonly<{ kind: 'refused'; problem: string }>;

/** What a person wrote in such a file, not checked yet. */
export function readWorkflowFile(given: string): ReadFile {
  const text = given.replaceAll('\r\n', '\n');
  const at = text.indexOf(line);
  if (at < 0) {
    return { kind: 'refused', problem: 'The line --- between settings and body is missing.' };
  }
  try {
    const head: unknown = JSON.parse(text.slice(0, at));
    const body = text.slice(at + line.length).replace(/\n$/, '');
    return { kind: 'read', written: withBody(head, body) };
  } catch (error) {
    return { kind: 'refused', problem: `What is above --- is no JSON: ${reasonOf(error)}.` };
  }
}

function withBody(head: unknown, body: string): unknown {
  if (typeof head !== 'object' || head === null || !('email' in head)) return head;
  const { email } = head;
  return typeof email === 'object' && email !== null
    ? { ...head, email: { ...email, body } }
    : head;
}
