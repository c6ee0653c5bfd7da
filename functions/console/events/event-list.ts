import { html } from 'hono/html';
import * as z from 'zod/mini';
import type { Contact } from '#shared/audience/person/person.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import {
  dayBefore,
  type EventDetails,
  type EventPosition,
  type EventsOfDay,
  eventOutcomes,
  eventPositionSchema,
  type ListedEvent,
} from '#shared/store/events/event-log.ts';
import { chips } from '../kit/chips.ts';
import { live, underDays } from '../kit/enhanced.ts';
import { amountText } from '../kit/event-words.ts';
import { choice, textField } from '../kit/fields.ts';
import { cursorOf, cursorText } from '../kit/in-url.ts';
import { dayAndMonth, wholeDay } from '../kit/in-utc.ts';
import type { Html } from '../kit/page.ts';
import { contactPath, eventPath, eventsPath, polarPath, testPath } from '../kit/paths.ts';
import { addressText, empty, link, table, time } from '../kit/shown.ts';
import {
  capital,
  nameOf,
  originBadge,
  outcomeBadge,
  outcomeNames,
  shortened,
} from '../kit/words.ts';

export type EventsShown = Readonly<{
  list: EventsOfDay;
  query: ListQuery;
  /** By webhook id. */
  details: ReadonlyMap<string, EventDetails>;
  /** By customer id; of those whose contact is not to be seen, none. */
  contacts: ReadonlyMap<string, Contact>;
  /** How many events there were around then, see `eventHistogram`. */
  bars: Html;
}>;

/** The events of one day. The newest ones are followed live, with the way on to older ones, which begins after them. */
export function eventListView({ list, query, bars, ...beside }: EventsShown): Html {
  const rows = html`${list.items.length > 0 ? underDays(list.items, ({ receivedAt }) => receivedAt, eventTable(beside)) : nothing(list, query)}
${days(list, query)}`;
  return html`${bars}
${filters(query)}
${query.day === undefined ? live('event-list', rows) : rows}`;
}

function filters({ type, outcome, day, hour }: ListQuery): Html {
  const kept = { type, outcome, day, hour };
  const chip = (label: Html | string, change: Partial<typeof kept>, isChosen: boolean) => ({
    label,
    href: link(eventsPath, { ...kept, ...change }),
    isChosen,
  });
  return html`${chips('Filters', [
    [
      chip('All outcomes', { outcome: undefined }, outcome === undefined),
      ...eventOutcomes.map((one) =>
        chip(capital(outcomeNames[one]), { outcome: one }, one === outcome),
      ),
    ],
    day === undefined
      ? []
      : [
          chip('All days', { day: undefined, hour: undefined }, false),
          chip(dayAndMonth(new Date(day)), { hour: undefined }, hour === undefined),
          ...(hour === undefined ? [] : [chip(time(`${day}T${hour}:00:00.000Z`), {}, true)]),
        ],
  ])}
<form class="filters" method="get" action="${eventsPath}">
${outcome && html`<input type="hidden" name="outcome" value="${outcome}">`}
${choice({ name: 'type', label: 'Type', value: type ?? '' }, [['', 'All'], ...supportedEventTypes.map((one) => [one, one] as const)])}
${textField({ name: 'day', label: 'Day (UTC)', value: day ?? '' }, { type: 'date' })}
${hour && html`<input type="hidden" name="hour" value="${hour}"><input type="hidden" name="hourOf" value="${day}">`}
<button type="submit">Show</button>
</form>`;
}

function eventTable({ details, contacts }: Pick<EventsShown, 'details' | 'contacts'>) {
  return (events: readonly ListedEvent[]): Html =>
    table(
      'Events, newest first',
      ['Received', 'Type', 'Outcome', 'Who', 'Amount', 'Emails'],
      events.map((event) => {
        const known = details.get(event.webhookId);
        return [
          time(event.receivedAt, { form: 'clock' }),
          html`<a class="whole" href="${eventPath(event.webhookId)}">${event.type}</a> ${originBadge(event.webhookId)}`,
          html`${outcomeBadge(event.outcome, known?.addsContact)}${event.reason ? html`<span class="long small">${event.reason}</span>` : ''}`,
          who(event, contacts),
          amountOf(known),
          known && known.mails > 0 ? String(known.mails) : '',
        ];
      }),
      { numbers: ['Amount', 'Emails'], of: 'events' },
    );
}

function amountOf(known: EventDetails | undefined): Html | string {
  const amount = known && amountText(known.properties);
  return amount === undefined ? '' : html`<span class="whole">${amount}</span>`;
}

function who(
  { email, contactId, customerId }: ListedEvent,
  contacts: ReadonlyMap<string, Contact>,
): Html {
  if (contactId === undefined) return html`<span class="soft">customer ${customerId}</span>`;
  const contact = contacts.get(customerId);
  const name = contact && shortened(nameOf(contact), 60);
  const address = contact?.address ?? email;
  return html`<div class="who"><a href="${contactPath(contactId)}">${name || (address ? addressText(address) : 'not shown')}</a>${name && address && html`<br><span class="soft small">${addressText(address)}</span>`}</div>`;
}

/** What an empty page says depends on how it came to be empty. */
function nothing(list: EventsOfDay, query: ListQuery): Html {
  const { day, next, isCutShort } = list;
  const isFiltered = query.type !== undefined || query.outcome !== undefined;
  const such = isFiltered ? 'such event' : 'event';
  const showAll = html`<p><a href="${eventsPath}">Show all events</a></p>`;
  if (isCutShort && next) {
    return empty(
      `No ${such} so far on ${wholeDay(new Date(day))}.`,
      html`<p><a href="${link(eventsPath, { ...filterOf(query), day, hour: query.hour, after: cursorText(next) })}" rel="next">Keep searching</a></p>`,
    );
  }
  if (query.day !== undefined) {
    const rest = query.after ? ' more' : '';
    const inHour = query.hour === undefined ? '' : `, ${query.hour}:00 to ${query.hour}:59 UTC`;
    return empty(`No${rest} ${such} on ${wholeDay(new Date(day))}${inHour}.`, showAll);
  }
  return empty(
    query.before === undefined
      ? `No ${such} since ${wholeDay(new Date(day))}.`
      : `No ${such} from ${wholeDay(new Date(day))} until ${wholeDay(new Date(query.before))}.`,
    isFiltered
      ? showAll
      : html`<p>Is <a href="${polarPath}">Polar connected</a>? If so, <a href="${testPath}">send yourself an event</a>.</p>`,
  );
}

/** The way to what is older, and back to the newest. */
function days({ day, next, isCutShort, items }: EventsOfDay, query: ListQuery): Html {
  const filter = filterOf(query);
  const isNewest = query.day === undefined && query.before === undefined;
  const goesOn = next && items.length > 0;
  const rest = link(eventsPath, {
    ...filter,
    day,
    hour: query.hour,
    ...(next && { after: cursorText(next) }),
  });
  return html`<div class="pages">
<p>${!isNewest && html`<a href="${link(eventsPath, filter)}">Back to the newest</a>`}</p>
<div class="row">
${goesOn && html`<a class="button" href="${rest}" rel="next">${isCutShort ? 'Keep searching' : 'Next'}</a>`}
<a class="button" href="${link(eventsPath, { ...filter, before: day })}">Earlier than ${dayAndMonth(new Date(day))}</a>
</div>
</div>`;
}

function filterOf({ type, outcome }: ListQuery) {
  return { type, outcome };
}

/** The day from which to look back. */
export function lastDay({ before }: ListQuery, today: string): string {
  return before === undefined ? today : dayBefore(before);
}

const optional = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);

/** Before this there was no Polar. */
const day = z.iso.date().check(z.refine((given) => given >= '2020-01-01'));

const listQuerySchema = z.object({
  type: optional(z.enum(supportedEventTypes)),
  outcome: optional(z.enum(eventOutcomes)),
  /** This day and no other. */
  day: optional(day),
  /** Of that day this hour and no other: `HH`, of UTC. */
  hour: optional(z.string().check(z.regex(/^([01]\d|2[0-3])$/))),
  /** The day whose hour it is, in a form in which somebody may pick another day. */
  hourOf: optional(day),
  /** The newest day before this one that has such events. */
  before: optional(day),
  after: optional(z.string()),
});

export type ListQuery = Readonly<
  Omit<z.infer<typeof listQuerySchema>, 'after' | 'hourOf'> & { after: EventPosition | undefined }
>;

/** The hour of a day that is asked for, `YYYY-MM-DDTHH`. */
export function hourIn({ day, hour }: Pick<ListQuery, 'day' | 'hour'>): string | undefined {
  return day === undefined || hour === undefined ? undefined : `${day}T${hour}`;
}

/** What a list is asked for. What cannot be understood is as if it had not been said. */
export function listQuery(given: Readonly<Record<string, string>>): ListQuery {
  const { after, hour, hourOf, ...query } = listQuerySchema.parse(given);
  const isOfDay = query.day !== undefined && (hourOf ?? query.day) === query.day;
  return {
    ...query,
    hour: isOfDay ? hour : undefined,
    after: cursorOf(eventPositionSchema, after),
  };
}

const ledgerKey = z.string().check(z.minLength(1), z.maxLength(100));

/** From where, other than the event, an email is settled. */
export const backSchema = z.enum(['emails', 'email']);
export type Back = z.infer<typeof backSchema>;

/** What a person may ask on the page of an event; anything else is the page itself. */
export const askSchema = z.discriminatedUnion('ask', [
  z.object({
    ask: z.enum(['mark-sent', 'send-again']),
    email: ledgerKey,
    /** Came from the list of emails or the page of one, and goes back there. */
    back: z.catch(z.optional(backSchema), undefined),
  }),
  z.object({
    ask: z.literal('replay'),
    /** Whether workflows see it, and whether what they sent before is sent again. */
    triggers: z.catch(z.enum(['', 'on', 'again']), ''),
  }),
  z.object({ ask: z.literal('payload') }),
]);
