import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { workOnImport } from '#shared/audience/backfill/import-step.ts';
import { jsonLog } from '#shared/log.ts';
import { audienceFromEnv } from '#shared/store/wiring/audience.ts';
import { importPartsOf } from '#shared/store/wiring/import.ts';
import { polarReachOf } from '#shared/store/wiring/polar.ts';

const number = z.pipe(z.string(), z.transform(Number));
const env = z
  .object({
    CUSTOMERS_TABLE: z.string(),
    SETTINGS_TABLE: z.string(),
    POLAR_ACCESS_ID: z.string(),
    POLAR_API_URL: z.optional(z.string()),
    POLAR_AUTHORIZE_URL: z.optional(z.string()),
    RETENTION_DAYS: number,
    STEP_SECONDS: number,
  })
  .parse(process.env);

/** Of each call: what Polar does not answer by then is asked again a minute later. */
const patienceMs = 20_000;

const { requestHandler, ...audience } = audienceFromEnv(process.env, {
  retentionDays: env.RETENTION_DAYS,
});
const { apiOf } = polarReachOf({
  ...{ db: audience.db, secrets: new SecretsManagerClient({ requestHandler }), variables: env },
  ...{ settingsTable: env.SETTINGS_TABLE, accessId: env.POLAR_ACCESS_ID, log: jsonLog() },
});
const parts = importPartsOf({
  ...audience,
  apiOf: ({ server, url }) => apiOf(server, { patienceMs, webhookUrl: url }),
  tables: { customers: env.CUSTOMERS_TABLE, settings: env.SETTINGS_TABLE },
});

/** Carries on the import that runs, if there is one. Every minute, so that whoever began it may close the page. */
export const handler = (): Promise<void> => workOnImport(parts, env.STEP_SECONDS * 1_000);
