export const backfillPrefix = 'backfill-';

/** Whether an event was made from what Polar's API says, and not sent by Polar. */
export function isBackfilled(webhookId: string): boolean {
  return webhookId.startsWith(backfillPrefix);
}
