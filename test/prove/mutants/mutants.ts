/** One deliberate break of the code: the text that it takes out, which is there once, and what comes in its place. */
export type Mutant = Readonly<{
  /** Which of the five promises of sequences it breaks. */
  of: '1' | '2' | '3' | '4' | '5';
  what: string;
  file: string;
  find: string;
  replace: string;
  /** Of a history in which it shows: in most it does not. */
  seed?: number;
}>;

const inFile =
  (file: string) =>
  (of: Mutant['of'], what: string, find: string, replace: string): Mutant => ({
    ...{ of, what, file, find, replace },
  });

const advance = inFile('shared/audience/runs/advance.ts');
const beginRun = inFile('shared/audience/runs/begin-run.ts');
const goOn = inFile('shared/audience/runs/go-on.ts');
const customerRuns = inFile('shared/audience/runs/customer-runs.ts');
const snapshot = inFile('shared/audience/person/subscription-snapshot.ts');
const judgeMail = inFile('shared/audience/emails/judge-mail.ts');
const mailer = inFile('functions/mailer/deliver.ts');
const decide = inFile('shared/audience/decide.ts');
const identity = inFile('shared/audience/person/identity.ts');
const considering = inFile('shared/audience/consider-workflows.ts');
const resuming = inFile('shared/queue/resuming.ts');

/** The checks in the code that keep the promises, taken out. The checker of `runs` must complain of each. */
export const mutants: readonly Mutant[] = [
  advance(
    '1',
    'a step sends although it was taken before',
    "stepId === step.id && did === 'sent'",
    'false',
  ),
  goOn(
    '4',
    'a wake that comes again is decided again, and its emails are not asked for again',
    'isOpen(run) && run.stepId === stepId && run.dueAt === dueAt',
    'isOpen(run)',
  ),
  beginRun(
    '1',
    'a run begins although its emails were sent',
    "if (wasSent(w, workflow, runIds)) return skip('Already sent.');",
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
    'await send(resumptionMessage(resumption), laterSeconds);\n    const isDone = await write();\n    if (isDone) await send(resumptionMessage(resumption), 0);',
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
    'a dunning goes on for a payment that was made, and keeps that of the next from beginning',
    'const reason = paidSince(rival, run) ?? exit',
    'const reason = exit',
  ),
  beginRun(
    '5',
    'a run begins although exitWhen holds',
    'if (!isOpen(begun) && emails.length === 0) return',
    'if (false) return',
  ),

  advance('3', 'lateness adds up', 'dueAt = over;', 'dueAt = now.toISOString();'),
  advance(
    '3',
    'an edited wait moves those who wait',
    'return run.dueAt ?? now.toISOString();',
    'return new Date(Date.parse(run.updatedAt) + step.for.hours * hourMs).toISOString();',
  ),
  decide('5', 'a subscription is not remembered', 'customer = withSnapshot(customer, event);', ''),
  {
    ...considering(
      '5',
      'what keeps a run from beginning is not checked',
      "if (result.verdict === 'skip') w.checkAll();",
      '',
    ),
    seed: 1251,
  },
  identity(
    '1',
    "of two runs that become one person's both go on",
    'stopRunsWithoutContact(w, rest, surroundings.now);',
    '',
  ),
];
