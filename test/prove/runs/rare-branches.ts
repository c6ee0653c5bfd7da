/** What seldom happens in a history, and must have happened in some: a proof that never met it proves nothing of it. */
export const rareBranches = [
  'a date moved while the wake is under way',
  'an end committed between wake and reservation',
  'an edit that removes the step that people wait at',
  'an event decided with a stale copy of a workflow',
  'a copy of a workflow that would end a run which goes on',
  'a beginning that ends a run',
  'a payment that fails again while the run of the one before waits',
  'a run that begins again',
  'a run that was parked and went on',
  'a wake that came again',
  'a wake for a date that an edit has put off',
  'a wake before its time by the clock of the worker',
  'a customer who takes over the contact of one who had a run',
  'an erasure of a customer with a run that waits',
  'a contact taken over from one whose run waits',
  'a merge of two runs of one workflow',
  'a run that an optional event begins',
  'an optional event that is off, and a workflow that waits for it',
  'a change that is news although the state is another by now',
  'an email that was held and sent once mail was released',
  'an email that was held for too long',
  'an event that goes along with another',
] as const;
export type RareBranch = (typeof rareBranches)[number];
/** How often each was reached. */
export type Reached = Map<RareBranch, number>;
