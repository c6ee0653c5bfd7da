/** One deliberate break of the code: the text that it takes out, which is there once, and what comes in its place. */
export type Mutant = Readonly<{
  /** Which of the five promises of sequences it breaks, or which part it is of. */
  of: '1' | '2' | '3' | '4' | '5' | 'advance' | 'judgeMail' | 'decide' | 'identity';
  what: string;
  file: string;
  find: string;
  replace: string;
  /** Why no history notices it. */
  survives?: string;
}>;

const inFile =
  (file: string) =>
  (of: Mutant['of'], what: string, find: string, replace: string): Mutant => ({
    ...{ of, what, file, find, replace },
  });

const advance = inFile('shared/audience/advance.ts');
const beginRun = inFile('shared/audience/begin-run.ts');
const goOn = inFile('shared/audience/go-on.ts');
const customerRuns = inFile('shared/audience/customer-runs.ts');
const snapshot = inFile('shared/audience/subscription-snapshot.ts');
const judgeMail = inFile('shared/audience/judge-mail.ts');
const mailer = inFile('functions/mailer/mailer.ts');
const decide = inFile('shared/audience/decide.ts');
const identity = inFile('shared/audience/identity.ts');
const resuming = inFile('shared/queue/resuming.ts');

export const mutants: readonly Mutant[] = [
  advance(
    '1',
    'a step sends although it was taken before',
    "stepId === step.id && did === 'sent'",
    'false',
  ),
  goOn(
    '1',
    'a wake that comes again is decided again',
    'isOpen(run) && run.stepId === stepId && run.dueAt === dueAt',
    'isOpen(run)',
  ),
  beginRun(
    '1',
    'a run begins although its emails were sent',
    "if (wasSent(w, workflow, runIds)) return skip('It was sent before.');",
    '',
  ),
  mailer(
    '2',
    'a reservation does not check the customer',
    'unchanged = known.ofRun && { customerId, revision: known.revision }',
    'unchanged = undefined',
  ),
  judgeMail(
    '2',
    'exitWhen is not read before an email is reserved',
    'if (exit) return block(exit);',
    '',
  ),
  judgeMail(
    '2',
    'a deletion does not block an email',
    "if (customer?.deletion && record.type !== 'customer.deleted') {",
    'if (false) {',
  ),
  judgeMail(
    '2',
    'a run that a person stopped still sends',
    "if (isBroken && (run.endedAt ?? '') > step.at) return run.reason ?? 'The run was stopped.';",
    '',
  ),
  advance(
    '3',
    'a wait that is not over is taken for over',
    'if (Date.parse(dueAt) > now.getTime()) return alone(waiting(run, step, dueAt, ground));',
    '',
  ),
  judgeMail(
    '3',
    'an email goes out days after its time',
    'lateHours > longestLateHours',
    'lateHours > 10_000',
  ),
  customerRuns(
    '3',
    'a date that moved does not move its run',
    "...rest, state: 'waiting', dueAt, wakeAt: dueAt,",
    "...rest, state: 'waiting',",
  ),
  advance(
    '4',
    'a run that begins to wait has no time to be woken',
    '...{ dueAt, wakeAt: dueAt },',
    '...{ dueAt },',
  ),
  customerRuns(
    '4',
    'a date that vanishes ends no run',
    'if (dueAt === undefined) {\n    return ended(',
    'if (dueAt === undefined) {\n    return run;\n    ended(',
  ),
  resuming(
    '4',
    'an activation brings no parked run back',
    'await send(resumptionMessage({ workflowId }), laterSeconds);\n    const isDone = await write();\n    if (isDone) await send(resumptionMessage({ workflowId }), 0);',
    'const isDone = await write();',
  ),
  snapshot(
    '5',
    'the event that comes last wins',
    'const newest = isNewer(b, a, rankOf) ? b : a;',
    'const newest = b;',
  ),
  snapshot(
    '5',
    'of equal versions the one that comes first wins',
    'return told === before ? rank(a) > rank(b) : told > before;',
    'return false;',
  ),
  beginRun(
    '5',
    'a second run of one subscription begins beside the first',
    'if (isUnderWay || rivalOf(w, run, beginning, ground)) {',
    'if (isUnderWay) {',
  ),
  beginRun(
    '5',
    'a run that is under way begins again',
    'if (isUnderWay || rivalOf(w, run, beginning, ground)) {',
    'if (rivalOf(w, run, beginning, ground)) {',
  ),
  beginRun(
    '5',
    'an older copy of a workflow ends a run',
    'if (isCached) throw new OutdatedWorkflows();',
    '',
  ),
  beginRun(
    '5',
    'a run begins although exitWhen holds',
    'if (!isOpen(begun) && emails.length === 0) return',
    'if (false) return',
  ),

  advance(
    'advance',
    'a deleted customer ends no run',
    "if (customerGone) return alone(ended(run, 'exited', customerGone, now));",
    '',
  ),
  advance(
    'advance',
    'a step that is gone ends no run',
    "if (step?.kind !== 'wait') {",
    "if (step === undefined) return alone(run);\n  if (step.kind !== 'wait') {",
  ),
  advance(
    'advance',
    'a paused workflow goes on',
    "if (workflow.status !== 'active') return alone(parked(run, now));",
    '',
  ),
  advance(
    'advance',
    'exitWhen is not looked at before a step',
    "if (exit) return alone(ended(run, 'exited', exit, now));\n  const late",
    'const late',
  ),
  advance(
    'advance',
    'a wait that was missed by more than a day goes on',
    "if (late) return alone(ended(run, 'exited', late, now));",
    '',
  ),
  advance(
    'advance',
    'a run that was parked for long goes on',
    'if (run.parkedAt !== undefined) {',
    'if (false) {',
  ),
  advance(
    'advance',
    'a missed date counts as any wait',
    "return 'until' in step ? missedReason : undefined;",
    'return undefined;',
  ),
  advance(
    'advance',
    'a step is not skipped',
    'if (condition) return `The condition',
    'if (false) return `The condition',
  ),
  advance(
    'advance',
    'marketing goes to who is not subscribed',
    "if (isMarketing(step) && isOutOfMarketing(customer)) return 'The contact is not subscribed.';",
    '',
  ),
  advance(
    'advance',
    'a run that has only marketing left waits on',
    'if (isOutOfMarketing(customer) && left.every(isMarketing)) {',
    'if (false) {',
  ),
  advance(
    'advance',
    'a wait with nothing behind it is waited',
    'if (left.length === 0) break;',
    '',
  ),
  advance(
    'advance',
    'an unknown date is waited for',
    "if (over === undefined) return { run: ended(run, 'exited', unknownDate(step), now), emails };",
    'if (over === undefined) continue;',
  ),
  advance(
    'advance',
    'a date in the past is waited for by nobody',
    "if ('until' in step && now.getTime() - Date.parse(over) > latestMs) {",
    'if (false) {',
  ),
  advance('advance', 'lateness adds up', 'dueAt = over;', 'dueAt = now.toISOString();'),
  advance(
    'advance',
    'an edited wait moves those who wait',
    'return run.dueAt ?? now.toISOString();',
    'return new Date(Date.parse(run.updatedAt) + step.for.hours * hourMs).toISOString();',
  ),

  judgeMail(
    'judgeMail',
    'a paused workflow mails',
    "if (workflow.status !== 'active') return",
    'if (false) return',
  ),
  judgeMail(
    'judgeMail',
    'who unsubscribed gets marketing',
    "if (!contact.subscribed || hasLeft) return block('The contact is not subscribed.');",
    '',
  ),

  decide(
    'decide',
    'an erased customer is built up again',
    'if (customer.erased) {',
    'if (false) {',
  ),
  decide(
    'decide',
    'a customer of another organisation counts',
    'organizationId !== customer.organizationId',
    'false',
  ),
  decide(
    'decide',
    'a type that is switched off is applied',
    'if (!settings.events[event.type].enabled) {',
    'if (false) {',
  ),
  decide(
    'decide',
    'a deletion is taken for facts',
    "if (event.type === 'customer.deleted') return applyDeletion(w, customer, event, surroundings);",
    '',
  ),
  decide(
    'decide',
    'an event with a deleted customer is applied',
    'if (event.customer.deletedAt !== undefined) {',
    'if (false) {',
  ),
  decide(
    'decide',
    'an anonymised deletion erases nobody',
    "if (event.customer.anonymised && customer.deletion?.mode !== 'keep') {",
    'if (false) {',
  ),
  decide(
    'decide',
    'an address that is left is forgotten',
    '[address?.email, emailOf(before), emailOf(customer)]',
    '[address?.email, emailOf(customer)]',
  ),
  decide(
    'decide',
    'a subscription is not remembered',
    'customer = withSnapshot(customer, event);',
    '',
  ),

  identity(
    'identity',
    'an older claim wins',
    'known && known.version > version ? known.version : version',
    'version',
  ),
  identity(
    'identity',
    'a former address counts as a present one',
    "if (!customer.email || emailOf(customer) !== email) return { version, state: 'former' };",
    '',
  ),
  identity(
    'identity',
    'a deleted customer claims like a living one',
    "customer.deletion ? 'deleted' : 'living'",
    "'living'",
  ),
  identity(
    'identity',
    'a deleted customer takes over a contact',
    'if (owner.deletion) return undefined;',
    '',
  ),
  identity(
    'identity',
    'a contact of a living customer is taken over',
    'previous?.deletion && previous.deletion.mode',
    'previous && previous.deletion?.mode',
  ),
];
