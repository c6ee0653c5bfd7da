import * as z from 'zod/mini';
import { type Act, actSchema, isAfter } from '#shared/audience/consent/suppression.ts';

/** What a person may set on a contact, over what Polar says. */
export const handFields = ['firstName', 'lastName', 'externalId', 'userGroup'] as const;
export type HandField = (typeof handFields)[number];

const textSchema = z.optional(z.nullable(z.string()));
const editSchema = z.optional(actSchema);

/** Fields that a person set; `null`: there is to be none. */
export const byHandSchema = z.object({
  firstName: textSchema,
  lastName: textSchema,
  externalId: textSchema,
  userGroup: z.optional(z.object({ value: z.nullable(z.string()), at: z.string() })),
  /** Who edited a field last, and when. One that is here without a value was cleared: it is Polar's again. */
  edits: z.optional(
    z.object({
      firstName: editSchema,
      lastName: editSchema,
      externalId: editSchema,
      userGroup: editSchema,
    }),
  ),
});
export type ByHand = z.infer<typeof byHandSchema>;

/** What lies over it hides what is under it, field by field, also where a field was cleared. */
export function overlaid(under: ByHand | undefined, over: ByHand | undefined): ByHand | undefined {
  const { edits: editsUnder = {}, ...valuesUnder } = under ?? {};
  const { edits: editsOver = {}, ...valuesOver } = over ?? {};
  const said = new Set([...Object.keys(valuesOver), ...Object.keys(editsOver)]);
  const unsaid = (of: object) =>
    Object.fromEntries(Object.entries(of).filter(([field]) => !said.has(field)));
  const values = { ...unsaid(valuesUnder), ...valuesOver };
  return withOrWithout(values, { ...unsaid(editsUnder), ...editsOver });
}

/** A field that a person edits; without a value it is cleared. */
export type Edit = Readonly<{ field: HandField; value?: string | null }>;

/** With more edits. One that is older than what is known of its field changes nothing. Safe to repeat. */
export function edited(
  known: ByHand | undefined,
  edits: readonly Edit[],
  { at, by }: Act,
): ByHand | undefined {
  const { edits: before = {}, ...values } = known ?? {};
  const newer = edits.filter(({ field }) => !isAfter(before[field]?.at ?? '', at));
  const names: ReadonlySet<string> = new Set(newer.map(({ field }) => field));
  const kept = Object.entries(values).filter(([field]) => !names.has(field));
  const given = newer.flatMap(({ field, value }) => {
    if (value === undefined) return [];
    return [[field, field === 'userGroup' ? { value, at } : value] as const];
  });
  const acts = newer.map(({ field }) => [field, { at, by }] as const);
  return withOrWithout(Object.fromEntries([...kept, ...given]), {
    ...before,
    ...Object.fromEntries(acts),
  });
}

function withOrWithout(values: Omit<ByHand, 'edits'>, edits: NonNullable<ByHand['edits']>) {
  const hasEdits = Object.keys(edits).length > 0;
  const byHand = { ...values, ...(hasEdits && { edits }) };
  return Object.keys(byHand).length > 0 ? byHand : undefined;
}
