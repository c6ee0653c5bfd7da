import { html } from 'hono/html';
import type { Html } from '../kit/page.ts';
import type { TypedStep } from './typed-workflow.ts';

/** So many steps are seen at a glance. */
const mostAtAGlance = 3;

/** Links to each step, always in view; none where there are few. `subjects` are those of emails as people get them, by how they are written. */
export function stepJumps(
  steps: readonly TypedStep[],
  subjects: ReadonlyMap<string, string>,
): Html | string {
  if (steps.length <= mostAtAGlance) return '';
  return html`<nav class="jumps" aria-label="Steps"><ol>
${steps.map((step, index) => html`<li><a class="chip" href="#step-${index}"${titleOf(step, subjects)}>${index + 1}. ${wordsOf(step)}</a></li>`)}
</ol></nav>`;
}

function titleOf(step: TypedStep, subjects: ReadonlyMap<string, string>): Html | string {
  if (step.kind === 'wait') return '';
  const { subject } = step.email;
  return html` title="${subjects.get(subject) ?? subject}"`;
}

function wordsOf(step: TypedStep): string {
  if (step.kind === 'send') return 'Email';
  const unit = step.count === '1' ? step.unit.replace(/s$/, '') : step.unit;
  return ['Wait', step.count, unit, step.end.replace(/ .*|^for$/, '')].filter(Boolean).join(' ');
}
