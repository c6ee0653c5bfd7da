import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Brand, readBrand, settingsOfMails } from '#shared/audience/settings/brand.ts';
import type { Settings, SettingsDocument } from '#shared/audience/settings/settings.ts';
import { settingsRow } from './settings-row.ts';

const name = 'brand';

/** The brand's document as it is stored, valid or not; empty where nothing was saved. */
export function brandItem(
  db: DynamoDBDocumentClient,
  table: string,
  row = settingsRow(db, table),
): () => Promise<SettingsDocument> {
  return async () => (await row(name)) ?? {};
}

/** The brand of this deployment, without what is wrong in it. Apart from its history, which mails need not load. */
export function dynamoBrand(
  db: DynamoDBDocumentClient,
  table: string,
  row = settingsRow(db, table),
): () => Promise<Brand> {
  const read = brandItem(db, table, row);
  return async () => readBrand(await read()).brand;
}

/** What mails are judged and written by: the settings with what the brand has of its own. */
export function mailSettings(
  settings: () => Promise<Settings>,
  brand: () => Promise<Brand>,
): () => Promise<Settings> {
  return async () => settingsOfMails(...(await Promise.all([settings(), brand()])));
}
