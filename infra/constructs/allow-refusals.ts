import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { AudienceTables } from '#infra/constructs/audience-tables.ts';
import { allow } from '#infra/constructs/lambda-function.ts';

/**
 * Lets a function write down a person's or a mailbox's "no", and find the contact that it is about.
 * A transaction needs the permission of each of its items' actions, and none of its own.
 */
export function allowRefusals(
  lambda: NodejsFunction,
  tables: AudienceTables,
  suppressionKey: Secret,
): void {
  const { contacts, customers, addresses, settings, suppressions } = tables;
  allow(
    lambda,
    ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:PutItem'],
    [customers, addresses, contacts, suppressions].map((table) => table.tableArn),
  );
  allow(lambda, ['dynamodb:DeleteItem'], [contacts.tableArn]);
  allow(lambda, ['dynamodb:Query'], [`${contacts.tableArn}/index/byContactId`]);
  allow(lambda, ['dynamodb:GetItem', 'dynamodb:PutItem'], [settings.tableArn]);
  allow(lambda, ['secretsmanager:GetSecretValue'], [suppressionKey.secretArn]);
}

/** Where such a function finds all that. */
export function refusalEnvironment(tables: AudienceTables, suppressionKey: Secret) {
  return {
    CONTACTS_TABLE: tables.contacts.tableName,
    CUSTOMERS_TABLE: tables.customers.tableName,
    ADDRESSES_TABLE: tables.addresses.tableName,
    SUPPRESSIONS_TABLE: tables.suppressions.tableName,
    EVENTS_TABLE: tables.events.tableName,
    SETTINGS_TABLE: tables.settings.tableName,
    SUPPRESSION_KEY_ID: suppressionKey.secretArn,
  };
}
