import { eventPropertyNames } from '#shared/audience/conditions.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { emailOf } from '#shared/audience/person/person.ts';
import {
  type EventOutlook,
  outlookOfEvent,
  type Recipient,
} from '#shared/audience/replay/event-outlook.ts';
import { type AudienceStore, look } from '#shared/audience/rows/unit-of-work.ts';
import { shownContact } from '#shared/audience/runs/customer-runs.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { EventProperties } from '#shared/polar/event-properties.ts';
import type { EventLog, ListedEvent } from '#shared/store/events/event-log.ts';

/** A value that events had, and what people know it by. */
export type SeenValue = Readonly<{ value: string; name?: string | undefined }>;

/** Values that events had, by the name of the property. */
export type SeenValues = ReadonlyMap<string, readonly SeenValue[]>;

type RecentEvents = Readonly<{
  /** The newest that would send, else the newest of a customer whom a contact shows. */
  usable: string | undefined;
  /** By webhook id; none while the workflow is not to be judged. */
  verdicts: ReadonlyMap<string, EventOutlook>;
  seen: SeenValues;
}>;

type Parts = Readonly<{
  events: Pick<EventLog, 'find'>;
  store: Pick<AudienceStore, 'load'>;
  hasSender: boolean;
  now: () => Date;
}>;

/** What a workflow would do for each of these events, newest first, and what values they had. */
export async function recentEvents(
  latest: readonly ListedEvent[],
  workflow: Workflow | undefined,
  settings: Settings,
  { events, store, hasSender, now }: Parts,
): Promise<RecentEvents> {
  const kept = await Promise.all(latest.map(({ webhookId }) => events.find(webhookId)));
  const records = kept.flatMap((one) => (one ? [one.record] : []));
  const seen = seenIn(records);
  if (records.length === 0) return { usable: undefined, verdicts: new Map(), seen };
  const recipients = await recipientsOf(records, store);
  const shown = records.find(
    ({ contactId, erased }, nth) => contactId && !erased && recipients[nth]?.contact,
  )?.webhookId;
  if (!workflow) return { usable: shown, verdicts: new Map(), seen };
  const at = { settings, hasSender, now: now() };
  const judged = records.map((record, index) => {
    const recipient = recipients[index] ?? nobody;
    return [record.webhookId, outlookOfEvent(workflow, record, recipient, at)] as const;
  });
  const sending = judged.find(([, { kind }]) => kind === 'sends')?.[0];
  return { usable: sending ?? shown, verdicts: new Map(judged), seen };
}

const nobody: Recipient = { customer: undefined, contact: undefined, suppression: undefined };

function recipientsOf(
  records: readonly EventRecord[],
  store: Parts['store'],
): Promise<Recipient[]> {
  return look(store, (w) =>
    records.map(({ customerId }) => {
      const customer = w.customers.get(customerId);
      const email = emailOf(customer);
      return {
        customer,
        contact: shownContact(w, customer),
        suppression: email === undefined ? undefined : w.suppressions.get(email),
      };
    }),
  );
}

/** So many of each are offered, and none that is too long to choose from. */
const mostValues = 20;
const longestValue = 100;

function seenIn(records: readonly EventRecord[]): SeenValues {
  return new Map(
    eventPropertyNames.flatMap((name) => {
      const named = records.flatMap(({ properties }) => {
        const value = properties[name];
        return value === undefined ? [] : [[String(value), nameOf(name, properties)] as const];
      });
      const distinct = [...new Map(named)].filter(([value]) => value.length <= longestValue);
      const values = distinct
        .slice(0, mostValues)
        .map(([value, known]) => ({ value, name: known }));
      return values.length > 0 ? [[name, values] as const] : [];
    }),
  );
}

/** Nobody knows a product by its id. */
function nameOf(property: string, { productName }: EventProperties): string | undefined {
  return property === 'productId' ? productName : undefined;
}
