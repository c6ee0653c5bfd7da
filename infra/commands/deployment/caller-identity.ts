import { type Signing, signedFetch } from './signed-fetch.ts';

const timeoutMs = 5_000;

/** The ARN of whom AWS takes the bearer of these credentials for; undefined if AWS does not say. */
export async function callerIdentity(
  { region, credentials }: Omit<Signing, 'service'>,
  endpoint = endpointIn(process.env) ?? usualEndpoint(region),
): Promise<string | undefined> {
  const request = {
    method: 'POST',
    baseUrl: endpoint,
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from('Action=GetCallerIdentity&Version=2011-06-15'),
  };
  try {
    const answer = await signedFetch({ service: 'sts', region, credentials }, request, timeoutMs);
    return /<Arn>([^<]+)<\/Arn>/.exec(await answer.text())?.[1];
  } catch {
    return undefined;
  }
}

function endpointIn({ AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL }: NodeJS.ProcessEnv) {
  return AWS_ENDPOINT_URL_STS ?? AWS_ENDPOINT_URL;
}

function usualEndpoint(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
