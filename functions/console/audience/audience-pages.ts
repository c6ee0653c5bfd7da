import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import { contactCsvHead, contactCsvLines } from '#shared/audience/contact-csv.ts';
import { type ContactFilter, contactPositionSchema } from '#shared/aws/dynamo-contact-list.ts';
import { sealWith } from '#shared/aws/sealed.ts';
import type { ConsoleEnv } from '../console-env.ts';
import type { ConsoleParts } from '../console-parts.ts';
import { cursorOf, cursorText } from '../cursor.ts';
import { page } from '../page.ts';
import { link } from '../shown.ts';
import { addPages } from './add-pages.ts';
import { audienceStores } from './audience-stores.ts';
import { contactPages } from './contact-pages.ts';
import { customerPages } from './customer-pages.ts';
import { groupsOf, type ListFilter, listPath, listView } from './list-view.ts';
import { searchPages } from './search-pages.ts';

const pageSize = 50;

/** API Gateway waits for half a minute, and Lambda answers with 6 MB at most, in base64. */
const exportedAtOnce = 2_000;
const largestAnswerBytes = 4_000_000;

const consentSchema = z.enum(['subscribed', 'unsubscribed']);

/** Where whoever stands before this function finds the next page of an answer that is too long for one. */
const nextHeader = 'x-console-next';

export function audiencePages(parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  const stores = audienceStores(parts);
  const seal = async () => sealWith(await parts.suppressionKey());

  async function listed(c: Context<ConsoleEnv>, limit: number) {
    const filter = filterOf(c);
    const { seal: sealed, open } = await seal();
    const given = c.req.query('after');
    const after = given && cursorOf(contactPositionSchema, open(given));
    const found = await stores.list.page(wantedOf(filter), limit, after || undefined);
    const next = found.next && sealed(cursorText(found.next));
    return { filter, found, next, isFirstPage: !after };
  }

  app.get('/', async (c) => {
    const [{ filter, found, next, isFirstPage }, settings] = await Promise.all([
      listed(c, pageSize),
      stores.settings(),
    ]);
    const { items: contacts, isCutShort } = found;
    const groups = groupsOf(settings);
    const body = listView(c, { filter, groups, contacts, next, isCutShort, isFirstPage });
    return page(c, { title: 'Audience', section: 'audience', body });
  });

  app.get('/export.csv', async (c) => {
    for (let limit = exportedAtOnce; ; limit = Math.ceil(limit / 4)) {
      const { filter, found, next, isFirstPage } = await listed(c, limit);
      const text = `${isFirstPage ? contactCsvHead : ''}${contactCsvLines(found.items)}`;
      if (Buffer.byteLength(text) > largestAnswerBytes && limit > 1) continue;
      c.header('content-type', 'text/csv; charset=utf-8');
      c.header('content-disposition', 'attachment; filename="audience.csv"');
      if (next) c.header(nextHeader, link(`${listPath}/export.csv`, { ...filter, after: next }));
      return c.body(text);
    }
  });

  app.route('/search', searchPages(stores));
  app.route('/customers', customerPages(stores));
  app.route('/add', addPages(stores));
  app.route('/', contactPages(stores));
  return app;
}

/** What cannot be understood narrows nothing. */
function filterOf(c: Context<ConsoleEnv>): ListFilter {
  return {
    group: c.req.query('group')?.trim() || undefined,
    consent: consentSchema.safeParse(c.req.query('consent')).data,
  };
}

function wantedOf({ group, consent }: ListFilter): ContactFilter {
  return { group, isSubscribed: consent === undefined ? undefined : consent === 'subscribed' };
}
