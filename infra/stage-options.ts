import * as z from 'zod';

const stageOptionsSchema = z.object({
  stage: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,19}$/,
      'stage must begin with a lower-case letter and have at most 20 lower-case letters, digits and hyphens, as in -c stage=staging.',
    )
    .default('prod'),
  alarmEmail: z
    .email('alarmEmail must be one email address, as in -c alarmEmail=ops@example.com.')
    .optional(),
  retentionDays: wholeNumber(1, 3650, 'retentionDays', 90),
  maxConcurrency: wholeNumber(2, 1000, 'maxConcurrency', 5),
});

/** What differs between deployments; comes from the CDK context (`-c name=value`). */
export type StageOptions = z.infer<typeof stageOptionsSchema>;

type ReadOptions = { kind: 'options'; options: StageOptions } | { kind: 'refused'; reason: string };

/** Reads the options of this deployment, or says in one sentence for each value why it cannot be used. */
export function readStageOptions(contextValue: (name: string) => unknown): ReadOptions {
  const names = Object.keys(stageOptionsSchema.shape);
  const given = Object.fromEntries(names.map((name) => [name, contextValue(name)]));
  const result = stageOptionsSchema.safeParse(given);
  if (result.success) return { kind: 'options', options: result.data };
  return { kind: 'refused', reason: result.error.issues.map(({ message }) => message).join('\n') };
}

function wholeNumber(least: number, most: number, name: string, usual: number) {
  const sentence = `${name} must be a whole number from ${least} to ${most}, as in -c ${name}=${usual}.`;
  return z.coerce
    .number(sentence)
    .int(sentence)
    .min(least, sentence)
    .max(most, sentence)
    .default(usual);
}
