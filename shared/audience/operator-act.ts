import { actorName } from '#shared/actor.ts';
import { withoutAddresses } from '#shared/failure.ts';
import { plainText } from '#shared/safe-text.ts';

/**
 * What people do by hand. The names stay: scripts and filters go by them. `polar.…` is about the connection, `secret.…`
 * about the webhook secret.
 */
export const actVerbs = [
  'settings.set',
  'settings.restore',
  'brand.set',
  'brand.restore',
  'workflow.add',
  'workflow.edit',
  'workflow.activate',
  'workflow.pause',
  'workflow.restore',
  'workflow.apply',
  'workflow.remove',
  'run.stop',
  'test.sent',
  'replay',
  'email.mark-sent',
  'email.send-again',
  'hold',
  'release',
  'deadletters.resend',
  'deadletters.discard',
  'deadletters.put-back',
  'deadletters.export',
  'contact.add',
  'contact.edit',
  'subscribe',
  'unsubscribe',
  'bounce.lift',
  'erasure',
  'audience.export',
  'polar.connect',
  'polar.repair',
  'polar.redeliver',
  'polar.disconnect',
  'polar.mails',
  'secret.rotate',
  'secret.drop-previous',
  'backfill',
  'backfill.restore',
  'recover',
  'migrate',
] as const;
export type ActVerb = (typeof actVerbs)[number];

/**
 * `begun`: how it ended was not written down · `refused`: a person said no, or it was answered with a problem ·
 * `failed`: an error or Ctrl-C ended it, and a part may be done.
 */
export const actOutcomes = ['begun', 'done', 'refused', 'failed'] as const;
export type ActOutcome = (typeof actOutcomes)[number];

/** How an act ended. */
export type ActEnd = Readonly<{
  outcome: Exclude<ActOutcome, 'begun'>;
  /** Why it was not done, or failed, or what of it is left to do. */
  reason?: string | undefined;
}>;

/** Names of what an act was about. Ids and counts only: nothing that tells who somebody is. */
export type ActObjects = Readonly<Record<string, string | number>>;

/** What a recovery compared that looked at all that Polar lists. */
export const everything = 'everything';

/** What somebody is about to do. */
export type ActDraft = Readonly<{
  what: ActVerb;
  on: ActObjects;
  /** What is to be done, in one short sentence without personal data. */
  sentence: string;
}>;

/** Who does it: an ARN of IAM, or `local`. */
export type Actor = Readonly<{ by: string; via: 'console' | 'command' }>;

/** An act of the operator log. */
export type OperatorAct = ActDraft &
  Actor &
  Readonly<{
    /** When it began; with `actId` the key. */
    at: string;
    actId: string;
    outcome: ActOutcome;
    /** Why it was not done, or failed. */
    reason?: string | undefined;
  }>;

const longestReason = 300;

/** Why an act ended as it did, as it may be kept: on one line, and without what looks like an address or a secret. */
export function keptReason(text: string): string {
  // First what is whole: a part of an address does not look like one.
  return plainText(withoutAddresses(text), longestReason);
}

/** What holding all mail is called: with the reason that a person gave. */
export function holdSentence(reason: string): string {
  const kept = keptReason(reason).replace(/[.!]$/, '');
  return kept === '' ? 'Hold all mail.' : `Hold all mail: ${kept}.`;
}

const longestId = 200;

/**
 * What may be kept of the objects of an act. Some ids come from a URL or a command line, where people type addresses
 * into the wrong place: what could be one is not kept.
 */
export function keptObjects(on: ActObjects): ActObjects {
  const given = Object.entries(on).filter(([, value]) => value !== '');
  return Object.fromEntries(
    given.map(([name, value]) => [
      name,
      typeof value === 'number' || isPlainId(value) ? value : 'not kept: no id',
    ]),
  );
}

function isPlainId(value: string): boolean {
  return value.length <= longestId && !/[\s@]|%40/.test(value);
}

/** What a list of acts is narrowed to. */
export type ActFilter = Readonly<{
  /** A part of the name or the ARN of who did it. */
  by?: string | undefined;
  /** A verb, or its beginning: `workflow` for all about workflows. */
  what?: string | undefined;
}>;

/** Whether an act is one that is looked for. */
export function isMeantBy({ by, what }: ActFilter): (act: OperatorAct) => boolean {
  return (act) =>
    (by === undefined || isCalled(act.by, by.toLowerCase())) &&
    (what === undefined || act.what === what || act.what.startsWith(`${what}.`));
}

/** By a part of the ARN, or of the name that is shown for it. */
function isCalled(by: string, part: string): boolean {
  return [by, actorName(by)].some((one) => one.toLowerCase().includes(part));
}

/** That somebody was erased: kept for ever, so that whoever asks for an erasure can be told. */
export type ErasureProof = Readonly<{
  erasedAt: string;
  /** When it was asked for, and by whom: a person here, or Polar by a deletion with anonymisation. */
  askedAt: string;
  askedBy: string;
  customerId?: string | undefined;
  contactId?: string | undefined;
}>;
