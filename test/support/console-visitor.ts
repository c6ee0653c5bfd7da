import { type DefaultTreeAdapterTypes, parse } from 'parse5';

export const consoleHost = 'localhost:4000';

type App = Readonly<{ request(url: string, init: RequestInit): Response | Promise<Response> }>;

type Fields = Readonly<Record<string, string | readonly string[]>>;

/** What came back: also as the text that a person reads, without markup. */
export type Answer = Readonly<{
  status: number;
  headers: Headers;
  html: string;
  text: string;
  location: string | null;
}>;

/** A browser without JavaScript: keeps cookies, and brings along the token of the forms. */
export function consoleVisitor(app: App) {
  const cookies = new Map<string, string>();

  async function ask(path: string, { headers = {}, ...init }: RequestInit): Promise<Answer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await app.request(`http://${consoleHost}${path}`, {
      ...init,
      headers: { host: consoleHost, ...(cookie && { cookie }), ...headers },
    });
    for (const line of response.headers.getSetCookie()) remember(line);
    const html = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      html,
      text: readable(html),
      location: response.headers.get('location'),
    };
  }

  function remember(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = [
      pair.slice(0, pair.indexOf('=')),
      pair.slice(pair.indexOf('=') + 1),
    ];
    if (attributes.includes('Max-Age=0')) cookies.delete(name);
    else cookies.set(name, value);
  }

  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    ask(path, { headers });

  /** Posts a form, after a look at a page if there was none yet. Does not follow where it leads to. */
  async function post(path: string, fields: Fields = {}): Promise<Answer> {
    if (!cookies.has('console-token')) await get('/console/audience');
    return postWithToken(path, cookies.get('console-token') ?? '', fields);
  }

  const postWithToken = (path: string, token: string, fields: Fields = {}) => {
    const body = new URLSearchParams({ token });
    for (const [name, value] of Object.entries(fields)) {
      for (const one of [value].flat()) body.append(name, one);
    }
    return ask(path, { method: 'POST', body });
  };

  return {
    cookies,
    get,
    post,
    /** For a token that is not the right one. */
    postWithToken,
    /** Posts a form and goes where that leads to: the page with the sentence of what was done. */
    async submit(path: string, fields: Fields = {}): Promise<Answer> {
      const answer = await post(path, fields);
      return answer.location === null ? answer : get(answer.location);
    },
  };
}

/** They stand within a line of text. */
const inline = new Set(['#text', 'a', 'b', 'code', 'em', 'i', 'strong', 'time', 'wbr']);

/** The text of a document, white space collapsed. What a person types is in there as it was typed. */
function readable(html: string): string {
  const visit = (node: DefaultTreeAdapterTypes.Node): string => {
    if (node.nodeName === 'script' || node.nodeName === 'style') return '';
    if ('value' in node && node.nodeName === '#text') return node.value;
    const text = 'childNodes' in node ? node.childNodes.map(visit).join('') : '';
    return inline.has(node.nodeName) ? text : ` ${text} `;
  };
  return visit(parse(html)).replaceAll(/\s+/g, ' ').trim();
}

/** The same over the network, of the console of a local stack that runs at this origin. */
export function visitorOver(origin: string) {
  return consoleVisitor({
    request: (url, init) => {
      const { pathname, search } = new URL(url);
      const { host: _, ...headers } = Object.fromEntries(new Headers(init.headers));
      const site = { origin, ...headers };
      return fetch(`${origin}${pathname}${search}`, { ...init, headers: site, redirect: 'manual' });
    },
  });
}
