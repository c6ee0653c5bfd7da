import { DeleteSuppressedDestinationCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { type MarketingState, marketingState } from '#shared/audience/consent/reasons.ts';
import { noteErasure, type ToErase } from '#shared/audience/erasure.ts';
import type { ErasureProof } from '#shared/audience/operator-act.ts';
import {
  type Address,
  type Contact,
  type Customer,
  emailOf,
} from '#shared/audience/person/person.ts';
import { look, type Means, settle } from '#shared/audience/rows/unit-of-work.ts';
import { isOpen } from '#shared/audience/runs/run.ts';
import { withAsciiDomain } from '#shared/mail/ses.ts';
import { type ContactErasure, requestErasure } from '#shared/queue/events-queue.ts';
import { dynamoContactHistory } from '#shared/store/audience/contact-history.ts';
import {
  dynamoContactLookup,
  type KeptCustomer,
  keptCustomers,
  knownContacts,
} from '#shared/store/audience/contact-lookup.ts';
import {
  dynamoContactList,
  dynamoContactSearch,
  dynamoCustomersByExternalId,
} from '#shared/store/audience/contact-search.ts';
import { dynamoWordSearch } from '#shared/store/audience/word-index.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { erasuresUnder } from '../kit/erasures.ts';
import type { ConsoleParts } from '../parts.ts';
import { contactsByProduct } from './by-product.ts';

/** The list on which SES itself keeps addresses that bounced or complained, for the whole AWS account. */
export type SesSuppressionList = Readonly<{
  /** Takes an address off the list; also where it is not on it. Safe to repeat. */
  remove(address: string): Promise<void>;
}>;

/**
 * The status of NotFoundException, not its name: a local mailbox, which has no such list, also answers so, but with a
 * body that the SDK cannot read.
 */
const notOnTheListSchema = z.object({ $metadata: z.object({ httpStatusCode: z.literal(404) }) });

export function sesSuppressionList(ses: SESv2Client): SesSuppressionList {
  return {
    async remove(address) {
      try {
        // SES lists it as it was sent to.
        const EmailAddress = withAsciiDomain(address);
        await ses.send(new DeleteSuppressedDestinationCommand({ EmailAddress }));
      } catch (error) {
        if (!notOnTheListSchema.safeParse(error).success) throw error;
      }
    },
  };
}

/** `proof`: of when an erased one was erased; versions before table Acts kept none. */
export type ProvenCustomer = KeptCustomer & Readonly<{ proof?: ErasureProof | undefined }>;

export type MarketingOf = ReadonlyMap<string, MarketingState>;

const nothingRead = { customer: undefined, suppression: undefined };

export type AudienceStores = ReturnType<typeof audienceStores>;

/** What the pages of the audience read and change. */
export function audienceStores(parts: ConsoleParts) {
  const { db, env, store, settings, now, newId, pause, workflows, requestHandler, sqs } = parts;
  const history = dynamoContactHistory(db, { events: env.EVENTS_TABLE, emails: env.EMAILS_TABLE });
  const list = dynamoContactList(db, env.CONTACTS_TABLE);
  const erasures = erasuresUnder(parts);
  const withProofs = (kept: readonly KeptCustomer[]): Promise<ProvenCustomer[]> =>
    Promise.all(
      kept.map(async (one) => {
        if (!one.customer.erased) return one;
        const [proof] = await erasures(one.customer.customerId);
        return { ...one, proof };
      }),
    );
  return {
    list,
    byProduct: contactsByProduct(list, store),
    search: dynamoContactSearch(
      db,
      env.CONTACTS_TABLE,
      store,
      dynamoCustomersByExternalId(db, env.CUSTOMERS_TABLE),
      dynamoWordSearch(db, env.WORDS_TABLE, store),
    ),
    kept: async (customerIds: readonly string[]) =>
      withProofs(await keptCustomers(store, customerIds)),
    withProofs,
    erasures,
    history,
    events: dynamoEventLog(db, env.EVENTS_TABLE),
    contacts: knownContacts({
      store,
      contactOf: dynamoContactLookup(db, env.CONTACTS_TABLE, store),
      history,
    }),
    /** What each of these is to marketing, by contact. Only of those who are not subscribed more is read. */
    marketing: (contacts: readonly Contact[]): Promise<MarketingOf> =>
      look(store, (w) => {
        const stateOf = (contact: Contact) => {
          if (contact.subscribed) return marketingState({ contact, ...nothingRead });
          const { customerId, email } = contact;
          const customer = customerId === undefined ? undefined : w.customers.get(customerId);
          return marketingState({ contact, customer, suppression: w.suppressions.get(email) });
        };
        return new Map(contacts.map((one) => [one.contactId, stateOf(one)]));
      }),
    settings,
    hold: parts.hold,
    now,
    /** The newest address of a customer, with everyone who has or had it. */
    addressOf: (customer: Customer): Promise<Address | undefined> =>
      look(store, (w) => {
        const email = emailOf(customer);
        if (customer.email) w.spelled(customer.email.value);
        return email && w.addresses.get(email);
      }),
    /** Asks the worker, then notes that it was asked: the note must not tell of a message that was never sent. */
    async erase(erasure: ContactErasure, request: ToErase) {
      await requestErasure(erasure, (message, DelaySeconds) =>
        sqs.send(
          new SendMessageCommand({ QueueUrl: env.EVENTS_QUEUE_URL, DelaySeconds, ...message }),
        ),
      );
      await settle(store, (w) => noteErasure(w, request), pause);
    },
    /** The newest runs of a contact, those that wait first, with where each is going. */
    async runsOf(contactIds: readonly string[], limit: number) {
      const [found, known] = await Promise.all([
        Promise.all(contactIds.map((id) => parts.runs.ofContact(id, limit))),
        workflows.all(),
      ]);
      const newest = found.flat().sort((a, b) => (a.beganAt < b.beganAt ? 1 : -1));
      const waitingFirst = [...newest.filter(isOpen), ...newest.filter((one) => !isOpen(one))];
      const shown = await parts.outlook(waitingFirst.slice(0, limit), known);
      return shown.map((one) => ({
        ...one,
        workflow: known.find(({ workflowId }) => workflowId === one.run.workflowId),
      }));
    },
    workflowNames: async () =>
      new Map((await workflows.all()).map(({ workflowId, name }) => [workflowId, name])),
    /** SES's own list of addresses that bounced; without a sender SES was never asked to send anything. */
    sesList:
      parts.mailFrom === undefined
        ? undefined
        : sesSuppressionList(new SESv2Client({ requestHandler })),
    means: async (): Promise<Means> => ({
      store,
      surroundings: { settings: await settings(), now: now(), newId },
      pause,
    }),
  };
}
