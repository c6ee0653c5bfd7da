import * as z from 'zod/mini';
import { instant } from '#shared/polar/instant.ts';

/** Something that a person or a mailbox did. */
export const actSchema = z.object({ at: z.string(), by: z.string() });
export type Act = z.infer<typeof actSchema>;

/** How acts of people outside are signed: with what the recipient did, or by SES. */
export const recipient = 'the recipient';
const outside = [recipient, 'SES'];

/** Whether somebody of ours did it: an operator in the console, or by a command. */
export function isByOperator({ by }: Pick<Act, 'by'>): boolean {
  return !outside.some((one) => by.startsWith(one));
}

/** How a "no" is signed that was said at another address than the one that it is on. */
export const afar = ', by an email to a former address';

/** Whether it was said at another address, which somebody else may have by now. */
export function isFromAfar({ by }: Pick<Act, 'by'>): boolean {
  return by.endsWith(afar);
}

/** Whether one time is after another; our own have three fraction digits, Polar's six. */
export function isAfter(time: string, other: string): boolean {
  return (instant(time) ?? time) > (instant(other) ?? other);
}

/** The later of two acts; of two at one time always the same one. */
export function laterAct<T extends Act>(a: T | undefined, b: T): T {
  if (!a || isAfter(b.at, a.at)) return b;
  return isAfter(a.at, b.at) || a.by >= b.by ? a : b;
}

/** A person's "no". It holds for the person and for the address. */
export const personRefusalsSchema = z.object({
  unsubscribed: z.optional(actSchema),
  complained: z.optional(actSchema),
});
export type PersonRefusals = z.infer<typeof personRefusalsSchema>;

/**
 * Why nothing may be mailed to an address, newest time and author of each reason. `bounced` is the mailbox's own "no".
 * `lifted`: when someone last undid what the person, or the mailbox, had said; an older "no" that comes again is over.
 */
export const suppressionSchema = z.object({
  reasons: z.object({
    unsubscribed: z.optional(actSchema),
    complained: z.optional(actSchema),
    bounced: z.optional(actSchema),
  }),
  lifted: z.optional(z.object({ person: z.optional(actSchema), mailbox: z.optional(actSchema) })),
});
export type Suppression = z.infer<typeof suppressionSchema>;
export type SuppressionReason = keyof Suppression['reasons'];

type Refusals = Partial<Record<SuppressionReason, Act | undefined>>;

/** A "no" that was lifted. */
export const liftedRefusalSchema = z.extend(actSchema, {
  reason: z.enum(['unsubscribed', 'complained', 'bounced']),
});
export type LiftedRefusal = z.infer<typeof liftedRefusalSchema>;

const reasonsOf = {
  person: ['unsubscribed', 'complained'],
  mailbox: ['bounced'],
} as const;
const allReasons = [...reasonsOf.person, ...reasonsOf.mailbox];

/**
 * Both together; of two refusals for one reason the newer stays. It remains that of a person who said it by themselves,
 * also where an operator says it again: whoever takes back their own must not take back that.
 */
export function refusalsOf<T extends Refusals>(known: T, more: T): T {
  const merged = { ...more, ...known };
  for (const reason of allReasons) {
    const [a, b] = [known[reason], more[reason]];
    if (a && b) merged[reason] = laterRefusal(a, b);
  }
  return merged;
}

function laterRefusal(a: Act, b: Act): Act {
  const later = laterAct(a, b);
  const [own, ...others] = [a, b].filter((one) => !isByOperator(one) && !isFromAfar(one));
  return own && others.length === 0 ? { ...later, by: own.by } : later;
}

/** Those that are newer than what was lifted. */
export function refusalsSince<T extends Refusals>(lifted: Act | undefined, refusals: T): T {
  const since = { ...refusals };
  for (const reason of allReasons) {
    const refusal = refusals[reason];
    if (lifted && refusal && !isAfter(refusal.at, lifted.at)) delete since[reason];
  }
  return since;
}

/** The suppression of an address with more refusals; those that were lifted since they were made do not count. */
export function suppressedBy(
  standing: Suppression | undefined,
  refusals: Suppression['reasons'],
): Suppression {
  const { lifted, reasons = {} } = standing ?? {};
  const { bounced, ...person } = refusals;
  const counting = {
    ...refusalsSince(lifted?.person, person),
    ...refusalsSince(lifted?.mailbox, { ...(bounced && { bounced }) }),
  };
  return { ...standing, reasons: refusalsOf<Suppression['reasons']>(reasons, counting) };
}

/** What SES said of one email, as times. `transientAt`: of a bounce that may pass. */
export type Fate = Readonly<
  Partial<Record<'sentAt' | 'deliveredAt' | 'transientAt', string | undefined>>
>;

const bouncesInARow = 5;

/**
 * When the first of five emails to one address bounced, where these are the last five of which SES has told the end,
 * and none was delivered, not even before it bounced: that is how the notes of people on holiday come. In the order
 * in which SES took the emails, whatever the order in which it tells of them.
 */
export function bouncingSince(fates: readonly Fate[]): string | undefined {
  const ended = fates
    .filter(({ deliveredAt, transientAt }) => deliveredAt ?? transientAt)
    .sort((a, b) => ((a.sentAt ?? '') < (b.sentAt ?? '') ? 1 : -1));
  const delivered = ended.findIndex(({ deliveredAt }) => deliveredAt !== undefined);
  return (delivered < 0 ? ended : ended.slice(0, delivered))[bouncesInARow - 1]?.transientAt;
}

/** The suppression of an address once the "no" of its person or of its mailbox, up to this act, is undone. */
export function liftedSuppression(
  standing: Suppression | undefined,
  whose: keyof typeof reasonsOf,
  act: Act,
): { suppression: Suppression; cleared: LiftedRefusal[] } {
  const { reasons = {}, lifted } = standing ?? {};
  const { bounced, ...person } = reasons;
  const left =
    whose === 'person'
      ? { ...refusalsSince(act, person), ...(bounced && { bounced }) }
      : { ...person, ...refusalsSince(act, { ...(bounced && { bounced }) }) };
  return {
    suppression: { reasons: left, lifted: { ...lifted, [whose]: laterAct(lifted?.[whose], act) } },
    cleared: clearedRefusals(reasons, left),
  };
}

/** What stood before and does not stand any more. */
export function clearedRefusals(before: Refusals, after: Refusals): LiftedRefusal[] {
  return allReasons.flatMap((reason) => {
    const refusal = before[reason];
    return refusal && !after[reason] ? [{ reason, ...refusal }] : [];
  });
}

/** The part of a suppression that goes with the person who has, or had, the address. */
export function personRefusals(suppression: Suppression | undefined): PersonRefusals {
  const { unsubscribed, complained } = suppression?.reasons ?? {};
  return { ...(unsubscribed && { unsubscribed }), ...(complained && { complained }) };
}
