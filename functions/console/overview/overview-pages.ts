import { Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { dynamoContactsAt } from '#shared/store/audience/contact-lookup.ts';
import { dynamoContactList } from '#shared/store/audience/contact-search.ts';
import { fewCounter } from '#shared/store/counts/count-few.ts';
import { daySlots } from '#shared/store/counts/slots.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { tellConnection } from '../kit/deployment-signs.ts';
import { type ConsoleEnv, page } from '../kit/page.ts';
import { setUpSeen } from '../kit/remembered.ts';
import type { ConsoleParts } from '../parts.ts';
import { latestBeside, latestCard, mostLatest } from './latest-view.ts';
import { concernsView, isSetUp, setUpView } from './next-steps.ts';
import { daysLookedBack, latestEvents, numbersOf, periods } from './overview-data.ts';
import { concernsShown, setUpOf, statusNow } from './overview-state.ts';
import {
  connectionCard,
  eventsCard,
  isNew,
  periodChoice,
  tiles,
  workflowsCard,
} from './overview-view.ts';
import { withPresent } from './present-numbers.ts';

const periodSchema = z.catch(z.enum(periods), '14d');

/** The first page: what is wrong and what to do about it, then how everything goes. All reads are side by side. */
export function overviewPages(parts: ConsoleParts) {
  const { db, env, counts, workflows, now } = parts;
  const app = new Hono<ConsoleEnv>();
  const events = dynamoEventLog(db, env.EVENTS_TABLE);
  const contacts = dynamoContactList(db, env.CONTACTS_TABLE);
  const status = statusNow(parts);
  const tables = { events: env.EVENTS_TABLE, contacts: env.CONTACTS_TABLE };
  const contactsAt = dynamoContactsAt(db, env.CONTACTS_TABLE);
  const countFew = fewCounter(db, tables);

  app.get('/', async (c) => {
    const period = periodSchema.parse(c.req.query('period'));
    const at = now();
    const today = at.toISOString().slice(0, 10);
    const counting = numbersOf(counts, period, at);
    const byDays = () => (period === '24h' ? daySlots(counts, today, daysLookedBack) : counting);
    const reading = Promise.all([
      status(c.get('deployment')?.acts ?? 0),
      counting,
      workflows.all(),
    ]);
    const ofToday = events.ofDay(today, {}, mostLatest);
    const [[present, counted, all], setUp, latest] = await Promise.all([
      reading,
      reading.then(
        ([known, numbers, ofAll]) =>
          known && setUpOf({ ...parts, contacts }, { status: known, numbers, workflows: ofAll }),
      ),
      ofToday.then((page) => latestEvents(events, byDays, page, mostLatest)),
    ]);
    if (present?.connection.kind === 'seen') {
      tellConnection(c, present.connection.connection, present.connection.health);
    }
    const [last] = latest;
    const { items, next } = await ofToday;
    const few = (of: string) =>
      countFew(of, next ? undefined : items.filter((one) => one.receivedAt.startsWith(of)));
    const [numbers, details, people] = await Promise.all([
      withPresent(counted, last?.receivedAt, few, at),
      events.detailsOf(latest.map(({ webhookId }) => webhookId)),
      contactsAt(latest.flatMap(({ email }) => email ?? [])),
    ]);
    const shown = latest.slice(0, latestBeside(all, numbers));
    const concerns = concernsShown(present);
    const wasJustDone = setUp !== undefined && setUpSeen(c, isSetUp(setUp));
    return page(c, {
      title: 'Overview',
      section: 'overview',
      beside: periodChoice(period),
      body: html`${concernsView(concerns)}
${setUp && setUpView(setUp, wasJustDone && concerns.length === 0)}
${tiles(numbers, last, at)}
<div class="overview">
<div>
${eventsCard(numbers, at)}
${workflowsCard(all, numbers, last?.receivedAt)}
</div>
<div>
${connectionCard(present, last, at)}
${latestCard(shown, { details, people, period, now: at, isNew: isNew(present, at) })}
</div>
</div>`,
    });
  });

  return app;
}
