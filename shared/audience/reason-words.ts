import { endsBecause } from './runs/run.ts';

/**
 * What people read in place of a reason that is kept with an email, a run or the record of an event. What is kept stays as
 * it is, so that rows of all versions are told alike.
 */
export const wordsOfReasons: ReadonlyMap<string, string> = new Map([
  ['no sender is set up', 'No sender is set up.'],
  ['The customer is erased.', 'The customer was erased.'],
  ['The customer is deleted.', 'The customer was deleted in Polar.'],
  ['No contact shows the customer anymore.', 'The customer has no contact anymore.'],
  ['No contact shows this customer.', 'The customer has no contact.'],
  [
    'A newer state of this subscription is known, so this event is out of date.',
    'The subscription has changed since, so this event is out of date.',
  ],
  [
    'SES cannot mail this address: before the @ it has characters that are not ASCII.',
    'SES cannot mail this address: it has non-ASCII characters before the @.',
  ],
  ['It was sent to this contact before.', 'Already sent to this contact.'],
  ['It was sent before.', 'Already sent.'],
  ['It was taken before.', 'Already sent by this run.'],
  [
    'Marketing mail needs a postal address, which the brand does not have.',
    'Marketing needs a postal address. Add one in Sender & brand.',
  ],
  ['The event is too old to mail about.', 'The event is too old to send an email for it.'],
  ['Its time was more than a day ago.', 'It was due more than a day ago: too late to send.'],
  [
    'Its time was missed by more than a day, so it would come too late.',
    'It was due more than a day ago: too late to send.',
  ],
  [
    'The workflow was paused until more than a day after its time.',
    'The workflow was paused until more than a day after it was due.',
  ],
  [
    'The step that it waited at is no longer in the workflow.',
    'The step it waited at was removed from the workflow.',
  ],
  ['The step is no longer in the workflow.', 'The step was removed from the workflow.'],
  [
    'A run of this workflow is under way already.',
    'A run of this workflow is already in progress for this customer.',
  ],
  ['No step is left to take.', 'No steps are left.'],
  [
    'A backfill made this event, so nobody can tell whether an email about it went before.',
    'The event was imported, so an email for it may have been sent already.',
  ],
  [
    'Its run was erased, or has begun again since.',
    'The run that asked for it was erased, or has started over.',
  ],
  [
    'The mailer was interrupted, and SES has not said whether it took the email.',
    'The mailer was interrupted before SES confirmed the email.',
  ],
]);

/** How the reason begins of an email that counts as sent because a person says so. SES may never have taken it. */
export const markedAsSent = 'marked as sent by ';

/** The beginnings of those that go on with a name, a number or a condition. */
const beginnings = [
  [endsBecause, 'The workflow ends early when '],
  ['The condition does not hold: ', 'The condition is not met: '],
  [markedAsSent, 'Marked as sent by '],
  ['to be sent again, says ', 'Queued to be sent again by '],
] as const;

/** A kept reason as people read it. One that is not known here, such as an answer of SES, is told as it is. */
export function reasonWords(reason: string): string {
  const whole = wordsOfReasons.get(reason);
  if (whole !== undefined) return whole;
  const found = beginnings.find(([kept]) => reason.startsWith(kept));
  if (!found) return reason;
  const [kept, told] = found;
  return `${told}${reason.slice(kept.length)}`;
}

/** The reason of a run where it is said already that it ends early: of a condition only that. */
export function endingWords(reason: string): string {
  return reason.startsWith(endsBecause) ? reason.slice(endsBecause.length) : reasonWords(reason);
}
