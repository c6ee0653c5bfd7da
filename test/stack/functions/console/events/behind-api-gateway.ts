import { handle, type LambdaEvent } from 'hono/aws-lambda';
import type { consoleApp } from '#functions/console/console.ts';
import { httpAnswer } from '#infra/local/http/http-event.ts';
import { decodedPath } from '#infra/local/http/routes.ts';

/** The console as a browser reaches it on AWS: with the path as API Gateway hands it over. */
export function behindApiGateway(app: ReturnType<typeof consoleApp>) {
  const lambda = handle(app);
  return throughApiGateway((event) => lambda(event));
}

/** The same of its handler. */
export function throughApiGateway(lambda: (event: LambdaEvent) => Promise<unknown>) {
  return {
    async request(
      given: string,
      { method = 'GET', headers, body }: RequestInit,
    ): Promise<Response> {
      const { host, pathname, search } = new URL(given);
      const rawPath = decodedPath(pathname);
      if (rawPath === undefined) return new Response('Bad Request', { status: 400 });
      const { cookie, ...rest } = Object.fromEntries(new Headers(headers));
      const text = body instanceof URLSearchParams ? body.toString() : null;
      const event: LambdaEvent = {
        version: '2.0',
        routeKey: 'ANY /console/{proxy+}',
        rawPath,
        rawQueryString: search.slice(1),
        headers: {
          ...rest,
          ...(text !== null && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(cookie !== undefined && { cookies: cookie.split('; ') }),
        body: text,
        isBase64Encoded: false,
        requestContext: {
          accountId: '',
          apiId: '',
          authentication: null,
          authorizer: {},
          domainName: host,
          domainPrefix: '',
          http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '', userAgent: '' },
          requestId: '',
          routeKey: '',
          stage: '$default',
          time: '',
          timeEpoch: 0,
        },
      };
      const answer = httpAnswer({ kind: 'answer', payload: await lambda(event) });
      const response = new Headers();
      for (const [name, values] of Object.entries(answer.headers)) {
        for (const value of [values].flat()) response.append(name, value);
      }
      const hasBody = answer.status !== 303 && answer.status !== 302;
      return new Response(hasBody ? new Uint8Array(answer.body) : null, {
        status: answer.status,
        headers: response,
      });
    },
  };
}
