import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Where the console names the path of the next page of an answer that is too long for one. */
export const nextPageHeader = 'x-console-next';

export type WholeAnswer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string | readonly string[]>>;
  body: Uint8Array;
}>;

type NextPage = (path: string) => Promise<WholeAnswer>;

/**
 * Sends an answer, and behind it the pages that it and they name as next, as one body. Where one of them fails, or the
 * reader leaves, it throws and the connection breaks: nobody takes what came so far for the whole.
 */
export async function sendJoined(
  response: ServerResponse,
  first: WholeAnswer,
  next: NextPage,
): Promise<void> {
  const { status, body } = first;
  const headers = Object.fromEntries(
    Object.entries(first.headers)
      .filter(([name]) => name !== nextPageHeader && name !== 'content-length')
      .map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
  if (nextOf(first) === undefined || response.req.method !== 'GET') {
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
    return;
  }
  response.writeHead(status, headers);
  await pipeline(bodiesOf(first, next), response);
}

async function* bodiesOf(first: WholeAnswer, next: NextPage) {
  const followed = new Set<string>();
  let answer = first;
  for (;;) {
    if (answer.body.length > 0) yield answer.body;
    const path = nextOf(answer);
    if (path === undefined) return;
    if (!path.startsWith('/console/') || followed.has(path)) {
      throw new Error('The console named a next page that cannot be one.');
    }
    followed.add(path);
    answer = await next(path);
    const isGoingOn =
      answer.status === first.status &&
      answer.headers['content-type'] === first.headers['content-type'];
    if (!isGoingOn) throw new Error(`A page of a long answer failed with ${answer.status}.`);
  }
}

function nextOf({ status, headers }: WholeAnswer): string | undefined {
  const path = headers[nextPageHeader];
  return status === 200 && typeof path === 'string' ? path : undefined;
}
