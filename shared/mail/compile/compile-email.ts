import type { CompiledEmail, EmailNode } from '#shared/audience/workflow.ts';
import { sentencesOf } from '#shared/mail/check/draft-problem.ts';
import {
  brandVariables,
  contactVariables,
  type EventVariable,
  eventMayHave,
  eventVariables,
} from '#shared/mail/event-variables.ts';
import { htmlDocument, textFooter } from '#shared/mail/layout.ts';
import { authorEngine, htmlEngine, textEngine } from '#shared/mail/liquid-engine.ts';
import { nearestName } from '#shared/mail/nearest-name.ts';
import { subscriptionVariables } from '#shared/mail/subscription-variables.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { htmlBody, literal } from './html-body.ts';
import {
  type LiquidPiece,
  liquidOf,
  liquidSource,
  plainLiteral,
  type Slots,
  slotsOf,
  tagOutOfPlace,
} from './liquid-source.ts';
import {
  isLostButton,
  liftedTags,
  type MarkdownNode,
  markdownTree,
  tagsIn,
  withButtons,
} from './markdown-tree.ts';
import { textBody } from './text-body.ts';

/**
 * What is wrong with the Liquid and the links of a body. Every block of Liquid must end in the element it began in, so
 * that the HTML is whole whichever way its conditions turn out.
 */
function checkTree(nodes: readonly MarkdownNode[], slots: Slots): Finding[] {
  return [
    ...unbalanced(nodes, slots),
    ...nodes.flatMap((node) => [
      ...(isCode(node) ? unbalanced([{ ...node, type: 'text' }], slots) : []),
      ...ofTarget(node, slots),
      ...ofRawHtml(node),
      ...ofLostButton(node),
      ...checkTree(node.children, slots),
    ]),
  ];
}

const isCode = ({ type }: MarkdownNode) => type === 'code_inline' || type === 'fence';

function unbalanced(nodes: readonly MarkdownNode[], slots: Slots): Finding[] {
  const tag = tagOutOfPlace(tagsIn(nodes, slots));
  return tag ? [apart(tag.source, tag.line)] : [];
}

function apart(source: string, line: number): Finding {
  const text = `${source} must begin and end in the same paragraph, list item, table cell or emphasis.`;
  return { kind: 'problem', line, text };
}

const allowedTarget = /^(?:https?:\/\/[^/?#]|mailto:(?!\/))/i;

function ofTarget({ type, attributes, line, content }: MarkdownNode, slots: Slots): Finding[] {
  const target = attributes['href'] ?? attributes['src'];
  if (target === undefined) return [];
  const problem = (text: string): Finding[] => [{ kind: 'problem', line, text }];
  const attached = [target, attributes['title'] ?? '', type === 'image' ? content : ''];
  if (attached.flatMap(slots.tagsOf).length > 0) {
    return problem("A tag can't be inside a link or an image; put the whole link inside the tag.");
  }
  const [first] = slots.split(target);
  if (first === undefined) return problem('A link has no target.');
  if (typeof first !== 'string') return [];
  if (/^https?:\/\/[^/?#]*$/i.test(first) && slots.split(target).length > 1) {
    return problem("A variable can't be part of the host name in a link.");
  }
  if (!allowedTarget.test(first)) {
    return problem(`A link or image leads to ${first}; use http, https or mailto.`);
  }
  return [];
}

function ofRawHtml({ type, content, line }: MarkdownNode): Finding[] {
  const tag =
    type === 'text' ? /<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/i.exec(content)?.[0] : undefined;
  if (tag === undefined) return [];
  return [{ kind: 'warning', line, text: `Emails don't use HTML: ${tag} is shown as text.` }];
}

function ofLostButton(node: MarkdownNode): Finding[] {
  if (!isLostButton(node)) return [];
  const text = '{button} needs a link in its own paragraph: put an empty line before and after it.';
  return [{ kind: 'warning', line: node.line, text }];
}

type Finding = Readonly<{ kind: 'problem' | 'warning'; line: number; text: string }>;

const known = [
  ...Object.keys(contactVariables).map((name) => `contact.${name}`),
  ...Object.keys(eventVariables).map((name) => `event.${name}`),
  ...Object.keys(brandVariables).map((name) => `brand.${name}`),
  ...Object.keys(subscriptionVariables).map((name) => `subscription.${name}`),
];
const examples: Readonly<Record<string, string>> = {
  contact: 'contact.firstName',
  event: 'event.productName',
  brand: 'brand.name',
  subscription: 'subscription.status',
};
const reserved = [...Object.keys(examples), 'footer'];

/** Variables that no email has are problems; those that this event never has, or a contact may not have, are warnings. */
function checkVariables(
  source: string,
  pieces: readonly LiquidPiece[],
  type: SupportedEventType,
): Finding[] {
  const { globals, locals } = authorEngine.analyzeSync(authorEngine.parse(source), {
    partials: false,
  });
  const uses = Object.values(globals)
    .flat()
    .map(({ segments, location }) => ({ segments, line: location.row }));
  const taken = Object.entries(locals).filter(([name]) => reserved.includes(name));
  return [
    ...uses.flatMap(({ segments, line }) => ofUse(segments, line, type)),
    ...taken.map(([name, [first]]) => ({
      kind: 'problem' as const,
      line: first?.location.row ?? 1,
      text: `The name ${name} is taken; choose another.`,
    })),
    ...perhapsMissing(pieces),
  ];
}

function ofUse(segments: readonly unknown[], line: number, type: SupportedEventType): Finding[] {
  const path = segments.map((segment) => (typeof segment === 'string' ? segment : '[…]'));
  const [root = '', name = '', ...rest] = path;
  const full = path.join('.');
  const problem = (text: string): Finding[] => [{ kind: 'problem', line, text }];
  const example = Object.hasOwn(examples, root) ? examples[root] : undefined;
  if (example && name === '') {
    return problem(`${root} isn't a value by itself; write ${example}, for example.`);
  }
  if (!known.includes(`${root}.${name}`) || rest.some((one) => one !== 'size')) {
    const nearest = nearestName(full, known) ?? nearestName(name || root, known.map(lastPart));
    const hint = known.find((one) => one === nearest || lastPart(one) === nearest);
    return problem(`There is no variable ${full}${hint ? `; did you mean ${hint}?` : '.'}`);
  }
  if (root === 'event' && isEventVariable(name) && !eventMayHave(type, name)) {
    return [{ kind: 'warning', line, text: `${type} never has a value for ${full}.` }];
  }
  if (root === 'subscription' && !eventMayHave(type, 'subscriptionId')) {
    return [
      {
        kind: 'warning',
        line,
        text: `${type} has no subscription: ${full} never has a value.`,
      },
    ];
  }
  return [];
}

const lastPart = (name: string) => name.slice(name.indexOf('.') + 1);

function isEventVariable(name: string): name is EventVariable {
  return Object.hasOwn(eventVariables, name);
}

/** People forget that some customers have no name, and a brand no website, and would learn it from blocked emails. */
function perhapsMissing(pieces: readonly LiquidPiece[]): Finding[] {
  const tags = pieces.flatMap((piece) => (piece.kind === 'tag' ? [piece.source] : [])).join('\n');
  return pieces.flatMap((piece) => {
    if (piece.kind !== 'output' || /\|\s*default\b/.test(piece.value)) return [];
    const name = /^\s*((?:contact|brand)\.(?!email\b)\w+)/.exec(piece.value)?.[1];
    if (name === undefined || !known.includes(name) || tags.includes(name)) return [];
    const which = name.startsWith('brand.') ? "sent while there's no" : 'to contacts without';
    const text = `Emails ${which} ${name} will be blocked; give it a default: {{ ${name} | default: "…" }}.`;
    return [{ kind: 'warning', line: piece.line, text }];
  });
}

const fields = ['subject', 'preheader', 'body'] as const;

type Compilation =
  | { kind: 'compiled'; compiled: CompiledEmail; warnings: string[] }
  /** `places`: the same problems, each with its field. */
  | {
      kind: 'refused';
      problems: string[];
      places: readonly Place[];
    };

/** `atField`: what to say at the field itself, which needs no name there. */
type Place = Readonly<{ field: (typeof fields)[number]; text: string; atField?: string }>;

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
    return refusal([{ field: 'body', text: 'Body: too long for an email.' }]);
  }
  const compiled = {
    subject: filled(subject, plainLiteral),
    html,
    text: `${inBody.text.trimEnd()}\n${textFooter}`,
  };
  proveReadable(compiled);
  const warnings = findings.map(({ text }) => text);
  if (html.length > gmailClipsAt) {
    warnings.push('Body: so long that Gmail cuts it off.');
  }
  return { kind: 'compiled', compiled, warnings: [...new Set(warnings)] };
}

function refusal(places: readonly Place[]): Compilation {
  return { kind: 'refused', problems: sentencesOf(places), places };
}

type Field = (typeof fields)[number];
type PlacedFinding = Pick<Finding, 'kind'> & Place;
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
  if (field !== 'body') {
    return { kind, field, text: `${name}: ${text}`, atField: text.replace(/^it is /, 'It’s ') };
  }
  return { kind, field, text: `${name}, line ${line}: ${text}`, atField: `Line ${line}: ${text}` };
}

function bodyParts(pieces: readonly LiquidPiece[]) {
  const slots = slotsOf(pieces);
  const tree = withButtons(liftedTags(markdownTree(slots), slots));
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

/** What was compiled is read once as the mailer will read it, so that a mistake shows when a workflow is saved. */
function proveReadable({ subject, html, text }: CompiledEmail): void {
  textEngine.parse(subject);
  htmlEngine.parse(html);
  textEngine.parse(text);
}
