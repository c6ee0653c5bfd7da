import * as z from 'zod/mini';
import { isAfter } from '#shared/audience/consent/suppression.ts';
import { compareMoments, type Moment, momentSchema } from '#shared/audience/moment.ts';
import type { EventSettings } from './settings.ts';

const givenGroupSchema = z.extend(momentSchema, { group: z.string() });
type GivenGroup = z.infer<typeof givenGroupSchema>;

/** What the events of a customer say of its group. */
export const groupFactsSchema = z.object({
  /** The earliest event and the group that it gives; 0.1.0 reads it so. */
  firstEvent: z.optional(z.extend(momentSchema, { group: z.nullable(z.string()) })),
  /** The earliest event that gives a group, where that is not the earliest of all. */
  firstGroup: z.optional(givenGroupSchema),
  /** The latest event whose group mode is `always`. */
  alwaysGroup: z.optional(givenGroupSchema),
});
type GroupFacts = z.infer<typeof groupFactsSchema>;

/**
 * What else decides: a group set by hand, and whether the contact counts as new, which one that a person added does not.
 */
export type GroupOwner = Readonly<{
  byHand: Readonly<{ value: string | null; at: string }> | undefined;
  isNew: boolean;
}>;

type GroupSetting = Pick<EventSettings, 'userGroup' | 'userGroupMode'>;

/** The facts with one event more. One that is decided again counts with the settings of now. */
export function withGroupOf<T extends GroupFacts>(
  { firstEvent, firstGroup, alwaysGroup, ...others }: T,
  { occurredAt, webhookId }: Moment,
  { userGroup, userGroupMode }: GroupSetting,
) {
  const moment = { occurredAt, webhookId };
  const given = userGroup === null ? undefined : { ...moment, group: userGroup };
  const always = userGroupMode === 'always' ? given : undefined;
  const isLater = firstEvent && compareMoments(firstEvent, moment) < 0;
  const first = isLater ? firstEvent : { ...moment, group: userGroup };
  const group = withGiven(firstGroupOf({ firstEvent, firstGroup }), given, moment);
  const newest = always && !(alwaysGroup && compareMoments(always, alwaysGroup) < 0);
  return {
    ...others,
    firstEvent: first,
    ...(group && compareMoments(group, first) !== 0 && { firstGroup: group }),
    ...(newest ? { alwaysGroup: always } : alwaysGroup && { alwaysGroup }),
  };
}

function withGiven(
  known: GivenGroup | undefined,
  given: GivenGroup | undefined,
  moment: Moment,
): GivenGroup | undefined {
  if (!known) return given;
  if (given && compareMoments(given, known) <= 0) return given;
  return compareMoments(known, moment) === 0 ? undefined : known;
}

function firstGroupOf({ firstEvent, firstGroup }: GroupFacts): GivenGroup | undefined {
  if (firstGroup) return firstGroup;
  return firstEvent && firstEvent.group !== null
    ? { ...firstEvent, group: firstEvent.group }
    : undefined;
}

/** A purchase begins with customer.created, which seldom gives a group, and its order follows within minutes. */
const newForMs = 24 * 3_600_000;

function comesWhileNew({ occurredAt }: Moment, firstEvent: Moment | undefined): boolean {
  const first = firstEvent?.occurredAt ?? occurredAt;
  return Date.parse(occurredAt) - Date.parse(first) <= newForMs;
}

/** Whether a group set by hand still holds. */
export function holdsByHand(
  { alwaysGroup }: GroupFacts,
  byHand: GroupOwner['byHand'],
): byHand is NonNullable<typeof byHand> {
  return byHand !== undefined && !(alwaysGroup && isAfter(alwaysGroup.occurredAt, byHand.at));
}

type Rule = 'by-hand' | 'always' | 'new-contacts' | 'not-new' | 'too-late' | 'none';

/**
 * A group set by hand holds until a newer event whose mode is `always`; else the newest such event gives the group. Else
 * a new contact has the group of the earliest event that gives one, if that came within a day of the customer's first.
 */
function ruled(facts: GroupFacts, { byHand, isNew }: GroupOwner): { rule: Rule; group?: string } {
  const { alwaysGroup, firstEvent } = facts;
  if (holdsByHand(facts, byHand)) {
    return { rule: 'by-hand', ...(byHand.value !== null && { group: byHand.value }) };
  }
  if (alwaysGroup) return { rule: 'always', group: alwaysGroup.group };
  const firstGroup = firstGroupOf(facts);
  if (!firstGroup) return { rule: 'none' };
  if (!isNew) return { rule: 'not-new' };
  if (!comesWhileNew(firstGroup, firstEvent)) return { rule: 'too-late' };
  return { rule: 'new-contacts', group: firstGroup.group };
}

export function userGroupOf(facts: GroupFacts, owner: GroupOwner): string | undefined {
  return ruled(facts, owner).group;
}

/** Why an event gave the group of its setting, or did not; `undefined` where its setting gives none. */
export function groupReason(
  facts: GroupFacts,
  owner: GroupOwner,
  { webhookId }: Moment,
  { userGroup }: GroupSetting,
): string | undefined {
  if (userGroup === null) return undefined;
  const { rule, group } = ruled(facts, owner);
  const giver = rule === 'always' ? facts.alwaysGroup : firstGroupOf(facts);
  const isGiver = giver?.webhookId === webhookId;
  if (isGiver && group !== undefined && rule !== 'by-hand') return `It gives the group ${group}.`;
  return `It does not give the group ${userGroup}: ${reasonsAgainst[rule](group ?? '')}`;
}

const reasonsAgainst: Readonly<Record<Rule, (group: string) => string>> = {
  'by-hand': () => 'somebody set the group by hand.',
  always: (group) => `a newer event, or one whose group is for all contacts, gave ${group}.`,
  'new-contacts': (group) => `an earlier event gave ${group}.`,
  'not-new': () => 'it is for new contacts, and this one was added by hand.',
  'too-late': () =>
    'it is for new contacts, and came more than a day after the first event of its customer.',
  none: () => 'no event gives one.',
};
