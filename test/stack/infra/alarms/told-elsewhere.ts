/** Rehearsed with a Polar that plays along, in watch-rehearsal.test.ts. */
export const watchAlarms = [
  'endpointdisabled',
  'endpointchanged',
  'deliveriesfailing',
  'deliveriesgivenup',
  'webhooksnotreceived',
  'polarnotasked',
  'polaremailschanged',
] as const;

/** No machine but AWS measures these. */
export const onlyAwsMeasures = {
  ingesterrors: 'Lambda counts a function that crashes or ends late.',
  workererrors: 'Lambda counts a function that crashes or ends late.',
  mailererrors: 'Lambda counts a function that crashes or ends late.',
  feedbackerrors: 'Lambda counts a function that crashes or ends late.',
  unsubscribeerrors: 'Lambda counts a function that crashes or ends late.',
  importererrors: 'Lambda counts a function that crashes or ends late.',
  rolluperrors: 'Lambda counts a function that crashes or ends late.',
  watcherrors: 'Lambda counts a function that crashes or ends late.',
  ingestthrottles: 'Lambda counts what it refuses to run.',
  workerthrottles: 'Lambda counts what it refuses to run.',
  mailerthrottles: 'Lambda counts what it refuses to run.',
  feedbackthrottles: 'Lambda counts what it refuses to run.',
  webhooksthrottled: 'API Gateway throttles before any of our code.',
  bouncerate: 'SES computes it over the last mails of the account.',
  complaintrate: 'SES computes it over the last mails of the account.',
  emailsrejected: 'SES counts what it rejects for a virus.',
};
