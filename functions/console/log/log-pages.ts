import { Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { actorName } from '#shared/actor.ts';
import { type ActOutcome, actVerbs, type OperatorAct } from '#shared/audience/operator-act.ts';
import { reasonOf } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { actPositionSchema } from '#shared/store/operator-log.ts';
import { choice, textField } from '../kit/fields.ts';
import { cursorOf, cursorText } from '../kit/in-url.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import {
  contactPath,
  customerPath,
  emailPath,
  eventPath,
  findPath,
  logPath,
  workflowPath,
} from '../kit/paths.ts';
import { badge, empty, link, table, time, who } from '../kit/shown.ts';
import { shortened, whole } from '../kit/words.ts';
import type { ConsoleParts } from '../parts.ts';
import { actNames } from './act-names.ts';

const pageSize = 50;
const longestName = 100;
/** Longer names may break: they would leave the other columns too little. */
const longestWhole = 24;

const optional = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);

const querySchema = z.object({
  by: optional(z.string().check(z.minLength(1), z.maxLength(longestName))),
  what: optional(z.enum(actVerbs)),
  after: optional(z.string()),
});
type Query = z.infer<typeof querySchema>;

/** The operator log: who did what by hand, the newest first. */
export function logPages({ acts, workflows, now, env, log }: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  app.get('/', async (c) => {
    const query = querySchema.parse(c.req.query());
    const since = new Date(now().getTime() - env.RETENTION_DAYS * 86_400_000).toISOString();
    const after = cursorOf(actPositionSchema, query.after);
    const [found, names] = await Promise.all([
      acts.page({ by: query.by, what: query.what }, since, pageSize, after),
      namesOf(workflows, log),
    ]);
    const filter = { by: query.by, what: query.what };
    const next = found.next && link(logPath, { ...filter, after: cursorText(found.next) });
    return page(c, {
      title: 'Log',
      section: 'log',
      body: html`<p>What people did here and on the command line, in the last ${env.RETENTION_DAYS} days. <code>npm run acts</code> lists the same. Erasures are kept forever: type the address or the id into <a href="${findPath}">Find</a>.</p>
${found.acts.length > 0 || isFiltered(query) ? filters(query) : ''}
${found.acts.length > 0 ? actTable(found.acts, names) : nothing(query)}
<div class="pages"><p>${after && html`<a href="${link(logPath, filter)}">Back to the newest</a>`}</p>
${next && html`<a class="button" href="${next}" rel="next">Older</a>`}</div>`,
    });
  });
  return app;
}

/** Without them the ids are shown: who looks for what was done must not depend on what is wrong with a workflow. */
async function namesOf(workflows: ConsoleParts['workflows'], log: Log): Promise<Names> {
  try {
    return new Map((await workflows.all()).map(({ workflowId, name }) => [workflowId, name]));
  } catch (error) {
    log.warn('The names of workflows cannot be read', { reason: reasonOf(error) });
    return new Map();
  }
}

function filters({ by, what }: Query): Html {
  return html`<form class="filters" method="get" action="${logPath}">
${textField({ name: 'by', label: 'Name, or part of it', value: by ?? '' }, { type: 'search' })}
${choice({ name: 'what', label: 'What', value: what ?? '' }, [['', 'All'], ...Object.entries(actNames)])}
<button type="submit">Show</button>
</form>`;
}

function isFiltered({ by, what }: Query): boolean {
  return by !== undefined || what !== undefined;
}

function nothing(query: Query): Html {
  const { after } = query;
  const text = after ? 'Nothing older.' : 'No acts match.';
  if (isFiltered(query)) return empty(text, html`<p><a href="${logPath}">Show all</a></p>`);
  return empty(after ? text : 'Nobody has done anything by hand yet.');
}

const tones = { begun: 'warn', done: 'good', refused: 'calm', failed: 'bad' } as const;
const words: Readonly<Record<ActOutcome, string>> = {
  begun: 'end not known',
  done: 'done',
  refused: 'not done',
  failed: 'failed',
};

/** Of the workflows that there are, by id. */
type Names = ReadonlyMap<string, string>;

function actTable(acts: readonly OperatorAct[], names: Names): Html {
  const rows = acts.map(({ at, by, via, what, on, sentence, outcome, reason }) => [
    time(at, { form: 'seconds' }),
    html`${actorName(by).length > longestWhole ? who(by) : whole(who(by))}<br><span class="whole soft small">${via === 'command' ? 'command line' : 'console'}</span>`,
    html`<span class="long">${sentence}</span><code class="small">${what}</code>`,
    html`${inOrder(on).map(([name, value]) => object(name, value, names))}`,
    html`${badge(words[outcome], tones[outcome])}${reason && html`<br><span class="soft small">${reason}</span>`}`,
  ]);
  return table('What was done, newest first', ['When', 'Who', 'What', 'On', 'Outcome'], rows, {
    of: 'log',
  });
}

/** What an act was about, in words: ids and counts as the log keeps them. */
const objectWords: Readonly<Record<string, string>> = {
  ...{ contactId: 'Contact', customerId: 'Customer', webhookId: 'Event', workflowId: 'Workflow' },
  ...{ ledgerKey: 'Email', runId: 'Run', importId: 'Import', messageId: 'Message', queue: 'Queue' },
  ...{ type: 'Event type', fields: 'Fields', setting: 'Setting', consent: 'Consent' },
  ...{
    mails: 'Polar’s mails',
    template: 'Ready-made',
    plan: 'Plan',
    run: 'Replay',
    since: 'Since',
    compared: 'Compared',
  },
  ...{ version: 'Version', restored: 'Restored version', changed: 'Changed', count: 'Count' },
  ...{
    state: 'State',
    added: 'New contacts',
    updated: 'Contacts updated',
    grouped: 'Groups set',
    leftUnrepaired: 'Left unrepaired',
  },
  // Of imports by an earlier version: new and updated ones together.
  ...{ subscriptions: 'Subscriptions', repaired: 'New or updated' },
};

/** A map of DynamoDB has no order of its own. */
function inOrder(on: OperatorAct['on']): [string, string | number][] {
  const names = Object.keys(objectWords);
  return Object.entries(on).sort(([a], [b]) => names.indexOf(a) - names.indexOf(b));
}

/** An object of an act, with a link to its page where there is one. */
function object(name: string, value: string | number, names: Names): Html {
  const id = String(value);
  const to = pageOf(name, id);
  const text = shortened((name === 'workflowId' && names.get(id)) || id, 60);
  return html`<span class="long small">${objectWords[name] ?? name}: ${to === undefined ? atDots(text) : html`<a href="${to}">${text}</a>`}</span>`;
}

/** A name of a setting that is longer than its column breaks at a dot, and not within a word. */
function atDots(text: string): Html {
  return html`${text.split('.').map((part, at) => html`${at > 0 ? html`.<wbr>` : ''}${part}`)}`;
}

function pageOf(name: string, id: string): string | undefined {
  switch (name) {
    case 'contactId':
      return contactPath(id);
    case 'customerId':
      return customerPath(id);
    case 'webhookId':
      return eventPath(id);
    case 'workflowId':
      return workflowPath({ workflowId: id });
    case 'ledgerKey':
      return emailPath({ ledgerKey: id });
    default:
      return undefined;
  }
}
