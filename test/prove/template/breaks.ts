/** One rule of the template that is taken out: the text that says it, which is there once, and what comes in its place. */
export type Break = Readonly<{
  what: string;
  /** In `infra/`. */
  file: string;
  find: string;
  replace: string;
  /** The tests that have to notice it, in `test/stack/infra/`. */
  noticedBy: string;
}>;

const inFile =
  (file: string, noticedBy: string) =>
  (what: string, find: string, replace = ''): Break => ({
    ...{ what, find, replace },
    file: `constructs/${file}`,
    noticedBy: `constructs/${noticedBy}.test.ts`,
  });

const ofFunctions = inFile('lambda-function.ts', 'functions');
const ofQueues = inFile('queue.ts', 'queues');
const ofSources = inFile('queue.ts', 'functions');
const ofTables = inFile('tables.ts', 'stateful-resources');
const ofStaying = inFile('stateful.ts', 'stateful-resources');
const ofDoor = inFile('ingest-api.ts', 'public-door');
const ofAlarms = inFile('monitoring/alarms.ts', 'monitoring/alarms');
const ofSending = inFile('sender-identity.ts', 'sending');
const ofMail = inFile('mail.ts', 'mail');
const ofSender = inFile('sender-identity.ts', 'mail');

/** What the product leans on in AWS, rule by rule. */
export const breaks: readonly Break[] = [
  ofFunctions(
    'what feeds itself may go round',
    '...(isFedByItself && { recursiveLoop: RecursiveLoop.ALLOW }),',
  ),
  inFile('worker.ts', 'functions')('the worker is marked as fed by itself', 'isFedByItself: true,'),
  ofFunctions('logs of functions end', 'retention: RetentionDays.ONE_MONTH,'),
  ofSources('failed messages are reported one by one', 'reportBatchItemFailures: true,'),
  ofSources('an event source has a limit', 'maxConcurrency,\n    ...(batchSize', '...(batchSize'),
  ofSources(
    'large batches are collected for a second',
    '...(batchSize > mostWithoutWaiting && { maxBatchingWindow: Duration.seconds(1) }),',
  ),
  inFile('stage-options.ts', 'stage-options')(
    'event sources leave room in a new account',
    "wholeNumber(2, 1000, 'maxConcurrency', 3)",
    "wholeNumber(2, 1000, 'maxConcurrency', 4)",
  ),
  ofSources(
    'a message is out of sight for six times the timeout',
    'visibilityTimeout: Duration.seconds(timeout.toSeconds() * 6),',
  ),
  ofQueues('a message dies after twelve tries', 'maxReceiveCount: 12', 'maxReceiveCount: 10'),
  ofQueues('messages are kept for fourteen days', 'retentionPeriod: Duration.days(14),'),
  ofQueues('messages may have a mebibyte', 'maxMessageSizeBytes: 1_048_576,'),
  ofQueues('queues refuse what is not encrypted on its way', 'enforceSSL: true,'),
  ofTables(
    'rows can be brought back for 35 days',
    'pointInTimeRecoveryEnabled: true',
    'pointInTimeRecoveryEnabled: false',
  ),
  ofTables('tables are protected against deletion', "deletionProtection: keeping === 'retained',"),
  ofTables('rows that are over expire', "...(expires && { timeToLiveAttribute: 'expiresAt' }),"),
  ofStaying(
    'what holds keys or messages stays, but not when its own deployment fails',
    'RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE',
    'RemovalPolicy.RETAIN',
  ),
  ofStaying(
    'tables stay',
    "keeping === 'retained' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY",
    'RemovalPolicy.DESTROY',
  ),
  ofStaying('logical ids stay', 'resource.overrideLogicalId(logicalId);'),
  ofDoor(
    'the webhook has a rate of its own',
    'routeKey.endsWith(this.webhookPath)',
    'routeKey === this.webhookPath',
  ),
  ofDoor(
    'few workers let in no fewer than fifty webhooks',
    'Math.max(50, 10 * props.maxConcurrency)',
    '10 * props.maxConcurrency',
  ),
  ofDoor('unsubscribing has a rate of its own', 'return [10, 50];', 'return [20, 50];'),
  ofDoor('what has no rate has a low one', 'throttle: { rateLimit: 10, burstLimit: 20 },'),
  ofDoor('the API is named by its stage', 'apiName: Stack.of(this).stackName,'),
  ofDoor('the access log ends', 'retention: RetentionDays.ONE_MONTH,'),
  inFile('console.ts', 'public-door')(
    'the console wants a signature of IAM',
    'methods: [HttpMethod.ANY], integration, authorizer }',
    'methods: [HttpMethod.ANY], integration }',
  ),
  ofAlarms(
    'there is an alarm for dead letters',
    'const definitions = [\n      ...queueAlarms(watched, options.stage),',
    'const definitions = [\n      ...queueAlarms(watched, options.stage).slice(1),',
  ),
  ofAlarms('there are alarms of the clock', '...clockAlarms(watched.clock),'),
  ofAlarms('there are alarms of emails', '...mailAlarms(watched, options.stage),'),
  ofAlarms('there are alarms of watch', '...watchAlarms(watched.watch, options.stage),'),
  ofAlarms('there are alarms of rollup', '...rollUpAlarms(watched.rollUp),'),
  ofAlarms('there is an alarm of importer', '...importerAlarms(watched.importer),'),
  ofAlarms(
    'an alarm reaches people',
    'for (const one of this.all) one.addAlarmAction(new SnsAction(this.topic));',
  ),
  ofAlarms(
    'silence rings where something runs by the clock',
    'treatMissingData: TreatMissingData.BREACHING,',
    'treatMissingData: TreatMissingData.NOT_BREACHING,',
  ),
  inFile('monitoring/retries.ts', 'monitoring/alarms')(
    'few retries ring nothing',
    'const manyReceives = 5;',
    'const manyReceives = 3;',
  ),
  ofSending(
    'mail is from our sender only',
    "conditions: { StringLike: { 'ses:FromAddress': identities.flatMap(sendersUnder) } },",
  ),
  ofSending('a sender below a verified domain is ours, too', '*@*.', '*@'),
  ofSending(
    'mail may go to other identities of the account',
    "arn('identity', '*'),",
    "arn('identity', identities[0] ?? ''),",
  ),
  ofSender('the identity in SES stays', 'identity.applyRemovalPolicy(removalPolicy(keeping));'),
  ofMail('SES tells of complaints', 'EmailSendingEvent.COMPLAINT,'),
  ofMail('SES tells without an envelope', '{ rawMessageDelivery: true }', '{}'),
  inFile('schedule.ts', 'functions')(
    'a schedule tries once',
    'new LambdaFunction(lambda, { retryAttempts: 0, maxEventAge: rate })',
    'new LambdaFunction(lambda)',
  ),
  inFile('schedule.ts', 'functions')(
    'a call that failed is not made again',
    'lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: rate });',
  ),
  inFile('clock.ts', 'functions')(
    'the clock asks for no more than it has the time for',
    'Math.min(6_000, mailsPerSecond * Clock.rate.toSeconds())',
    'mailsPerSecond * Clock.rate.toSeconds()',
  ),
  inFile('tables.ts', 'permissions')(
    'the open door may not write settings',
    "settings: { calls: ['GetItem'] },\n  // Nothing of them",
    "settings: { calls: ['GetItem', 'PutItem'] },\n  // Nothing of them",
  ),
  inFile('console.ts', 'permissions')(
    'the console may put dead letters back',
    "deadLetters: [...queueWork, 'SendMessage'],",
    'deadLetters: queueWork,',
  ),
  {
    what: 'a stage is named by its tags',
    file: 'polar-audience-stack.ts',
    find: "tags: { application: 'polar-audience', stage: options.stage },",
    replace: '',
    noticedBy: 'constructs/stage-options.test.ts',
  },
];
