import type { WorkflowCheck } from '#shared/mail/check-workflow.ts';
import type { DraftField, DraftProblem } from '#shared/mail/draft-problem.ts';
import { isWhole, type TypedWorkflow } from './typed-workflow.ts';

/** What is wrong with a form, by field. */
export type Problems = Readonly<{
  all: readonly DraftProblem[];
  /** The sentences about one field, or nothing. */
  at(field: DraftField): string | undefined;
}>;

export const noProblems: Problems = { all: [], at: () => undefined };

/** What `checkWorkflow` says of what was typed, and what it was not shown: see `writtenOf`. */
export function problemsOf(check: WorkflowCheck, typed: TypedWorkflow): Problems {
  const found = check.kind === 'refused' ? check.places.map((place) => inForm(place, typed)) : [];
  const all = [...found, ...incomplete(typed)];
  return {
    all,
    at: (field) => {
      const texts = all.filter((one) => one.field === field).map(({ text }) => text);
      return texts.length > 0 ? [...new Set(texts)].join(' ') : undefined;
    },
  };
}

function incomplete({ conditions }: TypedWorkflow): DraftProblem[] {
  return conditions.flatMap((condition, index) =>
    isWhole(condition)
      ? []
      : [{ field: `conditions.${index}`, text: 'Choose what this condition is about.' } as const],
  );
}

/** Conditions are counted among all rows, not among those that were checked. */
function inForm(problem: DraftProblem, { conditions }: TypedWorkflow): DraftProblem {
  const checked = /^conditions\.(\d+)$/.exec(problem.field ?? '')?.[1];
  if (checked === undefined) return problem;
  const positions = [...conditions.keys()].filter((index) => {
    const condition = conditions[index];
    return condition && isWhole(condition);
  });
  return { ...problem, field: `conditions.${positions[Number(checked)] ?? 0}` };
}

/** The id of the element that a field is filled in with. */
export function idOf(field: DraftField): string {
  return field.replace('conditions.', 'property-');
}
