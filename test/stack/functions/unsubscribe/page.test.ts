import { createHash } from 'node:crypto';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { fresh, freshEmail, request, startUnsubscribe, tokens } from './unsubscribe-at-work.ts';

let work: Awaited<ReturnType<typeof startUnsubscribe>>;
let audience: typeof work.audience;
beforeAll(async () => {
  work = await startUnsubscribe();
  audience = work.audience;
});
afterAll(() => work.stop());

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.ChildNode;

function elements(nodes: readonly Node[]): Element[] {
  return nodes.flatMap((node) => ('tagName' in node ? [node, ...elements(node.childNodes)] : []));
}

describe('the page of an unsubscribe link', () => {
  it('asks, with a form that goes back to the same address, and no script', async () => {
    const email = freshEmail();
    await audience.tell('customer.created', fresh('c'), { minute: 1, email });
    const { statusCode, body } = await work.get(await work.linkTo(email));
    expect(statusCode).toBe(200);
    const found = elements(parse(body).childNodes);
    const names = found.map(({ tagName }) => tagName);
    expect(names).toEqual(expect.arrayContaining(['title', 'main', 'h1', 'button']));
    expect(names).not.toContain('script');
    expect(found.find(({ tagName }) => tagName === 'html')?.attrs).toEqual([
      { name: 'lang', value: 'en' },
    ]);
    expect(found.find(({ tagName }) => tagName === 'form')?.attrs).toEqual([
      { name: 'method', value: 'post' },
    ]);
  });

  it.each(['GET', 'HEAD'])('changes nothing by %s', async (method) => {
    const email = freshEmail();
    await audience.tell('customer.created', fresh('c'), { minute: 1, email });
    const token = await work.linkTo(email);
    const before = await work.everything();
    for (let time = 0; time < 3; time++) {
      const { statusCode, body } = await work.answer(request(method, token));
      expect(statusCode).toBe(200);
      expect(body === '').toBe(method === 'HEAD');
    }
    expect(await work.everything()).toEqual(before);
  });

  it('may load nothing but its own style, be framed by nobody, be kept and found nowhere', async () => {
    const { headers, body } = await work.get('forged');
    const style = /<style>([\s\S]*)<\/style>/.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']?.split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${hash}'`,
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex, nofollow',
    });
  });
});

describe('a link that is not ours', () => {
  const recipient = { contactId: 'c', addressHash: '0'.repeat(64) };
  const token = tokens.of(recipient);
  it.each([
    ['no token', undefined],
    ['an empty token', ''],
    ['another text', 'forged'],
    ['a token that is cut off', token.slice(0, -1)],
    ['a token with a full stop behind it', `${token}.`],
    ['a token under another key', unsubscribeTokens('another key').of(recipient)],
    ['markup', '<script>alert(1)</script>'],
  ])('gets a friendly page for %s and changes nothing', async (_, forged) => {
    const before = await work.everything();
    for (const method of ['GET', 'HEAD', 'POST']) {
      const { statusCode, body } = await work.answer(request(method, forged));
      expect(statusCode).toBe(404);
      if (method !== 'HEAD') {
        expect(body).toContain('This link doesn’t work');
        expect(body).not.toMatch(/<form|<script/);
      }
    }
    expect(await work.everything()).toEqual(before);
  });

  it.each(['PUT', 'DELETE', 'OPTIONS'])('is not used with %s', async (method) => {
    const { statusCode, headers } = await work.answer(request(method, token));
    expect({ statusCode, allow: headers['allow'] }).toEqual({
      statusCode: 405,
      allow: 'GET, HEAD, POST',
    });
  });
});
