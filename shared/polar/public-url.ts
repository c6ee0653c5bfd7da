import { isLoopbackUrl } from './loopback-url.ts';

/** What is wrong with a URL that Polar at `apiUrl` is to send webhooks to; undefined: nothing. */
export function problemOfWebhookUrl(webhookUrl: string, apiUrl: string): string | undefined {
  if (isLoopbackUrl(apiUrl)) return undefined;
  const url = URL.parse(webhookUrl);
  if (url?.protocol === 'https:' && isPublicHost(url.hostname)) return undefined;
  return `Polar sends webhooks to public https addresses only, and this one is ${webhookUrl}. Nothing was changed. Connect a deployment in AWS, or be Polar yourself here: npm run polar -- purchase --email you@example.com`;
}

const privateIpv4 = /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./;

function isPublicHost(host: string): boolean {
  if (host.startsWith('[') || privateIpv4.test(host)) return false;
  return host.includes('.') && !/\.(localhost|local|internal|test)$/.test(host);
}
