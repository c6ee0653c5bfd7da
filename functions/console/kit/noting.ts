import type { Context, MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import { matchedRoutes } from 'hono/route';
import type { ActDraft, ActEnd, OperatorAct } from '#shared/audience/operator-act.ts';
import { reasonOf } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { OperatorLog } from '#shared/store/operator-log.ts';
import { type ConsoleEnv, page } from './page.ts';

/** What a request of a route does, by the names in its path, its form and its query; `undefined`: it only looks. */
export type ActOf = (
  asked: Readonly<{
    params: Readonly<Record<string, string>>;
    form: FormData;
    query: Readonly<Record<string, string>>;
  }>,
) => ActDraft | undefined;

/** The acts of all routes that are not only looked at, by method and path, such as `POST /console/test`. */
export type ActsOfRoutes = Readonly<Record<string, ActOf>>;

type Parts = Readonly<{ acts: OperatorLog; log: Log }>;

/**
 * Writes every act of the console into the operator log: before it is done, and how it ended. What cannot be written
 * down is not begun, and a POST that no list names is refused, so that none is forgotten. Once an act is begun, the log
 * keeps it from nothing.
 */
export function noting({ acts, log }: Parts, routes: ActsOfRoutes): MiddlewareHandler<ConsoleEnv> {
  return async (c, next) => {
    const route = matchedRoutes(c).find(({ method }) => method !== 'ALL');
    const name = route && `${route.method} ${route.path}`;
    const actOf = name === undefined ? undefined : routes[name];
    if (route?.method === 'POST' && !actOf) throw new Error(`The log does not know "${name}".`);
    const draft = route && actOf?.(askedOf(c, route.path));
    if (!draft) return next();
    c.set('isAct', true);

    let begun: OperatorAct;
    try {
      begun = await acts.begin(draft, { by: c.get('by'), via: 'console' });
    } catch (error) {
      log.error('act not noted', { what: draft.what, reason: reasonOf(error) });
      return page(c, {
        title: 'Nothing was done',
        status: 503,
        body: html`<p>The operator log couldn’t be written. Go back and try again. If it keeps failing, the console function’s log says why.</p>`,
      });
    }
    await next();
    try {
      await acts.end(begun, endOf(c), c.get('acted'));
    } catch (error) {
      // It is done: the log has that it was begun.
      log.error('act noted without its outcome', { what: draft.what, reason: reasonOf(error) });
    }
    return;
  };
}

function askedOf(c: Context<ConsoleEnv>, pattern: string): Parameters<ActOf>[0] {
  const params = paramsIn(pattern, c.req.path);
  return { params, form: c.get('form') ?? new FormData(), query: c.req.query() };
}

/** The names in a path. Before a route is entered, hono does not tell them. */
export function paramsIn(pattern: string, path: string): Record<string, string> {
  const groups = pattern.replaceAll(/:(\w+)(?:\{(.+?)\})?/g, (_, name: string, form = '[^/]+') => {
    return `(?<${name}>${form})`;
  });
  const found = Object.entries(new RegExp(`^${groups}$`).exec(path)?.groups ?? {});
  return Object.fromEntries(found.map(([name, value]) => [name, decoded(value)]));
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A form says that it was done; one that led elsewhere without a word came too late. */
function endOf(c: Context<ConsoleEnv>): ActEnd {
  if (c.error) return { outcome: 'failed', reason: reasonOf(c.error) };
  const left = c.get('left');
  if (left && left.kind !== 'done') {
    return { outcome: left.isDone ? 'done' : 'refused', reason: left.text };
  }
  if (c.res.status >= 400) return { outcome: 'refused', reason: refusals[c.res.status] };
  const isTold = left?.kind === 'done' || c.get('acted') !== undefined;
  if (isTold || c.req.method === 'GET') return { outcome: 'done' };
  return { outcome: 'refused', reason: 'The page was out of date.' };
}

/** Why an answer without a sentence of its own did nothing: what its page says may hold what somebody typed. */
const refusals: Readonly<Record<number, string>> = {
  404: 'It was gone.',
  409: 'Someone else had changed it.',
  422: 'Something in the form was wrong.',
};
