import * as z from 'zod';

/** Who the mail is from, as `-c mailFrom=…` says it. */
export type MailSender = Readonly<{
  /** What stands in the From header: an address, or a name with an address. */
  from: string;
  address: string;
  domain: string;
  /** What was given: a whole domain, or one address of it. */
  given: 'domain' | 'address';
}>;

const name = z
  .string()
  .trim()
  .max(100)
  .regex(/^[^<>"\\\p{Cc}]+$/u);
const address = z.email().max(254);
const domainPattern = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/i;
const domainSentence =
  'domain must be the name under which links to unsubscribe are reached, as in -c domain=unsubscribe.example.com.';
const domain = z.string().max(240).regex(domainPattern);

/** Reads `Name <address>`, an address, or a domain (then mail is from `no-reply@` it). `undefined`: it is none of these. */
export function mailSender(text: string): MailSender | undefined {
  const [, before, inside] = /^([^<]*)<([^>]*)>$/.exec(text.trim()) ?? [];
  if (before === undefined || inside === undefined) return nameless(text.trim());
  const sender = nameless(inside.trim());
  const named = name.safeParse(before.trim().replace(/^"(.*)"$/, '$1'));
  if (sender?.given !== 'address' || !named.success) return undefined;
  return { ...sender, from: `${displayName(named.data)} <${sender.address}>` };
}

function nameless(text: string): MailSender | undefined {
  if (address.safeParse(text).success) {
    const domainOfAddress = text.slice(text.lastIndexOf('@') + 1).toLowerCase();
    // IAM compares the sender with its policy, case and all.
    const lower = `${text.slice(0, text.lastIndexOf('@'))}@${domainOfAddress}`;
    return { from: lower, address: lower, domain: domainOfAddress, given: 'address' };
  }
  if (!domain.safeParse(text).success) return undefined;
  const from = `no-reply@${text.toLowerCase()}`;
  return { from, address: from, domain: text.toLowerCase(), given: 'domain' };
}

/** A name with a comma or a dot in it would be read as something else without the quotes. */
function displayName(text: string): string {
  return /[()[\]:;@,.]/.test(text) ? `"${text}"` : text;
}

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
        /^(infra\/RUNBOOK\.md|https:\/\/[^\s#]{1,300})$/,
        'runbook must be the https address, without a #, at which people find infra/RUNBOOK.md, as in -c runbook=https://github.com/you/polar-audience/blob/main/infra/RUNBOOK.md.',
      )
      .default('infra/RUNBOOK.md'),
    retentionDays: wholeNumber(1, 3650, 'retentionDays', 90),
    maxConcurrency: wholeNumber(2, 1000, 'maxConcurrency', 3),
    webhookPath: z
      .string()
      .regex(
        /^\/webhooks\/[a-zA-Z0-9_-]{1,100}$/,
        'webhookPath must be /webhooks/ with letters, digits, hyphens and underscores after it, at most 100, as in -c webhookPath=/webhooks/polar.',
      )
      .default('/webhooks/polar'),
    domain: z
      .string()
      .max(240, domainSentence)
      .regex(domainPattern, domainSentence)
      .toLowerCase()
      .optional(),
    certificateArn: z
      .string()
      .regex(
        /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[a-z0-9-]+$/,
        'certificateArn must be the ARN of a certificate of ACM, in the region of the stack, as in -c certificateArn=arn:aws:acm:eu-west-1:123456789012:certificate/….',
      )
      .optional(),
    mailFrom: z.string().transform(senderOrRefusal).optional(),
    mailIdentity: z
      .enum(
        ['domain', 'existing'],
        'mailIdentity must be domain (set up the whole domain of mailFrom in SES) or existing (SES knows it already), as in -c mailIdentity=existing.',
      )
      .optional(),
    mailsPerSecond: wholeNumber(1, 500, 'mailsPerSecond', 1),
    dashboard: switched('dashboard'),
    lean: switched('lean'),
  })
  .refine(({ mailFrom, mailIdentity }) => mailFrom || !mailIdentity, {
    error:
      'mailIdentity says how SES knows the sender, so it needs one: -c mailFrom=example.com -c mailIdentity=existing.',
  })
  .refine((given) => (given.domain === undefined) === (given.certificateArn === undefined), {
    error:
      'domain and certificateArn need each other: make a certificate for the domain in ACM, in the region of the stack, then give -c domain=unsubscribe.example.com -c certificateArn=arn:aws:acm:….',
  });

/** What differs between deployments; comes from the CDK context (`-c name=value`). */
export type StageOptions = z.infer<typeof stageOptionsSchema>;

type ReadOptions = { kind: 'options'; options: StageOptions } | { kind: 'refused'; reason: string };

/**
 * Reads the options of this deployment, or says in one sentence for each value why it cannot be used. The context has
 * much that is none of them; a name that is spelled like one of them was meant as it, and would have no effect.
 */
export function readStageOptions(context: Readonly<Record<string, unknown>>): ReadOptions {
  const names = Object.keys(stageOptionsSchema.shape);
  const given = Object.fromEntries(names.map((name) => [name, context[name]]));
  const misspelt = Object.keys(context).flatMap((name) => {
    const meant = names.includes(name) ? undefined : names.find((one) => isMeant(one, name));
    return meant === undefined ? [] : [`There is no option ${name}. Write -c ${meant}=….`];
  });
  const result = stageOptionsSchema.safeParse(given);
  if (result.success && misspelt.length === 0) return { kind: 'options', options: result.data };
  const wrong = result.success ? [] : result.error.issues.map(({ message }) => message);
  return { kind: 'refused', reason: [...misspelt, ...wrong].join('\n') };
}

/** A wrong letter makes a short name another word, such as `state`. */
const shortestWithWrongLetter = 6;

function isMeant(option: string, name: string): boolean {
  const [meant, given] = [letters(option), letters(name)];
  if (meant.length < shortestWithWrongLetter && hasWrongLetter(meant, given)) return false;
  return isOneSlip(meant, given);
}

/** Of the same length, and not of the same letters. */
function hasWrongLetter(one: string, other: string): boolean {
  const sorted = (text: string) => [...text].sort().join('');
  return one.length === other.length && sorted(one) !== sorted(other);
}

/** Whether nothing differs but one letter too many, too few or wrong, or two swapped ones. */
function isOneSlip(one: string, other: string): boolean {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const [left, right] = [one.slice(at), other.slice(at)];
  const swapped = `${left[1]}${left[0]}${left.slice(2)}`;
  return (
    left.slice(1) === right.slice(1) ||
    left.slice(1) === right ||
    left === right.slice(1) ||
    (left.length > 1 && swapped === right)
  );
}

function letters(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase();
}

function senderOrRefusal(text: string, context: z.RefinementCtx): MailSender {
  const sender = mailSender(text);
  if (sender) return sender;
  context.addIssue(
    'mailFrom must be a domain, an address, or a name with an address, as in -c mailFrom=example.com or -c mailFrom="Example Shop <hello@example.com>".',
  );
  return z.NEVER;
}

/** Off unless it is said. The command line gives text, `cdk.json` a value. */
function switched(name: string) {
  const sentence = `${name} must be true or false, as in -c ${name}=true.`;
  return z
    .union([z.enum(['true', 'false']), z.boolean()], sentence)
    .transform((given) => String(given) === 'true')
    .default(false);
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
