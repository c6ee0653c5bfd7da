import * as z from 'zod';
import { type MailSender, mailSender } from '#infra/mail-sender.ts';

const stageOptionsSchema = z
  .object({
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
    runbook: z
      .string()
      .regex(
        /^(README\.md|https:\/\/[^\s#]{1,300})$/,
        'runbook must be the https address, without a #, at which people find this README, as in -c runbook=https://github.com/you/polar-audience/blob/main/README.md.',
      )
      .default('README.md'),
    retentionDays: wholeNumber(1, 3650, 'retentionDays', 90),
    maxConcurrency: wholeNumber(2, 1000, 'maxConcurrency', 5),
    mailFrom: z.string().transform(senderOrRefusal).optional(),
    mailIdentity: z
      .enum(
        ['domain', 'existing'],
        'mailIdentity must be domain (set up the whole domain of mailFrom in SES) or existing (SES knows it already), as in -c mailIdentity=existing.',
      )
      .optional(),
    mailsPerSecond: wholeNumber(1, 500, 'mailsPerSecond', 1),
    sandboxRecipients: z
      .string()
      .transform((text) => text.split(',').map((address) => address.trim()))
      .pipe(
        z
          .array(z.email())
          .max(10)
          .catch(() => []),
      )
      .refine(
        (addresses) => addresses.length > 0,
        'sandboxRecipients must be at most ten email addresses with commas between them, as in -c sandboxRecipients=you@example.com.',
      )
      .default([]),
  })
  .refine(({ mailFrom, mailIdentity }) => mailFrom || !mailIdentity, {
    error:
      'mailIdentity says how SES knows the sender, so it needs one: -c mailFrom=example.com -c mailIdentity=existing.',
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

function senderOrRefusal(text: string, context: z.RefinementCtx): MailSender {
  const sender = mailSender(text);
  if (sender) return sender;
  context.addIssue(
    'mailFrom must be a domain, an address, or a name with an address, as in -c mailFrom=example.com or -c mailFrom="Example Shop <hello@example.com>".',
  );
  return z.NEVER;
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
