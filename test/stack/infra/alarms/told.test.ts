import { describe, expect, it } from 'vitest';
import type { SesEvent } from '#functions/feedback/ses-event.ts';
import type { Delivery } from '#functions/mailer/deliver.ts';
import type { Finding } from '#infra/constructs/watch.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import type { AnswerName } from '#shared/polar/answers.ts';
import { alarmsOf } from '#test/support/cloud/cloud-watch.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import type { FunctionName } from '../constructs/lambda-of.ts';

/** The alarms that tell of an outcome, by their anchors in the runbook; or why none has to. */
type Told = readonly [alarm: string, ...alarms: string[]] | Readonly<{ none: string }>;

const none = (why: string) => ({ none: why });
const well = none('It is as it should be.');

/** What can become of a whole run of each function. */
const runs: Record<FunctionName, Record<string, Told>> = {
  ingest: {
    'fails or ends late': ['ingesterrors', 'ingest5xx'],
    'is not run by Lambda': ['ingestthrottles'],
    'is kept out by API Gateway': ['webhooksthrottled'],
  },
  worker: {
    'fails or ends late': ['workererrors'],
    'is not run by Lambda': ['workerthrottles'],
    'cannot keep up': ['queueageing'],
    'is never given the message: its event source is off': ['queueageing'],
  },
  mailer: {
    'fails or ends late': ['mailererrors'],
    'is not run by Lambda': ['mailerthrottles'],
    'cannot keep up, or its event source is off': ['mailqueueageing'],
  },
  feedback: {
    'fails or ends late': ['feedbackerrors'],
    'is not run by Lambda': ['feedbackthrottles'],
    'cannot keep up, or its event source is off': ['feedbackqueueageing'],
    'hears that SES held an email back, because its own list has the address': none(
      'The email says so. Subscribing the person again, or lifting the bounce, takes it off the list.',
    ),
  },
  clock: {
    'asks for what is due': well,
    'takes a row and cannot queue its message': ['clockerrors'],
    'finds an email or a run that it cannot read': ['rowsunreadable'],
    'fails or ends late': ['clockerrors'],
    'is not run by Lambda, or its rule is off': ['clockstopped'],
    'finds more than it may ask for in a minute': ['emailswaiting'],
  },
  watch: {
    'asks Polar': well,
    'is not connected': none('Polar is not connected yet, or no longer: a person did that.'),
    'could not ask Polar': ['polarnotasked'],
    'fails or ends late': ['watcherrors'],
    'is not run by Lambda, or its rule is off': ['watchstopped'],
  },
  rollup: {
    'counts what is due, or leaves some for the next call': well,
    'fails or ends late': ['rolluperrors'],
    'is not run by Lambda, or its rule is off': ['rollupstopped'],
  },
  importer: {
    'carries an import on, or finds none': well,
    'fails or ends late': ['importererrors'],
    'could not ask Polar, or was refused': none('The page of the import says why.'),
    'is not run by Lambda, or its rule is off': none(
      'The page says that the import does not get on, and nothing else depends on it.',
    ),
  },
  unsubscribe: {
    'fails or ends late': ['unsubscribeerrors', 'ingest5xx'],
    'is not run by Lambda': ['ingest5xx'],
  },
  console: {
    'fails, ends late or is not run': ['ingest5xx'],
    'refuses what a person wants': none('The person sees it on the page.'),
  },
};

/** If it is an event of Polar, whose deliveries watch looks at. */
const asPolarSees: Told = ['deliveriesfailing', 'deliveriesgivenup'];

const answers: Record<AnswerName, Told> = {
  accepted: well,
  ignored: well,
  'no-type': none('It is genuine, and Polar is told what to set.'),
  'not-utf8': none('It is genuine, and Polar is told what to set.'),
  'missing-header': asPolarSees,
  'invalid-id': asPolarSees,
  'invalid-timestamp': asPolarSees,
  'malformed-signature': ['webhooksunauthorized'],
  mismatch: ['webhooksunauthorized'],
  'outside-tolerance': ['webhooksunauthorized'],
  'not-found': none('A stranger looks for something else.'),
  'method-not-allowed': none('A stranger looks for something else.'),
  'too-large': asPolarSees,
  'no-secret': ['ingest5xx'],
  'secret-unreadable': ['ingest5xx'],
  'queue-unavailable': ['ingest5xx'],
  unexpected: ['ingest5xx'],
};

const decided: Record<NonNullable<EventRecord['outcome']> | 'duplicate', Told> = {
  applied: well,
  unchanged: well,
  skipped: none('The record says why: a setting, or the customer.'),
  duplicate: well,
};

const delivered: Record<Delivery['kind'], Told> = {
  sent: well,
  settled: well,
  waiting: ['emailswaiting'],
  unknown: ['unknownemails'],
  blocked: ['emailsblocked'],
  failed: ['emailsfailed'],
};

const heard: Record<SesEvent['kind'], Told> = {
  send: well,
  delivery: well,
  delay: none('SES goes on trying, and says whether it bounced in the end.'),
  bounce: ['bouncerate'],
  complaint: ['complaintrate'],
  reject: ['emailsrejected'],
};

const found: Record<Finding, Told> = {
  disabled: ['endpointdisabled'],
  changed: ['endpointchanged'],
  failing: ['deliveriesfailing'],
  'given-up': ['deliveriesgivenup'],
  'not-received': ['webhooksnotreceived'],
  'emails-changed': ['polaremailschanged'],
};

/** What can become of a message that a function could not handle. */
const messages: Record<string, Told> = {
  'of a webhook, retried': ['eventsretried'],
  'of a webhook, given up or unreadable': ['deadletters', 'deadlettersageing', 'eventsretried'],
  'of an email, retried': ['emailsretried'],
  'of an email, given up or unreadable': ['maildeadletters', 'emailsretried'],
  'of SES, retried': ['feedbackretried'],
  'of SES, given up or unreadable': ['feedbackdeadletters', 'feedbackretried'],
};

const outcomes = Object.entries({
  ...runs,
  'an answer of ingest': answers,
  'an event that the worker decided': decided,
  'an email that the mailer took': delivered,
  'what feedback heard of SES': heard,
  'what watch found': found,
  'a message': messages,
}).flatMap(([what, told]) =>
  Object.entries(told).map(([outcome, by]) => [what, outcome, by] as const),
);

const { names } = alarmsOf(stageTemplate());

describe('every outcome', () => {
  it.each(outcomes)('%s: %s', (_, __, told) => {
    if ('none' in told) expect(told.none).toMatch(/^[A-Z].+\.$/);
    else for (const alarm of told) expect(names).toContain(alarm);
  });

  it('is what some alarm tells of, of each alarm', () => {
    const telling = outcomes.flatMap(([, , told]) => ('none' in told ? [] : told));

    expect([...new Set(telling)].sort()).toEqual([...names].sort());
  });
});
