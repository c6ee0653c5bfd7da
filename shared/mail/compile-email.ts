import type { CompiledEmail, EmailNode } from '../audience/workflow.ts';
import type { SupportedEventType } from '../polar/event-types.ts';
import { checkTree } from './check-tree.ts';
import { checkVariables, type Finding } from './check-variables.ts';
import { type DraftProblem, sentencesOf } from './draft-problem.ts';
import { htmlBody, literal } from './html-body.ts';
import { htmlDocument } from './html-document.ts';
import { htmlEngine, textEngine } from './liquid-engine.ts';
import { liftedTags } from './liquid-in-tree.ts';
import { liquidOf, plainLiteral } from './liquid-out.ts';
import { type LiquidPiece, liquidSource } from './liquid-source.ts';
import { markdownTree } from './markdown-tree.ts';
import { slotsOf } from './slots.ts';
import { textBody } from './text-body.ts';

export type Compilation =
  | { kind: 'compiled'; compiled: CompiledEmail; warnings: string[] }
  /** `places`: the same problems, each with its field. */
  | { kind: 'refused'; problems: string[]; places: readonly DraftProblem[] };

const fields = ['subject', 'preheader', 'body'] as const;
const longest = { subject: 1_000, preheader: 1_000, body: 50_000 } as const;
/** The workflow, with what it is compiled to, is one item of at most 400 KB. */
const longestHtml = 200_000;
const gmailClipsAt = 100_000;

/**
 * Makes an email node into Liquid for each part of the message. What cannot be sent is refused with sentences that name
 * the field and the line; warnings tell of emails that may turn out otherwise than meant.
 */
export function compileEmail(node: EmailNode, type: SupportedEventType): Compilation {
  const read = fields.map((field) => readField(field, node[field], type));
  const [subject, preheader, body] = read.map(({ pieces }) => pieces);
  const inBody = body ? bodyParts(body) : undefined;
  const findings = [
    ...read.flatMap((field) => field.findings),
    ...(inBody?.findings.map((one) => placed('body', one)) ?? []),
  ];
  const problems = findings.filter(({ kind }) => kind === 'problem');
  if (problems.length > 0 || !subject || !preheader || !inBody) return refusal(problems);
  const html = htmlDocument({
    title: filled(subject, literal),
    preheader: filled(preheader, literal),
    body: inBody.html,
  });
  if (html.length > longestHtml) {
    return refusal([{ field: 'body', text: 'Body: it is too long for an email.' }]);
  }
  const compiled = {
    subject: filled(subject, plainLiteral),
    html,
    text: `${inBody.text.trimEnd()}\n${textFooter}`,
  };
  proveReadable(compiled);
  const warnings = findings.map(({ text }) => text);
  if (html.length > gmailClipsAt) {
    warnings.push('Body: it is so long that Gmail shows only its beginning.');
  }
  return { kind: 'compiled', compiled, warnings: [...new Set(warnings)] };
}

function refusal(places: readonly DraftProblem[]): Compilation {
  return { kind: 'refused', problems: sentencesOf(places), places };
}

type Field = (typeof fields)[number];
type PlacedFinding = Pick<Finding, 'kind' | 'text'> & Readonly<{ field: Field }>;
type ReadField = { pieces: readonly LiquidPiece[] | undefined; findings: PlacedFinding[] };

function readField(field: Field, written: string, type: SupportedEventType): ReadField {
  const source = written.replaceAll(/\r\n?/g, '\n').toWellFormed();
  if (source.length > longest[field]) {
    const text = `it is longer than ${longest[field]} characters.`;
    return refused(field, { kind: 'problem', line: 1, text });
  }
  if (source.trim() === '' && field !== 'preheader') {
    return refused(field, { kind: 'problem', line: 1, text: 'it is empty.' });
  }
  const read = liquidSource(source);
  if (read.kind === 'problem') {
    const { line, problem } = read.problem;
    return refused(field, { kind: 'problem', line, text: problem });
  }
  const findings = checkVariables(source, read.pieces, type);
  return { pieces: read.pieces, findings: findings.map((one) => placed(field, one)) };
}

function refused(field: Field, finding: Finding): ReadField {
  return { pieces: undefined, findings: [placed(field, finding)] };
}

function placed(field: Field, { kind, line, text }: Finding): PlacedFinding {
  const name = `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  return { kind, field, text: `${name}${field === 'body' ? `, line ${line}` : ''}: ${text}` };
}

function bodyParts(pieces: readonly LiquidPiece[]) {
  const slots = slotsOf(pieces);
  const tree = liftedTags(markdownTree(slots), slots);
  return {
    html: htmlBody(tree, slots),
    text: textBody(tree, slots),
    findings: checkTree(tree, slots),
  };
}

function filled(pieces: readonly LiquidPiece[], literalOf: (text: string) => string): string {
  return pieces
    .map((piece) => (piece.kind === 'text' ? literalOf(piece.text) : liquidOf(piece)))
    .join('')
    .trim();
}

const textFooter = `{% if footer %}
-- 
{% for line in footer.lines %}{{ line }}
{% endfor %}
You get this email because you are subscribed to our news. Unsubscribe:
{{ footer.unsubscribeUrl | whole_url }}
{% endif %}`;

/** What was compiled is read once as the mailer will read it, so that a mistake shows when a workflow is saved. */
function proveReadable({ subject, html, text }: CompiledEmail): void {
  textEngine.parse(subject);
  htmlEngine.parse(html);
  textEngine.parse(text);
}
