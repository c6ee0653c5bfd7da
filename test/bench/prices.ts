/**
 * What AWS asks for in us-east-1, on demand, beyond the free tiers, in dollars. From the price pages named, as they
 * were in November 2026; another region is a few per cent to a half dearer.
 */
export const prices = {
  region: 'us-east-1',
  asOf: '2026-11',
  httpApiRequest: { dollars: 1 / 1e6, source: 'https://aws.amazon.com/api-gateway/pricing/' },
  lambdaRequest: { dollars: 0.2 / 1e6, source: 'https://aws.amazon.com/lambda/pricing/' },
  lambdaArmGbSecond: { dollars: 0.0000133334, source: 'https://aws.amazon.com/lambda/pricing/' },
  sqsRequest: { dollars: 0.4 / 1e6, source: 'https://aws.amazon.com/sqs/pricing/' },
  dynamoReadUnit: {
    dollars: 0.125 / 1e6,
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  dynamoWriteUnit: {
    dollars: 0.625 / 1e6,
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  logGigabyte: { dollars: 0.5, source: 'https://aws.amazon.com/cloudwatch/pricing/' },
  /** A month. */
  storedLogGigabyte: { dollars: 0.03, source: 'https://aws.amazon.com/cloudwatch/pricing/' },
  secret: { dollars: 0.4, source: 'https://aws.amazon.com/secrets-manager/pricing/' },
  secretRequest: { dollars: 0.05 / 1e4, source: 'https://aws.amazon.com/secrets-manager/pricing/' },
  /** A month, for each metric that an alarm looks at: one of several metrics costs as much as several. */
  alarmMetric: { dollars: 0.1, source: 'https://aws.amazon.com/cloudwatch/pricing/' },
  /** A month, by the hour: an hour in which a metric gets no value costs nothing. */
  customMetric: { dollars: 0.3, source: 'https://aws.amazon.com/cloudwatch/pricing/' },
  dashboard: { dollars: 3, source: 'https://aws.amazon.com/cloudwatch/pricing/' },
  key: { dollars: 1, source: 'https://aws.amazon.com/kms/pricing/' },
} as const;

/** Of 730 hours, as AWS's own calculator takes it. */
export const minutesOfMonth = 43_800;

/** What cannot be counted on one machine: how long Lambda takes for one event, and API Gateway's own log. */
export const assumed = {
  ingestMs: 15,
  workerMs: 25,
  functionGb: 0.5,
  accessLogBytes: 250,
  clockMs: 100,
  watchMs: 1_000,
  rollupMs: 1_000,
  /** It reads that no import runs. */
  importerMs: 50,
  /** Of a look at a connection: the access to Polar, and the webhook secret up to twice. */
  watchSecretReads: 3,
} as const;

/**
 * How Lambda asks an idle queue for messages: "five concurrent batches" by long polling, of 20 seconds at most. It says
 * that it "can optimize to as few as 2", but not where a maximum concurrency is set, which keeps a new account's ten
 * executions from being used up. Provisioned pollers cost more by themselves than all of this.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const pollers = { perQueue: 5, optimised: 2, secondsEach: 20 } as const;
