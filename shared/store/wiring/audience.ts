import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { audienceRefusals } from '#shared/audience/consent/refusals.ts';
import { wayBack } from '#shared/audience/consent/way-back.ts';
import { cached } from '#shared/in-time.ts';
import {
  type AudienceTables,
  addressHash,
  dynamoAudienceStore,
} from '#shared/store/audience/audience-store.ts';
import { dynamoContactLookup } from '#shared/store/audience/contact-lookup.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { secretText } from '#shared/store/secret.ts';
import { dynamoSettings, dynamoSettingsReadOnly } from '#shared/store/settings/settings.ts';

const envSchema = z.object({
  CONTACTS_TABLE: z.string(),
  CUSTOMERS_TABLE: z.string(),
  ADDRESSES_TABLE: z.string(),
  SUPPRESSIONS_TABLE: z.string(),
  EVENTS_TABLE: z.string(),
  ACTS_TABLE: z.optional(z.string()),
  RUNS_TABLE: z.string(),
  WORDS_TABLE: z.optional(z.string()),
  EMAILS_TABLE: z.string(),
  WORKFLOWS_TABLE: z.string(),
  SETTINGS_TABLE: z.string(),
  SUPPRESSION_KEY_ID: z.string(),
});

const settingsMaxAgeMs = 30_000;

/** The SDK's own number. */
const leastCallsAtOnce = 50;

/** The audience of this deployment, wired from the environment of a function. */
export function audienceFromEnv(
  variables: NodeJS.ProcessEnv,
  {
    retentionDays = Number.NaN,
    requestTimeoutMs = 5_000,
    /** How many calls of DynamoDB may be under way; what is above waits. */
    callsAtOnce = leastCallsAtOnce,
    /** Whether it may write the first settings; all but those who only hear of a "no", or send. */
    seedsSettings = true,
  } = {},
) {
  const env = envSchema.parse(variables);
  const agent = { keepAlive: true, maxSockets: Math.max(leastCallsAtOnce, callsAtOnce) };
  const requestHandler = {
    httpAgent: agent,
    httpsAgent: agent,
    connectionTimeout: 1_000,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
  };
  const ids = {
    contacts: env.CONTACTS_TABLE,
    customers: env.CUSTOMERS_TABLE,
    addresses: env.ADDRESSES_TABLE,
    suppressions: env.SUPPRESSIONS_TABLE,
    events: env.EVENTS_TABLE,
    acts: env.ACTS_TABLE,
    runs: env.RUNS_TABLE,
    emails: env.EMAILS_TABLE,
    words: env.WORDS_TABLE,
    workflows: env.WORKFLOWS_TABLE,
    settings: env.SETTINGS_TABLE,
    suppressionKey: env.SUPPRESSION_KEY_ID,
  };
  const audience = audienceOf(
    documentClient(new DynamoDBClient({ requestHandler })),
    new SecretsManagerClient({ requestHandler }),
    ids,
    retentionDays,
    seedsSettings,
  );
  return { ...audience, requestHandler };
}

/** The names of its tables and the id of its secret. */
type AudienceIds = AudienceTables & Readonly<Record<'settings' | 'suppressionKey', string>>;

/**
 * An audience, for functions and commands alike. `retentionDays` is needed by whoever writes event records: without it
 * such a write fails. The suppression key is read once, when it is needed.
 */
export function audienceOf(
  db: DynamoDBDocumentClient,
  secrets: SecretsManagerClient,
  ids: AudienceIds,
  retentionDays = Number.NaN,
  seedsSettings = true,
) {
  const once = <T>(read: () => Promise<T>) => cached(read, Number.POSITIVE_INFINITY, Date.now);
  const suppressionKey = once(secretText(secrets, ids.suppressionKey));
  const hash = once(async () => addressHash(await suppressionKey()));
  const readSettings = seedsSettings ? dynamoSettings : dynamoSettingsReadOnly;
  const settingsNow = readSettings(db, ids.settings);
  const settings = cached(settingsNow, settingsMaxAgeMs, Date.now);
  const now = () => new Date();
  const pause = (lostRaces: number) =>
    setTimeout(Math.random() * Math.min(1_000, 20 * 2 ** lostRaces));
  const storeWith = (addressHash: typeof hash) =>
    dynamoAudienceStore(db, ids, { addressHash, retentionDays });
  const store = storeWith(hash);
  const contactOf = dynamoContactLookup(db, ids.contacts, store);

  /** For whoever hears of a person only by the hash of an address. */
  const hearing = {
    store,
    storeByHash: storeWith(async () => (itself) => itself),
    contactOf,
    addressHash: hash,
    surroundings: async () => ({ settings: await settings(), now: now(), newId: randomUUID }),
    pause,
  };

  return {
    db,
    store,
    settings,
    /** Past the cache, which may be half a minute old. */
    settingsNow,
    contactOf,
    suppressionKey,
    addressHash: hash,
    now,
    newId: randomUUID,
    pause,
    refusals: audienceRefusals(hearing),
    wayBack: wayBack(hearing),
  };
}
