import type { SupportedEventType } from '../polar/event-types.ts';
import {
  contactVariables,
  type EventVariable,
  eventMayHave,
  eventVariables,
} from './event-variables.ts';
import { authorEngine } from './liquid-engine.ts';
import type { LiquidPiece } from './liquid-source.ts';
import { nearestName } from './nearest-name.ts';

export type Finding = Readonly<{ kind: 'problem' | 'warning'; line: number; text: string }>;

const known = [
  ...Object.keys(contactVariables).map((name) => `contact.${name}`),
  ...Object.keys(eventVariables).map((name) => `event.${name}`),
];
const reserved = ['contact', 'event', 'footer'];

/** Variables that no email has are problems; those that this event never has, or a contact may not have, are warnings. */
export function checkVariables(
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
      text: `The name ${name} is taken; assign to another one.`,
    })),
    ...perhapsMissing(pieces),
  ];
}

function ofUse(segments: readonly unknown[], line: number, type: SupportedEventType): Finding[] {
  const path = segments.map((segment) => (typeof segment === 'string' ? segment : '[…]'));
  const [root = '', name = '', ...rest] = path;
  const full = path.join('.');
  const problem = (text: string): Finding[] => [{ kind: 'problem', line, text }];
  if ((root === 'contact' || root === 'event') && name === '') {
    return problem(`${root} alone is no value; write for example ${exampleOf(root)}.`);
  }
  if (!known.includes(`${root}.${name}`) || rest.some((one) => one !== 'size')) {
    const nearest = nearestName(full, known) ?? nearestName(name || root, known.map(lastPart));
    const hint = known.find((one) => one === nearest || lastPart(one) === nearest);
    return problem(`There is no variable ${full}${hint ? `; did you mean ${hint}?` : '.'}`);
  }
  if (root === 'event' && isEventVariable(name) && !eventMayHave(type, name)) {
    return [{ kind: 'warning', line, text: `${type} never has a value for ${full}.` }];
  }
  return [];
}

const lastPart = (name: string) => name.slice(name.indexOf('.') + 1);
const exampleOf = (root: string) =>
  root === 'contact' ? 'contact.firstName' : 'event.productName';

function isEventVariable(name: string): name is EventVariable {
  return Object.hasOwn(eventVariables, name);
}

/** People forget that customers without a name exist, and would learn it from blocked emails. */
function perhapsMissing(pieces: readonly LiquidPiece[]): Finding[] {
  const tags = pieces.flatMap((piece) => (piece.kind === 'tag' ? [piece.source] : [])).join('\n');
  return pieces.flatMap((piece) => {
    if (piece.kind !== 'output' || /\|\s*default\b/.test(piece.value)) return [];
    const name = /^\s*(contact\.(?!email\b)\w+)/.exec(piece.value)?.[1];
    if (name === undefined || !known.includes(name) || tags.includes(name)) return [];
    const text = `Emails to contacts without ${name} will be blocked; give it a default: {{ ${name} | default: "…" }}.`;
    return [{ kind: 'warning', line: piece.line, text }];
  });
}
