import { once } from 'node:events';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { startConsoleProxy } from '#infra/commands/console-door/proxy.ts';
import { freePort } from '#infra/local/http/loopback-server.ts';
import { type Answer, type Invoked, startApiGateway } from '#test/fakes/api-gateway.ts';

export const ada = {
  accessKeyId: 'AKIAADA',
  secretAccessKey: 'secret/of+Ada',
  sessionToken: 'token-of-Ada//==',
};
const region = 'eu-west-1';
const policyArn = 'arn:aws:iam::123456789012:policy/PolarAudience-prod-ConsolePolicy';
export const csp = { 'content-security-policy': "default-src 'none'" };
export const page = {
  status: 200,
  headers: { 'content-type': 'text/html', ...csp },
  body: '<p>Hello',
};

type Given = Readonly<{
  refusal?: string;
  answer?: (request: Invoked) => Answer;
  credentials?: () => Promise<typeof ada>;
  timeoutMs?: number;
}>;

/** The proxy before a console that is behind API Gateway, and a browser that can be made to send anything. */
export async function openedConsole({
  refusal,
  answer = () => page,
  credentials,
  ...given
}: Given = {}) {
  const people = [{ ...ada, ...(refusal !== undefined && { refusal }) }];
  const gateway = await startApiGateway({ region, people, answer });
  onTestFinished(gateway.stop);
  const port = await freePort();
  const proxy = await startConsoleProxy({
    port,
    consoleUrl: `${gateway.url}/console`,
    signing: { region, credentials: credentials ?? (async () => ada) },
    policyArn,
    whoAmI: async () => 'arn:aws:sts::123456789012:assumed-role/Engineer/ada',
    ...given,
  });
  onTestFinished(proxy.stop);
  const send = (
    path: string,
    headers: Record<string, string> = {},
    body?: string,
    method?: string,
  ) => sent(port, path, { host: `localhost:${port}`, ...headers }, body, method);
  const start = await send(proxy.url.replace(`http://localhost:${port}`, ''));
  const [cookie = ''] = String(start.headers['set-cookie']).split(';');
  const as = (headers: Record<string, string> = {}) => ({ cookie, ...headers });
  return { port, proxy, send, as, cookie, start, invoked: gateway.invoked };
}

async function sent(
  port: number,
  path: string,
  headers: Record<string, string>,
  body?: string,
  method = body === undefined ? 'GET' : 'POST',
) {
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers }).end(body);
  const [response] = await once(outgoing, 'response');
  const content = await buffer(response);
  return {
    status: Number(response.statusCode),
    headers: response.headers,
    content,
    text: content.toString(),
  };
}
