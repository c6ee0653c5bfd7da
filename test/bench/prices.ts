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
} as const;

/** What cannot be counted on one machine: how long Lambda takes for one event, and API Gateway's own log. */
export const assumed = {
  ingestMs: 15,
  workerMs: 25,
  functionGb: 0.5,
  accessLogBytes: 250,
} as const;
