import { readFileSync } from 'node:fs';
import { parseAst } from 'vitest/node';
import { type Instrumented, turnName } from './turning.ts';

/** The code whose every condition is turned round: what decides on people, mail, runs, numbers and imports. */
export const hearts = {
  advance: 'shared/audience/runs/advance.ts',
  consent: 'shared/audience/consent/suppression.ts',
  counts: 'shared/audience/counts/plan.ts',
  decide: 'shared/audience/decide.ts',
  identity: 'shared/audience/person/identity.ts',
  import: 'shared/audience/backfill/import.ts',
  importStep: 'shared/audience/backfill/import-step.ts',
  judgeMail: 'shared/audience/emails/judge-mail.ts',
  snapshot: 'shared/audience/person/subscription-snapshot.ts',
} as const;
type Heart = keyof typeof hearts;
const names = Object.keys(hearts).filter((name): name is Heart => name in hearts);

/** A condition in the code that decides. */
export type Condition = Readonly<{ id: string; of: Heart; line: number; text: string }>;

/** Conditions of which nobody need notice that they are turned round, and why. */
export const explained: readonly Readonly<{ of: Heart; text: string; why: string }>[] = [
  {
    of: 'snapshot',
    text: 'isFormer',
    why: 'A name that another version brought differs only where a subscription changed its product, and ended long ago.',
  },
  {
    of: 'snapshot',
    text: 'Object.hasOwn(guardedSchema.shape, name)',
    why: 'It spares parsing what has this form already: parsed again, the row is the same.',
  },
];

const root = new URL('../../../', import.meta.url);
const comparisons = new Set(['===', '!==', '<', '>', '<=', '>=']);
/** Of lists: what they are given says yes or no. */
const askers = new Set(['some', 'every', 'filter', 'find', 'findIndex']);
const values = new Set(['ArrowFunctionExpression', 'ArrayExpression', 'ObjectExpression']);

type Node = Readonly<{ type: string; start: number; end: number }> & Record<string, unknown>;

/** Each condition of these files, found by their syntax, so that none is forgotten when they change; and the marked code. */
export function heartConditions(): { conditions: Condition[]; instrumented: Instrumented } {
  const all = names.map((of) => {
    const file = hearts[of];
    const url = new URL(file, root);
    const source = readFileSync(url, 'utf8');
    const nodes = conditionsIn(source);
    const conditions = nodes.map(({ start, end }, nth): Condition => {
      const line = source.slice(0, start).split('\n').length;
      const text = source.slice(start, end).replace(/\s+/g, ' ');
      return { id: `${of} ${nth}`, of, line, text };
    });
    const marks = nodes.map((node, nth) => ({ ...node, id: `${of} ${nth}` }));
    return { conditions, code: [url.href, marked(source, marks)] as const };
  });
  return {
    conditions: all.flatMap(({ conditions }) => conditions),
    instrumented: Object.fromEntries(all.map(({ code }) => code)),
  };
}

function marked(source: string, marks: readonly (Pick<Node, 'start' | 'end'> & { id: string })[]) {
  const insertions = marks.flatMap(({ start, end, id }) => [
    // At one place the longer begins first, and the shorter ends first.
    { at: start, order: -end, text: `globalThis.${turnName}('${id}', (` },
    { at: end, order: -start, text: '))' },
  ]);
  const inOrder = insertions.sort((a, b) => a.at - b.at || a.order - b.order);
  let from = 0;
  const parts = inOrder.map(({ at, text }) => {
    const part = source.slice(from, at) + text;
    from = at;
    return part;
  });
  return parts.join('') + source.slice(from);
}

/** Each of them alone: of `a && b` both. */
function conditionsIn(source: string): Node[] {
  const conditions: Node[] = [];
  const asked = new Set<unknown>();
  const isNode = (one: unknown): one is Node =>
    typeof one === 'object' && one !== null && 'type' in one && typeof one.type === 'string';
  const isValue = (one: unknown) => isNode(one) && values.has(one.type);

  /** `isAsked`: whether it is true or false that counts, and not its value. */
  function walk(one: unknown, isAsked = false): void {
    if (Array.isArray(one)) for (const each of one) walk(each);
    if (!isNode(one) || one.type.startsWith('TS')) return;
    if (one.type === 'LogicalExpression' && one['operator'] !== '??') {
      walk(one['left'], true);
      walk(one['right'], isAsked && !isValue(one['right']));
      return;
    }
    const isComparison =
      one.type === 'BinaryExpression' && comparisons.has(String(one['operator']));
    if (isAsked || isComparison) conditions.push(one);
    for (const [name, child] of Object.entries(one)) {
      if (name !== 'type') walk(child, asks(one, name, child));
    }
  }

  function asks(parent: Node, name: string, child: unknown): boolean {
    if (name === 'test') return true;
    if (parent.type === 'ArrowFunctionExpression' && name === 'body') {
      return asked.has(parent) && isNode(child) && child.type !== 'BlockStatement';
    }
    if (parent.type === 'VariableDeclarator' && name === 'init') {
      const isNamed = /^(is|has|was|may)[A-Z]/.test(String(Object(parent['id'])['name']));
      if (isNamed) asked.add(child);
      return isNamed && !isValue(child);
    }
    if (parent.type === 'CallExpression' && name === 'arguments' && Array.isArray(child)) {
      const called = String(Object(Object(parent['callee'])['property'])['name']);
      if (askers.has(called)) for (const given of child) asked.add(given);
    }
    return false;
  }

  walk(parseAst(source, { lang: 'ts' }));
  return conditions;
}
