import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Portal } from '#shared/polar/portal.ts';

/**
 * Whose customer portal mails link to; `undefined`: Polar is not connected, or by hand. Apart from the connection's own
 * store, because the mailer must not load what changes one.
 */
export function dynamoPortal(db: DynamoDBDocumentClient, table: string) {
  return async (): Promise<Portal | undefined> => {
    const get = new GetCommand({ TableName: table, Key: { name: 'connection' } });
    const { server, organizationSlug, pagesUrl } = (await db.send(get)).Item ?? {};
    const isKnown = server === 'production' || server === 'sandbox';
    if (!isKnown || typeof organizationSlug !== 'string') return undefined;
    return { server, organizationSlug, ...(typeof pagesUrl === 'string' && { pagesUrl }) };
  };
}
