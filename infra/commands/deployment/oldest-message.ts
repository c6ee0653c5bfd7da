import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { signedFetch } from './signed-fetch.ts';

type SqsConfig = Readonly<{ region: string; endpoint?: string }>;

const patienceMs = 2_000;
/** CloudWatch has a value of a queue a minute or two later. */
const lookBackMs = 10 * 60_000;

/**
 * For how many seconds the oldest message of a queue has waited, as CloudWatch knows. `undefined` where it does not
 * say: for the emulators, without the permission, or for a queue that nobody has used for hours.
 */
export function oldestMessages(
  { region, endpoint }: SqsConfig,
  cloudWatchUrl: string = process.env['AWS_ENDPOINT_URL_CLOUDWATCH'] ??
    `https://monitoring.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
): (queueUrl: string) => Promise<number | undefined> {
  if (endpoint !== undefined) return async () => undefined;
  const signing = { service: 'monitoring', region, credentials: defaultProvider() };
  return async (queueUrl) => {
    const now = Date.now();
    const form = new URLSearchParams({
      Action: 'GetMetricStatistics',
      Version: '2010-08-01',
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      'Dimensions.member.1.Name': 'QueueName',
      'Dimensions.member.1.Value': queueUrl.split('/').at(-1) ?? '',
      StartTime: new Date(now - lookBackMs).toISOString(),
      EndTime: new Date(now).toISOString(),
      Period: '60',
      'Statistics.member.1': 'Maximum',
    });
    try {
      const response = await signedFetch(
        signing,
        {
          method: 'POST',
          baseUrl: cloudWatchUrl,
          path: '/',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new TextEncoder().encode(form.toString()),
        },
        patienceMs,
      );
      return response.ok ? newestMaximum(await response.text()) : undefined;
    } catch {
      return undefined;
    }
  };
}

/** The value of the latest minute. */
function newestMaximum(xml: string): number | undefined {
  const points = xml.split('<member>').flatMap((member) => {
    const at = /<Timestamp>([^<]+)<\/Timestamp>/.exec(member)?.[1];
    const value = Number(/<Maximum>([^<]+)<\/Maximum>/.exec(member)?.[1]);
    return at !== undefined && Number.isFinite(value) ? [{ at, value }] : [];
  });
  return points.sort((a, b) => (a.at < b.at ? 1 : -1))[0]?.value;
}
